/** The subscribers of one channel (or those with the same update window), and the events not yet offered to them. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { HistoryBounds } from '../log/store.js'
import type { Queueable } from './queue.js'

export interface Subscriber extends Queueable {
  /** Writes the events after its cursors. */
  serve(): void
  /** Whether the events after its cursors wait for its next update window. */
  isHeld(): boolean
}

export class Subscribers implements Queueable {
  readonly channel: ChannelLog
  readonly all = new Set<Subscriber>()
  isQueued = false
  /** The number of events that were appended since the subscribers were last served, and their bytes. */
  pendingEvents = 0
  pendingBytes = 0

  constructor(channel: ChannelLog) {
    this.channel = channel
  }

  join(subscriber: Subscriber): void {
    this.all.add(subscriber)
    this.channel.readers++
  }

  leave(subscriber: Subscriber): void {
    this.all.delete(subscriber)
    this.channel.readers--
  }

  /** Counts an event as pending. */
  add(event: LogEvent): void {
    this.pendingEvents++
    this.pendingBytes += event.size
  }

  /** Whether the pending events fill half of the history, so that more of them may evict some. */
  isOverHalf({ events, bytes }: HistoryBounds): boolean {
    return this.pendingEvents > events / 2 || this.pendingBytes > bytes / 2
  }

  /** Returns the subscribers to serve. Nothing is pending for them any more. */
  due(): Iterator<Subscriber, void> {
    this.pendingEvents = this.pendingBytes = 0
    return this.all.values()
  }
}
