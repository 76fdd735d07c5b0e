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

/** One event in the log, encoded once; every connection is sent the same text. */
export interface LogEvent {
  readonly channel: ChannelLog
  readonly position: Position
  /** Its place within the channel. */
  readonly offset: number
  readonly key: string | undefined
  /** The app's own event ID, where the message brought one. */
  readonly ownId: string | undefined
  /** What goes over the wire, ID and blank line included. */
  readonly text: string
  /** Length of `text` in bytes. */
  readonly bytes: number
  /** What the event counts for in every bound; see `sizeOf`. */
  readonly size: number
  /** When it came into this log, in whole milliseconds of a monotonic clock. */
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
  /** Position of the newest event that history has evicted, or where the log began. A cursor below it has a gap. */
  floor: Position
  /** Offset of the newest event that clients may have read before the log was replaced. */
  readUpTo = 0
  /** How many connections read this channel. While there is one, the channel is not dropped. */
  readers = 0
  /** What the events of the history count for; see `sizeOf`. */
  bytes = 0
  /** Whether a bound has evicted the latest event of some key, so that newcomers do not get the whole state. */
  isIncomplete: boolean
  /** How many latest events were evicted, and the highest offset of these: a cursor that is to read one has a gap. */
  latestEvictions = 0
  newestEvictedLatest = 0
  /** Bytes that the channel itself counts for, beside its events. */
  readonly size: number
  /** Where `size` counts: in history while the channel has some, else in the latest events, else nowhere. */
  chargedTo: { bytes: number } | undefined

  readonly #history = new Ring<LogEvent>()
  /** By key, in order of position: a key that is set again moves to the end. */
  readonly #latest = new Map<string, LogEvent>()
  #latestInOrder: readonly LogEvent[] | undefined

  constructor(name: string, floor: Position, isIncomplete: boolean) {
    this.name = name
    this.floor = floor
    this.isIncomplete = isIncomplete
    this.size = sizeOfChannel(name)
  }

  /** Offset of the newest event that history has evicted. The next one is the oldest of the history. */
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

  /** The event at an offset, if history holds it. */
  at(offset: number): LogEvent | undefined {
    const index = offset - this.historyStart - 1
    return index < 0 ? undefined : this.#history.at(index)
  }

  latest(key: string): LogEvent | undefined {
    return this.#latest.get(key)
  }

  isLatest(event: LogEvent): boolean {
    return event.key !== undefined && this.#latest.get(event.key) === event
  }

  /** The oldest of the latest events behind an offset. */
  latestAfter(offset: number): LogEvent | undefined {
    const events = (this.#latestInOrder ??= [...this.#latest.values()])
    return events[countWhile(events.length, (i) => (events[i]?.offset ?? Infinity) <= offset)]
  }

  /** The latest event of the key that has not changed for longest. */
  get oldestLatest(): LogEvent | undefined {
    return this.#latest.values().next().value
  }

  /** How many events stand at or before a position. Below the floor, the answer counts those that are still known. */
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
    this.#history.push(event)
    return this.#setLatest(event)
  }

  /** Takes in the latest event of a key from before the history, which must be empty. Returns the one it replaces. */
  restore(event: LogEvent): LogEvent | undefined {
    this.tail = event.offset
    return this.#setLatest(event)
  }

  /** Moves the floor over events that the log was never given, so that every cursor is overtaken. History must be empty. */
  skipTo(position: Position): void {
    this.tail++
    this.floor = position
  }

  /** Drops all events, because the log is being replaced. */
  clear(position: Position): void {
    this.#history.clear()
    this.#latest.clear()
    this.#latestInOrder = undefined
    this.bytes = 0
    this.floor = position
    this.isIncomplete = false
    this.chargedTo = undefined
  }

  /** Evicts the oldest event from history. It may stay as the latest of its key. */
  evictOldest(): LogEvent | undefined {
    const event = this.#history.shift()
    if (event === undefined) return undefined
    this.floor = event.position
    this.bytes -= event.size
    return event
  }

  /** Evicts the latest event of a key. It may stay in history. */
  evictLatest(event: LogEvent): void {
    if (!this.isLatest(event) || event.key === undefined) return
    this.#latest.delete(event.key)
    this.#latestInOrder = undefined
    this.isIncomplete = true
    this.latestEvictions++
    this.newestEvictedLatest = Math.max(this.newestEvictedLatest, event.offset)
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
