/** The contract of a store: where a registry's log lives, and how several processes share one. */
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
  /** Whether history is replayed. If not, it only serves connected readers that are slow. */
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
  /** The encoded message without its ID: whole lines of the event stream format, without the blank line at the end. */
  body: string
}

/** An event as a store holds it. */
export interface StoredEvent {
  readonly position: Position
  readonly entry: LogEntry
}

/** What a store already holds when it begins to fill a log. */
export interface HeldEvents {
  /** The latest event of each key, of those before `events`, in ascending positions. */
  readonly latest: readonly StoredEvent[]
  /** The newest events, without a hole, in ascending positions. */
  readonly events: readonly StoredEvent[]
  /** Up to where clients may have read them before the log was replaced. */
  readonly readUpTo: Position
  /** Milliseconds now on the clock that positions are from. Without it, the newest event counts as new. */
  readonly now?: number | undefined
  /** Channels of which the store could not keep the latest event of every key. Newcomers are told of a gap. */
  readonly incomplete?: readonly string[] | undefined
}

/** A position, and the epoch of its ID where that may not be the one that the log has begun with. */
export interface StoredPosition extends Position {
  readonly epoch?: string
}

/** The registry's log, as a store fills it. */
export interface StoreLog {
  /** How much the log will keep, so that the store loads no more. */
  readonly bounds: LogBounds
  /**
   * Says where the log begins and which epoch its event IDs have: 7 characters of base 36. Comes before any `append`. A
   * store that has lost events calls it again, with a new epoch: then the log holds only what it is given here, and every
   * open stream is told of a gap.
   */
  begin(epoch: string, position: Position, held?: HeldEvents): void
  /** Appends an event. Positions rise from one call to the next. */
  append(position: Position, entry: LogEntry): void
  /**
   * Says that the store will never give the events after the newest one, up to a position, except for the latest of each
   * key. Every open stream is told of a gap.
   */
  skip(position: Position, latest: readonly StoredEvent[]): void
  /** Reports an error that no caller awaits. */
  report(error: unknown): void
}

export interface Store {
  /**
   * Begins to fill a log: with what the store already holds, and with all that this process or another appends from then
   * on. Requests wait until it has returned or its promise has settled. Streams that open before `begin` was called wait
   * for that.
   */
  start(log: StoreLog): void | Promise<void>
  /** Appends an entry. Returns its position. The log is given the entry by then, or soon after. */
  append(entry: LogEntry): StoredPosition | Promise<StoredPosition>
  /**
   * Settles when the log has been given all that the store held at the time of the call. Never rejects. It is called
   * when a client brings an ID that this log has not reached, because it comes from another process. A store whose log is
   * never behind leaves this method out.
   */
  catchUp?(): Promise<void>
  /** Ends what `start` began. */
  close(): void | Promise<void>
}
