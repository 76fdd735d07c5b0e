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
  /** `channel.latestEvictions` when the cursor began to read latest events. */
  #latestEvictions: number

  constructor(channel: ChannelLog) {
    this.channel = channel
    this.offset = this.latestUpTo = channel.tail
    this.#latestEvictions = channel.latestEvictions
  }

  /** Whether the channel has events after the cursor, evicted ones included. */
  get isBehind(): boolean {
    return this.offset < this.channel.tail
  }

  /** Whether events that come next were evicted: a gap. */
  get isOvertaken(): boolean {
    const { channel, offset, latestUpTo } = this
    if (offset >= latestUpTo) return offset < channel.historyStart
    if (this.#latestEvictions !== channel.latestEvictions && channel.newestEvictedLatest > offset) return true
    return latestUpTo < channel.historyStart && this.#nextLatest() === undefined
  }

  /** The event to read next. Undefined at the end of the log, and before a gap. Does not move the cursor. */
  peek(): LogEvent | undefined {
    const { channel, offset, latestUpTo } = this
    if (offset >= latestUpTo) return channel.at(offset + 1)
    return this.#nextLatest() ?? channel.at(latestUpTo + 1)
  }

  /** Moves over what `peek` returned. Where that was nothing, no latest event is left to read. */
  advance(event: LogEvent | undefined): void {
    this.offset = event?.offset ?? Math.max(this.offset, this.latestUpTo)
  }

  begin(from: StartFrom, replay: boolean): void {
    const { tail, historyStart } = this.channel
    this.offset = from === 'now' ? tail : 0
    this.#readLatestUpTo(from === 'start' && replay ? historyStart : tail)
  }

  /** Begins with the latest events, as a newcomer does, because the last event ID leads to no position. */
  startOver(): void {
    this.offset = 0
    this.#readLatestUpTo(this.latestUpTo)
  }

  /** Begins again after the log was replaced: with its latest events, then what came since. */
  restart(): void {
    this.offset = 0
    this.#readLatestUpTo(this.channel.readUpTo)
  }

  /** Continues after a position. Returns false if events after it were evicted: a gap. */
  resumeAfter(position: Position, replay: boolean): boolean {
    const { channel } = this
    this.offset = channel.offsetAt(position)
    this.#readLatestUpTo(0)
    if (!replay && this.isBehind) this.latestUpTo = channel.tail
    else if (comparePositions(position, channel.floor) < 0) this.latestUpTo = channel.historyStart
    else return true
    return false
  }

  /** Continues after a gap, with the latest events that history has evicted. */
  skipGap(): void {
    this.#readLatestUpTo(Math.max(this.latestUpTo, this.channel.historyStart))
  }

  #nextLatest(): LogEvent | undefined {
    const event = this.channel.latestAfter(this.offset)
    return event !== undefined && event.offset <= this.latestUpTo ? event : undefined
  }

  #readLatestUpTo(offset: number): void {
    this.latestUpTo = offset
    this.#latestEvictions = this.channel.latestEvictions
  }
}
