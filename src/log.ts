/**
 * The log of a registry: every event it still holds, by channel, within bounds. No I/O.
 *
 * Two bounds are kept here because they span channels: the bytes of the whole log, where the oldest event anywhere goes
 * first, and the age of history. What an event's leaving means for its channel is in channel-log.ts.
 */
import { ChannelLog, type LogEvent } from './channel-log.js'
import { EventList } from './event-list.js'
import { endBody, endEvent, isEvent } from './event-stream.js'
import { comparePositions, createEpoch, formatId, ORIGIN, type Position } from './position.js'

/** Bounds of each channel's history. */
export interface HistoryBounds {
  events: number
  bytes: number
  /** Milliseconds. */
  age: number
}

export interface LogBounds {
  history: HistoryBounds
  /** Whether history is replayed; if not, it only serves readers that are connected and slow. */
  replay: boolean
  bytes: number
  keys: number
}

/** An event on its way into the log, as a store carries it. */
export interface LogEntry {
  channel: string
  key?: string | undefined
  /** The app's own event ID. */
  id?: string | undefined
  /** The encoded message without its ID; see `encodeBody`. */
  body: string
}

export class Log {
  epoch = createEpoch()
  /** Position of the newest event, or where the log began. */
  last: Position = ORIGIN
  readonly bounds: LogBounds
  readonly channels = new Map<string, ChannelLog>()
  /** How many events the log holds. */
  events = 0
  /** Whether an app's own event ID has ever been seen; then the package's own events carry none. */
  hasOwnIds = false

  readonly #history = new EventList()
  /** Events that history has let go and that are still the latest of their key. */
  readonly #latestOnly = new EventList()
  /** The highest floor of a dropped channel: the floor of one that comes back under any name. */
  #droppedFloor: Position = ORIGIN

  constructor(bounds: LogBounds) {
    this.bounds = bounds
  }

  /** Says where the log begins and under which epoch its IDs are given out. */
  begin(epoch: string, position: Position): void {
    this.epoch = epoch
    this.last = position
    this.#droppedFloor = position
  }

  /** The channel of a name, made when there is none yet. */
  open(name: string): ChannelLog {
    let channel = this.channels.get(name)
    if (channel === undefined) {
      channel = new ChannelLog(name, this.#droppedFloor)
      this.channels.set(name, channel)
    }
    return channel
  }

  /** What they occupy; see `sizeOf`. */
  get bytes(): number {
    return this.#history.bytes + this.#latestOnly.bytes
  }

  append(position: Position, { channel: name, key, id: ownId, body }: LogEntry): LogEvent {
    const channel = this.open(name)
    const text = this.#encode(position, ownId, body)
    const event: LogEvent = {
      channel,
      position,
      number: channel.tail + 1,
      key,
      ownId,
      text,
      bytes: Buffer.byteLength(text),
      replaced: false,
      older: undefined,
      newer: undefined,
    }
    if (ownId !== undefined) this.hasOwnIds = true
    this.last = position
    this.events++
    this.#history.push(event)
    const replaced = channel.append(event)
    if (replaced !== undefined && replaced.number <= channel.floorNumber) this.#release(replaced, this.#latestOnly)
    return event
  }

  /** Lets go of what is beyond the bounds, of one channel and of the whole log. */
  trim(channel: ChannelLog, now: number): void {
    const { history, keys } = this.bounds
    while (channel.historyLength > 1 && (channel.historyLength > history.events || channel.bytes > history.bytes)) {
      this.#letGo(channel)
    }
    while (channel.keys > keys) this.#forget(channel.oldestLatest)
    this.#trimBytes()
    this.trimAge(now)
    this.dropIfUnused(channel)
  }

  /** Lets go of what is older than history's bound, in every channel. */
  trimAge(now: number): void {
    const deadline = now - this.bounds.history.age
    for (let event = this.#history.oldest; event !== undefined; event = this.#history.oldest) {
      if (event.position.ms >= deadline) return
      this.#letGo(event.channel)
    }
  }

  /** Takes a channel out of the log when nobody reads it and it holds nothing. */
  dropIfUnused(channel: ChannelLog): void {
    if (channel.readers > 0) return
    if (!this.bounds.replay) while (channel.historyLength > 0) this.#moveOutOfHistory(channel)
    if (!channel.isEmpty || this.channels.get(channel.name) !== channel) return
    this.channels.delete(channel.name)
    if (comparePositions(channel.floor, this.#droppedFloor) > 0) this.#droppedFloor = channel.floor
  }

  /**
   * The oldest event anywhere goes first, but neither history nor the latest events push the other below half of the
   * bound: a busy channel must not cost a quiet one its state, nor a large state everybody's replay.
   */
  #trimBytes(): void {
    const { bytes } = this.bounds
    while (this.bytes > bytes && this.events > 1) {
      const history = this.#history.oldest
      if (history === undefined || this.#latestOnly.bytes > bytes / 2) this.#forget(this.#latestOnly.oldest)
      else this.#letGo(history.channel)
    }
  }

  #letGo(channel: ChannelLog): void {
    this.#moveOutOfHistory(channel)
    this.dropIfUnused(channel)
  }

  #moveOutOfHistory(channel: ChannelLog): void {
    const event = channel.letGo()
    if (event === undefined) return
    if (!channel.isLatest(event)) return this.#release(event, this.#history)
    this.#history.remove(event)
    this.#latestOnly.push(event)
  }

  /** Forgets the latest event of a key, and so the event, unless history holds it. */
  #forget(event: LogEvent | undefined): void {
    if (event === undefined) return
    const { channel } = event
    channel.forgetLatest(event)
    if (event.number <= channel.floorNumber) this.#release(event, this.#latestOnly)
    this.dropIfUnused(channel)
  }

  #release(event: LogEvent, list: EventList): void {
    list.remove(event)
    event.channel.forgetOwnId(event)
    this.events--
  }

  #encode(position: Position, ownId: string | undefined, body: string): string {
    if (ownId !== undefined) return endEvent(body, ownId)
    return isEvent(body) ? endEvent(body, formatId(position, this.epoch)) : endBody(body)
  }
}
