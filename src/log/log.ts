/**
 * The log of a registry: all events that are held, by channel, within bounds. No I/O.
 *
 * This file applies the bounds over all channels: the bytes of the whole log, and the age of history. channel-log.ts does
 * the evictions of one channel.
 */
import { now } from '../timers.js'
import type { ChannelLog, LogEvent } from './channel-log.js'
import { DroppedChannels } from './dropped-channels.js'
import type { EventList } from './event-list.js'
import { EventLists } from './event-lists.js'
import { createEvent } from './log-event.js'
import { OwnIds } from './own-ids.js'
import { comparePositions, createEpoch, EventIds, ORIGIN, type Position } from './position.js'
import type { EventEntry, HeldEvents, LogBounds, LogEntry, StoredEvent } from './store.js'

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
  #lists = new EventLists()
  readonly #dropped: DroppedChannels

  constructor(bounds: LogBounds, clock: () => number = now) {
    this.bounds = bounds
    this.#clock = clock
    this.appendedAt = clock()
    this.ownIds = new OwnIds(bounds.bytes)
    this.#dropped = new DroppedChannels(bounds.bytes)
  }

  get epoch(): string {
    return this.ids.epoch
  }

  /** Bytes of events, channels, snapshots, and hashes of evicted IDs and dropped channels: see `sizeOf`. */
  get bytes(): number {
    return this.#lists.bytes + this.ownIds.bytes + this.#dropped.bytes + this.snapshotBytes
  }

  /** When the oldest event of history was appended; undefined without history. */
  get oldestAt(): number | undefined {
    return this.#lists.history.oldest?.at
  }

  /** Begins the log: sets its position and the epoch of its IDs, and replaces its events. */
  begin(epoch: string, position: Position, held: HeldEvents = { latest: [], events: [], readUpTo: position }): void {
    this.ids = new EventIds(epoch)
    this.isPending = false
    this.generation++
    this.#lists = new EventLists()
    this.events = 0
    this.last = this.#dropped.floor = position
    for (const channel of this.channels.values()) {
      channel.clear(position)
      this.dropIfUnused(channel)
    }
    this.ownIds.refill(() => this.#fill(held))
  }

  /** Skips entries that the store no longer has: all up to a position. Afterwards, `latest` are all latest events. */
  skip(position: Position, latest: readonly StoredEvent[], incomplete: readonly string[] = []): void {
    const { last } = this
    const remaining = new Set(latest.map((event) => this.ids.of(event.position)))
    for (const channel of this.channels.values()) {
      while (channel.historyLength > 0) this.#evictFromHistory(channel)
      for (const event of channel.allLatest) if (!remaining.has(this.ids.of(event.position))) this.#forget(event)
      channel.skipTo(position)
      this.dropIfUnused(channel)
    }
    this.last = this.#dropped.floor = position
    // The log holds the older ones, or has evicted them. Events must not be added out of order.
    for (const event of latest) if (comparePositions(event.position, last) > 0) this.#restore(event)
    for (const name of incomplete) this.#markIncomplete(name)
  }

  /** Returns the channel with a name, and makes it if there is none. */
  channel(name: string): ChannelLog {
    let channel = this.channels.get(name)
    if (channel === undefined) this.channels.set(name, (channel = this.#dropped.create(name)))
    return channel
  }

  /** Appends an entry. Returns the event; undefined if the entry is of another kind. */
  append(position: Position, entry: EventEntry, at?: number): LogEvent
  append(position: Position, entry: LogEntry, at?: number): LogEvent | undefined
  append(position: Position, entry: LogEntry, at = this.#clock()): LogEvent | undefined {
    if (entry.kind !== undefined) {
      this.#apply(position, entry)
      return undefined
    }
    const event = this.#create(position, entry, at)
    const { channel } = event
    this.last = position
    this.appendedAt = at
    const replaced = channel.append(event)
    this.#lists.add(event, this.#lists.history)
    if (replaced !== undefined) this.#deleteUnlessInHistory(replaced)
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
    const { history } = this.#lists
    for (let event = history.oldest; event !== undefined; event = history.oldest) {
      if (event.at >= deadline) return
      this.#evictOldest(event.channel)
    }
  }

  /** Removes a channel that has no subscribers and no events. `keepsHistory`: whether its history is kept until then. */
  dropIfUnused(channel: ChannelLog, keepsHistory = this.bounds.replay): void {
    if (channel.readers > 0) return
    if (!keepsHistory) while (channel.historyLength > 0) this.#evictFromHistory(channel)
    if (!channel.isEmpty || this.channels.get(channel.name) !== channel) return
    this.channels.delete(channel.name)
    this.#dropped.add(channel)
  }

  /** Moves past an entry that holds no event. To forget a key is no eviction, so nobody is told of a gap. */
  #apply(position: Position, entry: Exclude<LogEntry, EventEntry>): void {
    this.last = position
    if (entry.kind !== 'forget') return
    const event = this.channels.get(entry.channel)?.latest(entry.key)
    if (event === undefined) return
    this.#forget(event)
    this.dropIfUnused(event.channel)
  }

  #create(position: Position, entry: EventEntry, at: number): LogEvent {
    const { channel, id } = entry
    if (id !== undefined) this.ownIds.add(id, channel, position)
    this.events++
    return createEvent(this.channel(channel), position, entry, { ids: this.ids, at })
  }

  #fill({ latest, events, readUpTo, now: storeNow, incomplete = [] }: HeldEvents): void {
    const now = this.#clock()
    const reference = storeNow ?? events.at(-1)?.position.ms ?? 0
    for (const event of latest) this.#restore(event)
    for (const channel of this.channels.values()) channel.readUpTo = channel.tail
    for (const { position, entry } of events) {
      const event = this.append(position, entry, now - Math.max(0, reference - position.ms))
      if (event === undefined) continue
      if (comparePositions(position, readUpTo) <= 0) event.channel.readUpTo = event.offset
      this.trim(event.channel, now)
    }
    this.appendedAt = now
    for (const name of incomplete) this.#markIncomplete(name)
  }

  #markIncomplete(name: string): void {
    if (name === '') for (const each of this.channels.values()) each.isIncomplete = true
    const channel = this.channels.get(name)
    if (channel === undefined) this.#dropped.markIncomplete(name)
    else channel.isIncomplete = true
  }

  /** Adds a latest event that is older than the history of its channel. That history must be empty. */
  #restore({ position, entry }: StoredEvent): void {
    const event = this.#create(position, entry, this.appendedAt)
    const replaced = event.channel.restore(event)
    if (replaced !== undefined) this.#delete(replaced, this.#lists.latestOnly)
    this.#lists.add(event, this.#lists.latestOnly)
    this.trim(event.channel)
  }

  /**
   * Evicts the oldest events of all channels, until the log is within `bytes`. History and latest events are each guaranteed
   * half. So a busy channel cannot evict the state of quiet ones, and many keys cannot evict all history.
   */
  #trimBytes(): void {
    const { bytes } = this.bounds
    const { history, latestOnly } = this.#lists
    while (this.bytes > bytes && this.events > 1) {
      const { oldest } = history
      if (oldest === undefined || latestOnly.bytes > bytes / 2) this.#evictLatest(latestOnly.oldest)
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
    if (channel.isLatest(event)) this.#lists.keepLatest(event)
    else this.#delete(event, this.#lists.history)
  }

  #evictLatest(event: LogEvent | undefined): void {
    if (event === undefined) return
    const { channel } = event
    this.evictedKeys++
    channel.evictLatest(event)
    this.#deleteUnlessInHistory(event)
    this.dropIfUnused(channel)
  }

  #forget(event: LogEvent): void {
    event.channel.forget(event)
    this.#deleteUnlessInHistory(event)
  }

  /** Deletes an event that is no longer the latest of its key. */
  #deleteUnlessInHistory(event: LogEvent): void {
    if (event.offset <= event.channel.historyStart) this.#delete(event, this.#lists.latestOnly)
  }

  #delete(event: LogEvent, list: EventList): void {
    const { ownId } = event
    this.#lists.remove(event, list)
    if (ownId !== undefined) this.ownIds.remove(ownId)
    this.events--
  }
}
