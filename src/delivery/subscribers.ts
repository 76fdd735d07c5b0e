/** The subscribers of one channel, and the events not yet offered to them. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { Queueable } from './queue.js'

export interface Subscriber extends Queueable {
  /** Writes the events after its cursors. */
  serve(): void
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

  add(event: LogEvent): void {
    this.pendingEvents++
    this.pendingBytes += event.size
  }

  /** Called before all subscribers are served. */
  clearPending(): void {
    this.pendingEvents = this.pendingBytes = 0
  }
}
