/** The contract of a store: where a registry's log lives, and how several processes come to share one. */
import type { Position } from './position.js'

/** Bounds of each channel's history. */
export interface HistoryBounds {
  events: number
  bytes: number
  /** Milliseconds. */
  age: number
}

export interface LogBounds {
  history: HistoryBounds
  /** Whether history is replayed; if not, it only serves readers that are connected and slow. */
  replay: boolean
  bytes: number
  keys: number
}

/** An event on its way into the log, as a store carries it. */
export interface LogEntry {
  channel: string
  key?: string | undefined
  /** The app's own event ID. */
  id?: string | undefined
  /** The encoded message without its ID; see `encodeBody`. */
  body: string
}

/** An event as a store holds it. */
export interface StoredEvent {
  readonly position: Position
  readonly entry: LogEntry
}

/** What a store holds already when it begins to fill a log. */
export interface HeldEvents {
  /** The latest event of each key, of those that stand before `events`; positions rise. */
  readonly latest: readonly StoredEvent[]
  /** The newest events, without a hole; positions rise. */
  readonly events: readonly StoredEvent[]
  /** Up to where they may have been read by clients already, before the log began anew. */
  readonly readUpTo: Position
  /** Milliseconds now on the clock that positions are from; without it, the newest event counts as new. */
  readonly now?: number | undefined
  /** Channels of which the store could not keep the latest event of every key; newcomers are told of a gap. */
  readonly incomplete?: readonly string[] | undefined
}

/** A position, and the epoch of its ID where that may not be the one the log was begun with. */
export interface StoredPosition extends Position {
  readonly epoch?: string
}

/** The registry's log, as a store fills it. */
export interface StoreLog {
  /** How much the log will keep, so that no more is loaded. */
  readonly bounds: LogBounds
  /**
   * Says, before anything is appended, where the log begins and the epoch of its event IDs: 7 characters of base 36. A
   * store that has lost what it held calls it again, with a new epoch: then the log holds nothing but what it is given
   * here, and every open stream is told of a gap.
   */
  begin(epoch: string, position: Position, held?: HeldEvents): void
  /** Appends an event; positions rise from one call to the next. */
  append(position: Position, entry: LogEntry): void
  /**
   * Says that events after the newest one, up to a position, will never be given; of them come only the latest of each
   * key. Every open stream is told of a gap.
   */
  skip(position: Position, latest: readonly StoredEvent[]): void
  /** Hands on what has gone wrong and nobody awaits. */
  report(error: unknown): void
}

export interface Store {
  /**
   * Begins to fill a log, with what the store holds already and with all that is appended from then on, by this process
   * or another. Streams are opened when it has returned or its promise has settled; those that are opened before `begin`
   * was called wait for it.
   */
  start(log: StoreLog): void | Promise<void>
  /** Appends an entry; returns its position. The log is given the entry by then, or soon after. */
  append(entry: LogEntry): StoredPosition | Promise<StoredPosition>
  /**
   * Settles when the log has been given all that the store held at the time of the call; never rejects.
   * Asked for when a client comes from another process with an ID that this log has not reached. A store whose log is
   * never behind has no such method.
   */
  catchUp?(): Promise<void>
  /** Ends what `start` began. */
  close(): void | Promise<void>
}
