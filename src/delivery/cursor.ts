/**
 * A cursor into the log of a channel. No I/O.
 *
 * Up to `latestUpTo`, the cursor reads only the latest event of each key. After that, it reads every event of the history.
 * A new subscriber reads latest events up to the end of the log. After a gap, a cursor reads them up to where it was, or
 * up to the start of history. Other cursors read none.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import { comparePositions, type Position } from '../log/position.js'
import type { StartFrom } from '../subscribe-options.js'

/**
 * So many latest events may be repeated after a gap. A client whose connection is cut while it reads them begins again, so
 * with more of them, it might never come to the end.
 */
export const MOST_REPEATED = 1000

export class Cursor {
  readonly channel: ChannelLog
  /** Offset of the newest event that was read. */
  offset: number
  /** Offset up to which only latest events are read. */
  latestUpTo: number
  /** Offset after which latest events are repeated: a cursor that began at `now` has none before. */
  #repeatFrom = 0
  /** `channel.latestEvictions` when the cursor began to read latest events. */
  #latestEvictions: number

  constructor(channel: ChannelLog) {
    this.channel = channel
    this.offset = this.latestUpTo = channel.tail
    this.#latestEvictions = channel.latestEvictions
  }

  /** Whether the channel has or had events after the cursor: evicted ones count. */
  get isBehind(): boolean {
    return this.offset < this.channel.tail
  }

  /** Whether the next events were evicted, which is a gap. */
  get isOvertaken(): boolean {
    const { channel, offset, latestUpTo } = this
    if (offset >= latestUpTo) return offset < channel.historyStart
    if (this.#latestEvictions !== channel.latestEvictions && channel.newestEvictedLatest > offset) return true
    return latestUpTo < channel.historyStart && this.#nextLatest() === undefined
  }

  /** Returns the next event; undefined at the end of the log, and before a gap. Does not move the cursor. */
  peek(): LogEvent | undefined {
    const { channel, offset, latestUpTo } = this
    if (offset >= latestUpTo) return channel.at(offset + 1)
    return this.#nextLatest() ?? channel.at(latestUpTo + 1)
  }

  /** Moves the cursor past the event that `peek` returned. `undefined`: no latest event is left, so history is next. */
  advance(event: LogEvent | undefined): void {
    this.offset = event?.offset ?? Math.max(this.offset, this.latestUpTo)
  }

  /** Begins as the option `from` says. `replay`: whether history may be replayed. */
  begin(from: StartFrom, replay: boolean): void {
    const { tail, historyStart } = this.channel
    this.offset = this.#repeatFrom = from === 'now' ? tail : 0
    this.#readLatestUpTo(from === 'start' && replay ? historyStart : tail)
  }

  /** Begins with the latest events, like a new subscriber, because the last event ID has no position. */
  startOver(): void {
    this.offset = this.#repeatFrom = 0
    this.#readLatestUpTo(this.latestUpTo)
  }

  /** Begins again after the log was replaced: with latest events, then with events that the client cannot have read. */
  restart(): void {
    this.offset = this.#repeatFrom = 0
    this.#readLatestUpTo(this.channel.readUpTo)
  }

  /** Continues after a position. Returns false if events after the position were evicted, which is a gap. */
  resumeAfter(position: Position, replay: boolean): boolean {
    const { channel } = this
    this.offset = channel.offsetAt(position)
    this.#readLatestUpTo(0)
    if (!replay && this.isBehind) this.latestUpTo = channel.tail
    else if (comparePositions(position, channel.floor) < 0) this.latestUpTo = channel.historyStart
    else return true
    return false
  }

  /** Continues after a gap, with the latest events that are no longer in history. */
  skipGap(): void {
    this.#readLatestUpTo(Math.max(this.latestUpTo, this.channel.historyStart))
  }

  /** How many latest events `repeatLatest` may repeat that the client may have read. */
  get repeatable(): number {
    return this.offset > this.#repeatFrom ? this.channel.keys : 0
  }

  /** Reads the latest event of every key again, then continues where it was. */
  repeatLatest(): void {
    this.#readLatestUpTo(Math.max(this.latestUpTo, this.offset))
    this.offset = this.#repeatFrom
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
