/**
 * The log of a registry: all events that are held, by channel, within bounds. No I/O.
 *
 * This file applies the bounds over all channels: the bytes of the whole log, and the age of history. channel-log.ts does
 * the evictions of one channel.
 */
import { now } from '../timers.js'
import { ChannelLog, type LogEvent } from './channel-log.js'
import { EventList } from './event-list.js'
import { createEvent } from './log-event.js'
import { OwnIds } from './own-ids.js'
import { comparePositions, createEpoch, EventIds, ORIGIN, type Position } from './position.js'
import { RecentHashes } from './recent-hashes.js'
import type { HeldEvents, LogBounds, LogEntry, StoredEvent } from './store.js'

/** 320 KiB, some 8,000 names of channels. */
const MAX_INCOMPLETE_BYTES = 320 * 1024

export class Log {
  ids = new EventIds(createEpoch())
  /** Position of the newest event, or where the log began. */
  last: Position = ORIGIN
  /** Whether nothing can be read yet, because the store has not called `begin`. */
  isPending = true
  /** How often the log has begun. Cursors of an earlier generation must be placed again. */
  generation = 0
  readonly bounds: LogBounds
  readonly channels = new Map<string, ChannelLog>()
  /** The number of events in the log. */
  events = 0
  /** The number of latest events that `keys` or `bytes` evicted. */
  evictedKeys = 0
  /** Bytes of snapshots. They count as bytes of the log. */
  snapshotBytes = 0
  readonly ownIds: OwnIds
  /** When the newest event was appended, in milliseconds of the monotonic clock. */
  appendedAt: number

  readonly #clock: () => number
  #history = new EventList()
  /** Events that were evicted from history, and are still the latest of their key. */
  #latestOnly = new EventList()
  /** The highest floor of a dropped channel. A new channel, under any name, begins with this floor. */
  #droppedFloor: Position = ORIGIN
  /** Names of dropped channels that were incomplete. */
  readonly #droppedIncomplete: RecentHashes

  constructor(bounds: LogBounds, clock: () => number = now) {
    this.bounds = bounds
    this.#clock = clock
    this.appendedAt = clock()
    this.ownIds = new OwnIds(bounds.bytes)
    this.#droppedIncomplete = new RecentHashes(Math.min(MAX_INCOMPLETE_BYTES, bounds.bytes / 16))
  }

  get epoch(): string {
    return this.ids.epoch
  }

  /** Bytes of events, channels, snapshots, and hashes of evicted IDs and dropped channels: see `sizeOf`. */
  get bytes(): number {
    const ofEvents = this.#history.bytes + this.#latestOnly.bytes
    return ofEvents + this.ownIds.bytes + this.#droppedIncomplete.bytes + this.snapshotBytes
  }

  /** When the oldest event of history was appended; undefined without history. */
  get oldestAt(): number | undefined {
    return this.#history.oldest?.at
  }

  /** Begins the log: sets its position and the epoch of its IDs, and replaces its events. */
  begin(epoch: string, position: Position, held: HeldEvents = { latest: [], events: [], readUpTo: position }): void {
    this.ids = new EventIds(epoch)
    this.isPending = false
    this.generation++
    this.#clear(position)
    this.ownIds.refill(() => this.#fill(held))
  }

  /** Skips events that the store no longer has: all up to a position, except for `latest`. */
  skip(position: Position, latest: readonly StoredEvent[]): void {
    for (const channel of this.channels.values()) {
      while (channel.historyLength > 0) this.#evictFromHistory(channel)
      channel.skipTo(position)
      this.dropIfUnused(channel)
    }
    this.last = position
    this.#droppedFloor = position
    for (const { position, entry } of latest) this.#restore(position, entry)
  }

  /** Returns the channel with a name, and makes it if there is none. */
  channel(name: string): ChannelLog {
    let channel = this.channels.get(name)
    if (channel === undefined) {
      channel = new ChannelLog(name, this.#droppedFloor, this.#droppedIncomplete.has(name))
      this.channels.set(name, channel)
    }
    return channel
  }

  append(position: Position, entry: LogEntry, at = this.#clock()): LogEvent {
    const event = this.#create(position, entry, at)
    const { channel } = event
    this.last = position
    this.appendedAt = at
    this.#history.push(event)
    const replaced = channel.append(event)
    if (replaced !== undefined && replaced.offset <= channel.historyStart) this.#delete(replaced, this.#latestOnly)
    this.#charge(channel)
    return event
  }

  /** Evicts events beyond the bounds of one channel and of the whole log. */
  trim(channel: ChannelLog, now = this.appendedAt): void {
    const { history, keys } = this.bounds
    while (channel.historyLength > 1 && (channel.historyLength > history.events || channel.bytes > history.bytes)) {
      this.#evictOldest(channel)
    }
    while (channel.keys > keys) this.#evictLatest(channel.oldestLatest)
    this.#trimBytes()
    this.trimAge(now)
    this.dropIfUnused(channel)
  }

  /** Evicts events of all channels that are older than `history.age`. `now`: milliseconds of the monotonic clock. */
  trimAge(now = this.#clock()): void {
    const deadline = Math.floor(now) - this.bounds.history.age
    for (let event = this.#history.oldest; event !== undefined; event = this.#history.oldest) {
      if (event.at >= deadline) return
      this.#evictOldest(event.channel)
    }
  }

  /** Removes a channel that has no subscribers and no events. */
  dropIfUnused(channel: ChannelLog): void {
    if (channel.readers > 0) return
    if (!this.bounds.replay) while (channel.historyLength > 0) this.#evictFromHistory(channel)
    if (!channel.isEmpty || this.channels.get(channel.name) !== channel) return
    this.channels.delete(channel.name)
    if (channel.isIncomplete) this.#droppedIncomplete.add(channel.name)
    if (comparePositions(channel.floor, this.#droppedFloor) > 0) this.#droppedFloor = channel.floor
  }

  #create(position: Position, entry: LogEntry, at: number): LogEvent {
    const { channel, id } = entry
    if (id !== undefined) this.ownIds.add(id, channel, position)
    this.events++
    return createEvent(this.channel(channel), position, entry, { ids: this.ids, at })
  }

  #fill({ latest, events, readUpTo, now: storeNow, incomplete = [] }: HeldEvents): void {
    const now = this.#clock()
    const reference = storeNow ?? events.at(-1)?.position.ms ?? 0
    for (const { position, entry } of latest) this.#restore(position, entry)
    for (const channel of this.channels.values()) channel.readUpTo = channel.tail
    for (const { position, entry } of events) {
      const { channel, offset } = this.append(position, entry, now - Math.max(0, reference - position.ms))
      if (comparePositions(position, readUpTo) <= 0) channel.readUpTo = offset
      this.trim(channel, now)
    }
    this.appendedAt = now
    for (const name of incomplete) this.#markIncomplete(name)
  }

  #markIncomplete(name: string): void {
    const channel = this.channels.get(name)
    if (channel === undefined) this.#droppedIncomplete.add(name)
    else channel.isIncomplete = true
  }

  /** Adds a latest event that is older than the history of its channel. That history must be empty. */
  #restore(position: Position, entry: LogEntry): void {
    const event = this.#create(position, entry, this.appendedAt)
    const replaced = event.channel.restore(event)
    if (replaced !== undefined) this.#delete(replaced, this.#latestOnly)
    this.#latestOnly.push(event)
    this.#charge(event.channel)
    this.trim(event.channel)
  }

  /** Drops all events, and the channels without readers. */
  #clear(position: Position): void {
    this.#history = new EventList()
    this.#latestOnly = new EventList()
    this.events = 0
    this.last = position
    this.#droppedFloor = position
    for (const channel of this.channels.values()) {
      channel.clear(position)
      this.dropIfUnused(channel)
    }
  }

  /**
   * Evicts the oldest events of all channels, until the log is within `bytes`. History and latest events are each guaranteed
   * half. So a busy channel cannot evict the state of quiet ones, and many keys cannot evict all history.
   */
  #trimBytes(): void {
    const { bytes } = this.bounds
    while (this.bytes > bytes && this.events > 1) {
      const { oldest } = this.#history
      if (oldest === undefined || this.#latestOnly.bytes > bytes / 2) this.#evictLatest(this.#latestOnly.oldest)
      else this.#evictOldest(oldest.channel)
    }
  }

  #evictOldest(channel: ChannelLog): void {
    this.#evictFromHistory(channel)
    this.dropIfUnused(channel)
  }

  #evictFromHistory(channel: ChannelLog): void {
    const event = channel.evictOldest()
    if (event === undefined) return
    if (!channel.isLatest(event)) return this.#delete(event, this.#history)
    this.#history.remove(event)
    this.#latestOnly.push(event)
    this.#charge(channel)
  }

  /** Evicts the latest event of a key. The event leaves the log unless history holds it. */
  #evictLatest(event: LogEvent | undefined): void {
    if (event === undefined) return
    const { channel } = event
    this.evictedKeys++
    channel.evictLatest(event)
    if (event.offset <= channel.historyStart) this.#delete(event, this.#latestOnly)
    this.dropIfUnused(channel)
  }

  #delete(event: LogEvent, list: EventList): void {
    const { channel, ownId } = event
    list.remove(event)
    if (ownId !== undefined) this.ownIds.remove(ownId)
    this.events--
    this.#charge(channel)
  }

  /** Counts the bytes of the channel itself in the list that holds its events. */
  #charge(channel: ChannelLog): void {
    const list = channel.historyLength > 0 ? this.#history : channel.isEmpty ? undefined : this.#latestOnly
    if (channel.chargedTo === list) return
    if (channel.chargedTo !== undefined) channel.chargedTo.bytes -= channel.size
    if (list !== undefined) list.bytes += channel.size
    channel.chargedTo = list
  }
}
