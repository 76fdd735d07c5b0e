/**
 * The events of one channel that the log still holds: its history, and the latest event of every key.
 *
 * Events of a channel are numbered 1, 2, 3 …; readers stand at such a number, so that what lies after a cursor is found
 * without a search. Bounds over all channels are the log's business (log.ts).
 */
import Denque from 'denque'
import { countWhile } from './binary-search.js'
import { comparePositions, type Position } from './position.js'
import { sizeOfChannel } from './sizes.js'

/** One event in the log, encoded once; every connection is sent the same text. */
export interface LogEvent {
  readonly channel: ChannelLog
  readonly position: Position
  /** Its number within the channel. */
  readonly number: number
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
  /** Neighbours in the log's order of age; see event-list.ts. */
  older: LogEvent | undefined
  newer: LogEvent | undefined
}

export class ChannelLog {
  readonly name: string
  /** Number of the newest event. */
  tail = 0
  /** Position of the newest event that history has let go, or where the log began: a cursor below it is a gap. */
  floor: Position
  /** Number of the newest event that clients may have read already, before the log began anew. */
  readUpTo = 0
  /** How many subscriptions read this channel; while there is one, the channel is not dropped. */
  readers = 0
  /** What the events of the history occupy; see `sizeOf`. */
  bytes = 0
  /** Whether a bound has evicted the latest event of some key, so that a newcomer does not get all of the state. */
  isIncomplete: boolean
  /** Bytes that the channel itself counts for, beside its events. */
  readonly size: number
  /** What it counts in: history while it has some, else the latest events; undefined while it holds nothing. */
  chargedTo: { bytes: number } | undefined

  readonly #history = new Denque<LogEvent>()
  /** By key, in order of position: a key that is set again moves to the end. */
  readonly #latest = new Map<string, LogEvent>()
  #latestInOrder: readonly LogEvent[] | undefined

  constructor(name: string, floor: Position, isIncomplete: boolean) {
    this.name = name
    this.floor = floor
    this.isIncomplete = isIncomplete
    this.size = sizeOfChannel(name)
  }

  /** Number of the newest event that history has let go; the next one is the oldest of the history. */
  get floorNumber(): number {
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

  /** The event of a number, when history holds it. */
  at(number: number): LogEvent | undefined {
    const index = number - this.floorNumber - 1
    return index < 0 ? undefined : this.#history.peekAt(index)
  }

  latest(key: string): LogEvent | undefined {
    return this.#latest.get(key)
  }

  isLatest(event: LogEvent): boolean {
    return event.key !== undefined && this.#latest.get(event.key) === event
  }

  /** The oldest of the latest events with a higher number. */
  latestAfter(number: number): LogEvent | undefined {
    const events = (this.#latestInOrder ??= [...this.#latest.values()])
    return events[countWhile(events.length, (i) => (events[i]?.number ?? Infinity) <= number)]
  }

  /** The oldest key's latest event. */
  get oldestLatest(): LogEvent | undefined {
    return this.#latest.values().next().value
  }

  /** How many of the channel's events stand at or before a position; below the floor, as far as is still known. */
  numberAt(position: Position): number {
    if (comparePositions(position, this.floor) < 0) return this.#numberBelowFloor(position)
    const history = this.#history
    const isRead = (i: number) => comparePositions(history.peekAt(i)?.position ?? position, position) <= 0
    return this.floorNumber + countWhile(history.length, isRead)
  }

  /** Appends an event; returns the one of the same key that it replaces. */
  append(event: LogEvent): LogEvent | undefined {
    this.tail = event.number
    this.bytes += event.size
    this.#history.push(event)
    return this.keep(event)
  }

  /** Takes in the latest event of a key from before the history, which must be empty; returns the one that it replaces. */
  restore(event: LogEvent): LogEvent | undefined {
    this.tail = event.number
    return this.keep(event)
  }

  /** Counts an event that nobody will ever read, so that every cursor is overtaken. History must be empty. */
  lose(position: Position): void {
    this.tail++
    this.floor = position
  }

  /** Forgets all it holds: the log begins anew. */
  clear(position: Position): void {
    this.#history.clear()
    this.#latest.clear()
    this.#latestInOrder = undefined
    this.bytes = 0
    this.floor = position
    this.isIncomplete = false
    this.chargedTo = undefined
  }

  /** Takes an event as the latest of its key; returns the one that it replaces. */
  keep(event: LogEvent): LogEvent | undefined {
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

  /** Lets history's oldest event go; it may stay as the latest of its key. */
  letGo(): LogEvent | undefined {
    const event = this.#history.shift()
    if (event === undefined) return undefined
    this.floor = event.position
    this.bytes -= event.size
    return event
  }

  /** Forgets the latest event of a key. */
  forgetLatest(event: LogEvent): void {
    if (!this.isLatest(event) || event.key === undefined) return
    this.#latest.delete(event.key)
    this.#latestInOrder = undefined
  }

  #numberBelowFloor(position: Position): number {
    for (const event of this.#latest.values()) {
      if (event.number > this.floorNumber) break
      if (comparePositions(event.position, position) > 0) return event.number - 1
    }
    return this.floorNumber
  }
}
