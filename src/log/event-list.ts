/**
 * A doubly linked list of events, oldest first. The events hold the links, so that any event is removed in constant time.
 * An event is in one list at a time.
 */
import type { LogEvent } from './channel-log.js'

export class EventList {
  oldest: LogEvent | undefined
  /** Bytes of the events, and of the channels that are charged to the list. */
  bytes = 0
  #newest: LogEvent | undefined

  push(event: LogEvent): void {
    event.older = this.#newest
    event.newer = undefined
    if (this.#newest === undefined) this.oldest = event
    else this.#newest.newer = event
    this.#newest = event
    this.bytes += event.size
  }

  remove(event: LogEvent): void {
    if (event.older === undefined) this.oldest = event.newer
    else event.older.newer = event.newer
    if (event.newer === undefined) this.#newest = event.older
    else event.newer.older = event.older
    event.older = event.newer = undefined
    this.bytes -= event.size
  }
}
