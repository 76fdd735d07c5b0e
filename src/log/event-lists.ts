/**
 * All events of the log, in two lists: those in history, and those that are only the latest of their key. Counts their
 * bytes, and those of their channels.
 */
import type { ChannelLog, LogEvent } from './channel-log.js'
import { EventList } from './event-list.js'

export class EventLists {
  readonly history = new EventList()
  /** Events that were evicted from history, and are still the latest of their key. */
  readonly latestOnly = new EventList()

  get bytes(): number {
    return this.history.bytes + this.latestOnly.bytes
  }

  /** Adds an event to a list. Its channel must hold the event already. */
  add(event: LogEvent, list: EventList): void {
    list.push(event)
    this.#charge(event.channel)
  }

  /** Moves an event that was evicted from history, and is still the latest of its key. */
  keepLatest(event: LogEvent): void {
    this.history.remove(event)
    this.add(event, this.latestOnly)
  }

  remove(event: LogEvent, list: EventList): void {
    list.remove(event)
    this.#charge(event.channel)
  }

  /** Counts the bytes of the channel itself in the list that holds its events. */
  #charge(channel: ChannelLog): void {
    channel.chargeTo(channel.historyLength > 0 ? this.history : channel.isEmpty ? undefined : this.latestOnly)
  }
}
