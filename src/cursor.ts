/**
 * A cursor into a channel's log, and the rule by which it moves. No I/O.
 *
 * After a cursor comes first, up to `latestUpTo`, the latest event of each key alone, and from there every event of the
 * history. A newcomer reads the latest events up to the moment it came, one that lost events reads them up to where
 * history begins, and everyone else has none to read.
 */
import type { ChannelLog, LogEvent } from './channel-log.js'
import { comparePositions, type Position } from './position.js'

/**
 * Where a subscription without a last event ID begins:
 * - `latest`: the latest event of every key, then what is published from now on;
 * - `now`: only what is published from now on;
 * - `start`: all that the log holds.
 */
export type StartFrom = 'latest' | 'now' | 'start'

export class Cursor {
  readonly channel: ChannelLog
  /** Number of the newest event that has been read. */
  number: number
  latestUpTo: number

  constructor(channel: ChannelLog) {
    this.channel = channel
    this.number = this.latestUpTo = channel.tail
  }

  /** Whether the log holds something, or has let go of something, that has not been read. */
  get isBehind(): boolean {
    return this.number < this.channel.tail
  }

  /** Whether history has let go of events that should have been read next: a gap. */
  get isOvertaken(): boolean {
    return this.number >= this.latestUpTo && this.number < this.channel.floorNumber
  }

  /** The event to read next. Undefined at the end of the log, and before a gap. */
  next(): LogEvent | undefined {
    if (this.number < this.latestUpTo) {
      const event = this.channel.latestAfter(this.number)
      if (event !== undefined && event.number <= this.latestUpTo) return event
      this.number = this.latestUpTo
    }
    return this.channel.at(this.number + 1)
  }

  startFrom(from: StartFrom, replay: boolean): void {
    const { tail, floorNumber } = this.channel
    this.number = from === 'now' ? tail : 0
    this.latestUpTo = from === 'start' && replay ? floorNumber : tail
  }

  /** Begins with the latest events, as a newcomer does: the position to resume after means nothing here. */
  startOver(): void {
    this.number = 0
  }

  /** Begins anew with a log that has begun anew: with its latest events, and then what came since. */
  restart(): void {
    this.number = 0
    this.latestUpTo = this.channel.readUpTo
  }

  /** Goes on after a position; returns false when events after it are not there to be replayed: a gap. */
  resumeAfter(position: Position, replay: boolean): boolean {
    const { channel } = this
    this.number = channel.numberAt(position)
    this.latestUpTo = 0
    if (!replay && this.isBehind) this.latestUpTo = channel.tail
    else if (comparePositions(position, channel.floor) < 0) this.latestUpTo = channel.floorNumber
    else return true
    return false
  }

  /** Goes on over a gap: with the latest events of what history has let go. */
  skipGap(): void {
    this.latestUpTo = this.channel.floorNumber
  }
}
