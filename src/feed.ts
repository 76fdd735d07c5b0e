/** A channel that has readers: who is to be served when it has more, and how much of it they have not been offered. */
import type { ChannelLog, LogEvent } from './channel-log.js'
import type { Dueable } from './due-queue.js'

export interface Served extends Dueable {
  serve(): void
}

export class Feed implements Dueable {
  readonly channel: ChannelLog
  readonly readers = new Set<Served>()
  isDue = false
  /** Events appended since the readers were last served, and what they occupy. */
  pendingEvents = 0
  pendingBytes = 0

  constructor(channel: ChannelLog) {
    this.channel = channel
  }

  add(event: LogEvent): void {
    this.pendingEvents++
    this.pendingBytes += event.size
  }

  /** Called when everything so far is about to be offered to the readers. */
  clearPending(): void {
    this.pendingEvents = this.pendingBytes = 0
  }
}
