/**
 * The events of one channel that the log holds: its history, and the latest event of every key.
 *
 * Each event has an offset within its channel: 1, 2, 3 … A cursor stands at an offset, so the next event is found without
 * a search. Bounds over all channels are in log.ts.
 */
import { countWhile } from './binary-search.js'
import { comparePositions, type Position } from './position.js'
import { Ring } from './ring.js'
import { sizeOfChannel } from './sizes.js'

/** One event in the log. It is encoded once, and every connection is sent the same text. */
export interface LogEvent {
  readonly channel: ChannelLog
  readonly position: Position
  /** The number of the event within its channel, from 1. */
  readonly offset: number
  readonly key: string | undefined
  /** The app's own event ID; undefined if the message had none. */
  readonly ownId: string | undefined
  /** The encoded event, with its ID and the blank line at the end. */
  readonly text: string
  /** Length of `text` in bytes. */
  readonly bytes: number
  /** Bytes that the event counts for in every bound: see `sizeOf`. */
  readonly size: number
  /** When the event was appended, in whole milliseconds of a monotonic clock. */
  readonly at: number
  /** Whether a newer event of the same key is in the log. */
  replaced: boolean
  /** Neighbours in an `EventList`. */
  older: LogEvent | undefined
  newer: LogEvent | undefined
}

export class ChannelLog {
  readonly name: string
  /** Offset of the newest event. */
  tail = 0
  /** Offset of the newest event without a key. Such an event does not wait for the update window of a connection. */
  newestUnkeyed = 0
  /** Position of the newest event that was evicted from history, or where the log began. A cursor below it has a gap. */
  floor: Position
  /** Offset of the newest event that clients may have read before the log was replaced. */
  readUpTo = 0
  /** The number of subscribed connections. A channel with readers is not dropped. */
  readers = 0
  /** Bytes of the events in history: see `sizeOf`. */
  bytes = 0
  /** Whether a bound has evicted the latest event of some key, so that new subscribers do not get all keys. */
  isIncomplete: boolean
  /** The number of latest events that were evicted. */
  latestEvictions = 0
  /** The highest offset of an evicted latest event. A cursor that still has to read one has a gap. */
  newestEvictedLatest = 0
  /** Bytes of the channel itself, without its events. */
  readonly size: number

  /** The list that counts `size`: history if the channel has any, otherwise the latest events; undefined without events. */
  #chargedTo: { bytes: number } | undefined
  readonly #history = new Ring<LogEvent>()
  /** By key, in order of position. A key that is set again moves to the end. */
  readonly #latest = new Map<string, LogEvent>()
  #latestInOrder: readonly LogEvent[] | undefined

  constructor(name: string, floor: Position, isIncomplete: boolean) {
    this.name = name
    this.floor = floor
    this.isIncomplete = isIncomplete
    this.size = sizeOfChannel(name)
  }

  /** Offset of the newest event that was evicted from history. The oldest event of the history has the next offset. */
  get historyStart(): number {
    return this.tail - this.#history.length
  }

  get historyLength(): number {
    return this.#history.length
  }

  get keys(): number {
    return this.#latest.size
  }

  get isEmpty(): boolean {
    return this.#history.length === 0 && this.#latest.size === 0
  }

  /** Returns the event at an offset; undefined if history does not hold it. */
  at(offset: number): LogEvent | undefined {
    return this.#history.at(offset - this.historyStart - 1)
  }

  latest(key: string): LogEvent | undefined {
    return this.#latest.get(key)
  }

  isLatest(event: LogEvent): boolean {
    return event.key !== undefined && !event.replaced && this.#latest.get(event.key) === event
  }

  /** The latest event of every key, in order of position. */
  get allLatest(): readonly LogEvent[] {
    return (this.#latestInOrder ??= [...this.#latest.values()])
  }

  /** Returns the oldest of the latest events after an offset. */
  latestAfter(offset: number): LogEvent | undefined {
    const events = this.allLatest
    return events[countWhile(events.length, (i) => (events[i]?.offset ?? Infinity) <= offset)]
  }

  /** The latest event of the key that has not changed for the longest time. */
  get oldestLatest(): LogEvent | undefined {
    return this.#latest.values().next().value
  }

  /** Returns the offset of the newest event at or before a position. Below the floor, only latest events are known. */
  offsetAt(position: Position): number {
    if (comparePositions(position, this.floor) < 0) return this.#offsetBelowFloor(position)
    const history = this.#history
    const isRead = (i: number) => comparePositions(history.at(i)?.position ?? position, position) <= 0
    return this.historyStart + countWhile(history.length, isRead)
  }

  /** Appends an event. Returns the event of the same key that it replaces. */
  append(event: LogEvent): LogEvent | undefined {
    this.tail = event.offset
    this.bytes += event.size
    if (event.key === undefined) this.newestUnkeyed = event.offset
    this.#history.push(event)
    return this.#setLatest(event)
  }

  /** Adds a latest event that is older than history. History must be empty. Returns the event that it replaces. */
  restore(event: LogEvent): LogEvent | undefined {
    this.tail = event.offset
    return this.#setLatest(event)
  }

  /** Moves the floor past events that the log never got, so that every cursor has a gap. History must be empty. */
  skipTo(position: Position): void {
    this.tail++
    this.floor = position
  }

  /** Drops all events, because the log begins again. */
  clear(position: Position): void {
    this.#history.clear()
    this.#latest.clear()
    this.#latestInOrder = undefined
    this.bytes = 0
    this.floor = position
    this.isIncomplete = false
    this.#chargedTo = undefined
  }

  /** Evicts the oldest event from history. The event stays in the log if it is the latest of its key. */
  evictOldest(): LogEvent | undefined {
    const event = this.#history.shift()
    if (event === undefined) return undefined
    this.floor = event.position
    this.bytes -= event.size
    return event
  }

  /** Forgets that an event is the latest of its key. Returns false if it is not. The event stays in history. */
  forget(event: LogEvent): boolean {
    if (!this.isLatest(event) || event.key === undefined) return false
    this.#latestInOrder = undefined
    return this.#latest.delete(event.key)
  }

  /** Evicts the latest event of a key. The event stays in history if history holds it. */
  evictLatest(event: LogEvent): void {
    if (!this.forget(event)) return
    this.isIncomplete = true
    this.latestEvictions++
    this.newestEvictedLatest = Math.max(this.newestEvictedLatest, event.offset)
  }

  /** Counts the bytes of the channel itself in another list. */
  chargeTo(list: { bytes: number } | undefined): void {
    if (this.#chargedTo === list) return
    if (this.#chargedTo !== undefined) this.#chargedTo.bytes -= this.size
    if (list !== undefined) list.bytes += this.size
    this.#chargedTo = list
  }

  #setLatest(event: LogEvent): LogEvent | undefined {
    if (event.key === undefined) return undefined
    const replaced = this.#latest.get(event.key)
    if (replaced !== undefined) {
      replaced.replaced = true
      this.#latest.delete(event.key)
    }
    this.#latest.set(event.key, event)
    this.#latestInOrder = undefined
    return replaced
  }

  #offsetBelowFloor(position: Position): number {
    for (const event of this.#latest.values()) {
      if (event.offset > this.historyStart) break
      if (comparePositions(event.position, position) > 0) return event.offset - 1
    }
    return this.historyStart
  }
}
