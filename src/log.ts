/**
 * The log of a registry: every event it still holds, by channel, within bounds. No I/O.
 *
 * Two bounds are kept here because they span channels: the bytes of the whole log, where the oldest event anywhere goes
 * first, and the age of history. What an event's leaving means for its channel is in channel-log.ts.
 */
import { ChannelLog, type LogEvent } from './channel-log.js'
import { EventIds } from './event-ids.js'
import { EventList } from './event-list.js'
import { endBody, endEvent, isEvent } from './event-stream.js'
import { comparePositions, createEpoch, ORIGIN, type Position } from './position.js'

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

/** An event as a store holds it. */
export interface StoredEvent {
  readonly position: Position
  readonly entry: LogEntry
}

/** What a store holds already when it begins to fill a log. */
export interface HeldEvents {
  /** The latest event of each key, of those that stand before `events`; positions rise. */
  readonly latest: readonly StoredEvent[]
  /** The newest events, without a hole; positions rise. */
  readonly events: readonly StoredEvent[]
  /** Up to where they may have been read by clients already, before the log began anew. */
  readonly readUpTo: Position
  /** The store's clock in milliseconds at loading, on the clock of positions; undefined where it has none. */
  readonly now?: number | undefined
  /** Names of channels of which the store could not keep every latest event. */
  readonly incomplete?: readonly string[] | undefined
}

export class Log {
  ids = new EventIds(createEpoch())
  /** Position of the newest event, or where the log began. */
  last: Position = ORIGIN
  /** Whether nothing can be read yet, because a store is still to say where the log begins. */
  isPending = false
  /** How many times the log has begun: cursors of an earlier time stand nowhere. */
  generation = 0
  readonly bounds: LogBounds
  readonly channels = new Map<string, ChannelLog>()
  /** How many events the log holds. */
  events = 0
  /** Whether an app's own event ID has ever been seen; then the package's own events carry none. */
  hasOwnIds = false

  #history = new EventList()
  /** Events that history has let go and that are still the latest of their key. */
  #latestOnly = new EventList()
  /** The highest floor of a dropped channel: the floor of one that comes back under any name. */
  #droppedFloor: Position = ORIGIN
  #lastAt = performance.now()

  constructor(bounds: LogBounds) {
    this.bounds = bounds
  }

  /** Says where the log begins and under which epoch its IDs are given out. What it held before is gone. */
  begin(epoch: string, position: Position, held: HeldEvents = { latest: [], events: [], readUpTo: position }): void {
    this.ids = new EventIds(epoch)
    this.isPending = false
    this.generation++
    this.#clear(position)
    for (const { position, entry } of held.latest) this.#restore(position, entry)
    for (const channel of this.channels.values()) channel.readUpTo = channel.tail
    for (const { position, entry } of held.events) {
      const { channel, number } = this.append(position, entry)
      if (comparePositions(position, held.readUpTo) <= 0) channel.readUpTo = number
      this.trim(channel, position.ms)
    }
  }

  /** Says that what followed, up to a position, is lost, but for the latest event of some keys. */
  skip(position: Position, latest: readonly StoredEvent[]): void {
    for (const channel of this.channels.values()) {
      while (channel.historyLength > 0) this.#moveOutOfHistory(channel)
      channel.lose(position)
      this.dropIfUnused(channel)
    }
    this.#advance(position)
    this.#droppedFloor = position
    for (const { position, entry } of latest) this.#restore(position, entry)
  }

  /**
   * Milliseconds on the clock that positions are from, which may be another machine's and may have been set back: the
   * newest event's, and what has passed since.
   */
  get now(): number {
    return this.last.ms + performance.now() - this.#lastAt
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

  get epoch(): string {
    return this.ids.epoch
  }

  /** What they occupy; see `sizeOf`. */
  get bytes(): number {
    return this.#history.bytes + this.#latestOnly.bytes
  }

  append(position: Position, entry: LogEntry): LogEvent {
    const event = this.#event(position, entry)
    const { channel } = event
    this.#advance(position)
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

  #event(position: Position, { channel: name, key, id: ownId, body }: LogEntry): LogEvent {
    const channel = this.open(name)
    const text = this.#encode(position, ownId, body)
    if (ownId !== undefined) this.hasOwnIds = true
    this.events++
    return {
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
  }

  /** Takes in the latest event of a key from before the history of its channel, which is still empty. */
  #restore(position: Position, entry: LogEntry): void {
    const event = this.#event(position, entry)
    const replaced = event.channel.restore(event)
    if (replaced !== undefined) this.#release(replaced, this.#latestOnly)
    this.#latestOnly.push(event)
    this.trim(event.channel, position.ms)
  }

  #advance(position: Position): void {
    this.last = position
    this.#lastAt = performance.now()
  }

  /** Forgets everything but the channels that have readers. */
  #clear(position: Position): void {
    this.#history = new EventList()
    this.#latestOnly = new EventList()
    this.events = 0
    this.#advance(position)
    this.#droppedFloor = position
    for (const channel of this.channels.values()) {
      channel.clear(position)
      this.dropIfUnused(channel)
    }
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
    return isEvent(body) ? endEvent(body, this.ids.of(position)) : endBody(body)
  }
}
