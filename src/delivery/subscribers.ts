/** The subscribers of one channel, and the events not yet offered to them. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { Queueable } from './queue.js'

export interface Subscriber extends Queueable {
  /** Writes what lies after its cursors. */
  serve(): void
}

export class Subscribers implements Queueable {
  readonly channel: ChannelLog
  readonly all = new Set<Subscriber>()
  isQueued = false
  /** Events appended since the subscribers were last served, and the bytes that they count for. */
  pendingEvents = 0
  pendingBytes = 0

  constructor(channel: ChannelLog) {
    this.channel = channel
  }

  add(event: LogEvent): void {
    this.pendingEvents++
    this.pendingBytes += event.size
  }

  /** Called when all pending events are about to be offered. */
  clearPending(): void {
    this.pendingEvents = this.pendingBytes = 0
  }
}
