/**
 * Brings what is published to the readers: one pass per event-loop turn over every channel that has something new.
 *
 * The pass is what turns a burst of events into one write per connection. It gives way to the event loop in between when
 * there are many readers, and it runs early when what is pending comes near to the bounds of the log, so that readers
 * that keep up are never overtaken.
 */
import type { ChannelLog, LogEvent } from './channel-log.js'
import { DueQueue } from './due-queue.js'
import { Feed, type Served } from './feed.js'
import type { Log } from './log.js'
import type { HistoryBounds } from './store.js'
import { SharedBatches } from './shared-batches.js'
import { nextTurn, now } from './timers.js'

/** Milliseconds for which readers are served in a row before the event loop gets its turn. */
const SLICE = 10
/** Readers served between two looks at the clock. */
const STRIDE = 16
/** Milliseconds after which a pass that was scheduled and has not come is scheduled again. */
const OVERDUE = 1000

export class Delivery {
  readonly batches = new SharedBatches()
  readonly #log: Log
  readonly #clock: () => number
  readonly #feeds = new Map<ChannelLog, Feed>()
  readonly #dueFeeds = new DueQueue<Feed>()
  readonly #dueReaders = new DueQueue<Served>()
  /** The readers still to be served of the feed that a pass is in the middle of. */
  #remaining: Iterator<Served> | undefined
  /** When the next pass was scheduled; undefined when none is. */
  #scheduledAt: number | undefined
  #isRunning = false
  #isPressed = false
  /** What was appended since something fell due, to any channel: it may push out what is due. */
  #pendingBytes = 0

  constructor(log: Log, clock: () => number = now) {
    this.#log = log
    this.#clock = clock
  }

  /** Whether events come faster than passes, so that whoever publishes should wait for the next turn. */
  get isPressed(): boolean {
    return this.#isPressed
  }

  subscribers(channel: ChannelLog | undefined): number {
    return (channel && this.#feeds.get(channel)?.readers.size) ?? 0
  }

  join(name: string, reader: Served): Feed {
    const channel = this.#log.open(name)
    let feed = this.#feeds.get(channel)
    if (feed === undefined) this.#feeds.set(channel, (feed = new Feed(channel)))
    feed.readers.add(reader)
    channel.readers = feed.readers.size
    return feed
  }

  leave(feed: Feed, reader: Served): void {
    const { channel, readers } = feed
    readers.delete(reader)
    channel.readers = readers.size
    if (readers.size > 0) return
    this.#feeds.delete(channel)
    this.#dueFeeds.delete(feed)
    this.#log.dropIfUnused(channel)
  }

  /** Asks for one reader to be served in the next pass, because it has just subscribed. */
  due(reader: Served): void {
    this.#dueReaders.add(reader)
    this.#schedule()
  }

  /** Asks for every reader to be served in the next pass, because the log has begun anew or skipped events. */
  allDue(): void {
    this.batches.clear()
    for (const feed of this.#feeds.values()) this.#dueFeeds.add(feed)
    this.#schedule()
  }

  /** Asks for the readers of an event's channel to be served in the next pass. */
  published(event: LogEvent): void {
    const feed = this.#feeds.get(event.channel)
    if (feed !== undefined) {
      feed.add(event)
      this.#dueFeeds.add(feed)
    }
    if (this.#isIdle || this.#isRunning) return
    this.#pendingBytes += event.size
    this.#schedule()
    if (!this.#isNearBounds(feed)) return
    this.#isPressed = true
    this.#run(Infinity)
  }

  /** Whether nothing is due. */
  get #isIdle(): boolean {
    return this.#remaining === undefined && this.#dueFeeds.isEmpty && this.#dueReaders.isEmpty
  }

  #isNearBounds(feed: Feed | undefined): boolean {
    const { history, bytes } = this.#log.bounds
    return (feed !== undefined && isOverHalf(feed, history)) || this.#pendingBytes > bytes / 2
  }

  /** A fake clock of the app's tests may have swallowed the turn that was scheduled; so one that is overdue is set again. */
  #schedule(): void {
    const time = this.#log.appendedAt
    if (this.#scheduledAt !== undefined && time - this.#scheduledAt < OVERDUE) return
    this.#scheduledAt = time
    nextTurn(() => {
      this.#scheduledAt = undefined
      this.#isPressed = false
      this.#run(this.#clock() + SLICE)
    })
  }

  #run(until: number): void {
    this.#isRunning = true
    let served = 0
    for (let reader = this.#nextReader(); reader !== undefined; reader = this.#nextReader()) {
      reader.serve()
      if (++served % STRIDE === 0 && this.#clock() >= until) break
    }
    this.#isRunning = false
    if (!this.#isIdle) return this.#schedule()
    this.#pendingBytes = 0
    this.batches.clear()
  }

  /** Whose turn it is: those that have just subscribed, then the readers of each channel that has something new. */
  #nextReader(): Served | undefined {
    const reader = this.#dueReaders.take()
    if (reader !== undefined) return reader
    for (;;) {
      const next = this.#remaining?.next()
      if (next?.done === false) return next.value
      const feed = this.#dueFeeds.take()
      this.#remaining = feed?.readers.values()
      if (feed === undefined) return undefined
      feed.clearPending()
    }
  }
}

function isOverHalf(feed: Feed, bounds: HistoryBounds): boolean {
  return feed.pendingEvents > bounds.events / 2 || feed.pendingBytes > bounds.bytes / 2
}
