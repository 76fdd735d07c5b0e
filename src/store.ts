/** The contract of a store: where a registry's log lives, and how several processes come to share one. */
import type { LogEntry } from './log.js'
import type { Position } from './position.js'

/** The registry's log, as a store fills it. */
export interface StoreLog {
  /** Says, before anything is appended, where the log begins and the epoch of its event IDs: 7 characters of base 36. */
  begin(epoch: string, position: Position): void
  /** Appends an event; positions rise from one call to the next. */
  append(position: Position, entry: LogEntry): void
}

export interface Store {
  /**
   * Begins to fill a log, with what the store holds already and with all that is appended from then on, by this process
   * or another. Streams are opened when it has returned or its promise has settled.
   */
  start(log: StoreLog): void | Promise<void>
  /** Appends an entry; returns its position. The log is given the entry by then, or soon after. */
  append(entry: LogEntry): Position | Promise<Position>
  /** Ends what `start` began. */
  close(): void | Promise<void>
}
