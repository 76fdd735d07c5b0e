/**
 * A cursor into a channel's log, and the rule by which it moves. No I/O.
 *
 * Up to `latestUpTo` the cursor reads only the latest event of each key; from there it reads every event of the history.
 * A newcomer reads the latest events up to the moment it came. A cursor that lost events reads them up to where history
 * begins. All others have none to read.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import { comparePositions, type Position } from '../log/position.js'
import type { StartFrom } from '../subscribe-options.js'

export class Cursor {
  readonly channel: ChannelLog
  /** Offset of the newest event that was read. */
  offset: number
  latestUpTo: number

  constructor(channel: ChannelLog) {
    this.channel = channel
    this.offset = this.latestUpTo = channel.tail
  }

  /** Whether the channel has events after the cursor, evicted ones included. */
  get isBehind(): boolean {
    return this.offset < this.channel.tail
  }

  /** Whether history has evicted the events that come next: a gap. */
  get isOvertaken(): boolean {
    return this.offset >= this.latestUpTo && this.offset < this.channel.historyStart
  }

  /** The event to read next. Undefined at the end of the log, and before a gap. Does not move the cursor. */
  peek(): LogEvent | undefined {
    const { channel, offset, latestUpTo } = this
    if (offset >= latestUpTo) return channel.at(offset + 1)
    const event = channel.latestAfter(offset)
    return event !== undefined && event.offset <= latestUpTo ? event : channel.at(latestUpTo + 1)
  }

  /** Moves over what `peek` returned. Where that was nothing, no latest event is left to read. */
  advance(event: LogEvent | undefined): void {
    this.offset = event?.offset ?? Math.max(this.offset, this.latestUpTo)
  }

  begin(from: StartFrom, replay: boolean): void {
    const { tail, historyStart } = this.channel
    this.offset = from === 'now' ? tail : 0
    this.latestUpTo = from === 'start' && replay ? historyStart : tail
  }

  /** Begins with the latest events, as a newcomer does, because the last event ID leads to no position. */
  startOver(): void {
    this.offset = 0
  }

  /** Begins again after the log was replaced: with its latest events, then what came since. */
  restart(): void {
    this.offset = 0
    this.latestUpTo = this.channel.readUpTo
  }

  /** Continues after a position. Returns false if events after it were evicted: a gap. */
  resumeAfter(position: Position, replay: boolean): boolean {
    const { channel } = this
    this.offset = channel.offsetAt(position)
    this.latestUpTo = 0
    if (!replay && this.isBehind) this.latestUpTo = channel.tail
    else if (comparePositions(position, channel.floor) < 0) this.latestUpTo = channel.historyStart
    else return true
    return false
  }

  /** Continues after a gap, with the latest events that history has evicted. */
  skipGap(): void {
    this.latestUpTo = this.channel.historyStart
  }
}
