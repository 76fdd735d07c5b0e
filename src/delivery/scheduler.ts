/**
 * Decides when subscribers are served: one pass per event-loop turn over every channel that has something new.
 *
 * The pass turns a burst of events into one write per connection. It yields to the event loop when there are many
 * subscribers. It runs early when the pending events come near the bounds of the log, so that subscribers that keep up
 * are never overtaken.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import type { HistoryBounds } from '../log/store.js'
import { nextTurn, now } from '../timers.js'
import { Queue } from './queue.js'
import { SharedBatches } from './shared-batches.js'
import { Subscribers, type Subscriber } from './subscribers.js'

/** Milliseconds for which subscribers are served in a row before the event loop gets its turn. */
const SLICE = 10
/** Subscribers served between two looks at the clock. */
const STRIDE = 16
/** Milliseconds after which a pass that was scheduled and has not come is scheduled again. */
const OVERDUE = 1000

export class Scheduler {
  readonly batches = new SharedBatches()
  readonly #log: Log
  readonly #clock: () => number
  readonly #byChannel = new Map<ChannelLog, Subscribers>()
  readonly #channels = new Queue<Subscribers>()
  readonly #single = new Queue<Subscriber>()
  /** The subscribers still to be served of the channel that a pass is in the middle of. */
  #remaining: Iterator<Subscriber> | undefined
  /** When the next pass was scheduled; undefined when none is. */
  #scheduledAt: number | undefined
  #isRunning = false
  #isOverloaded = false
  /** Bytes appended to any channel since something was queued: they may push out what is queued. */
  #pendingBytes = 0

  constructor(log: Log, clock: () => number = now) {
    this.#log = log
    this.#clock = clock
  }

  /** Whether events come faster than passes, so that publishers should wait for the next turn. */
  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  subscribers(channel: ChannelLog | undefined): number {
    return (channel && this.#byChannel.get(channel)?.all.size) ?? 0
  }

  join(name: string, subscriber: Subscriber): Subscribers {
    const channel = this.#log.channel(name)
    let subscribers = this.#byChannel.get(channel)
    if (subscribers === undefined) this.#byChannel.set(channel, (subscribers = new Subscribers(channel)))
    subscribers.all.add(subscriber)
    channel.readers = subscribers.all.size
    return subscribers
  }

  leave(subscribers: Subscribers, subscriber: Subscriber): void {
    const { channel, all } = subscribers
    all.delete(subscriber)
    channel.readers = all.size
    if (all.size > 0) return
    this.#byChannel.delete(channel)
    this.#channels.delete(subscribers)
    this.#log.dropIfUnused(channel)
  }

  /** Asks for one subscriber to be served in the next pass: it has just subscribed, or its socket takes more. */
  enqueue(subscriber: Subscriber): void {
    this.#single.add(subscriber)
    this.#schedule()
  }

  /** Asks for every subscriber to be served in the next pass: the log was replaced or has skipped events. */
  enqueueAll(): void {
    this.batches.clear()
    for (const subscribers of this.#byChannel.values()) this.#channels.add(subscribers)
    this.#schedule()
  }

  /** Asks for the subscribers of an event's channel to be served in the next pass. */
  published(event: LogEvent): void {
    const subscribers = this.#byChannel.get(event.channel)
    if (subscribers !== undefined) {
      subscribers.add(event)
      this.#channels.add(subscribers)
    }
    if (this.#isIdle || this.#isRunning) return
    // The channel counts too, as if it were new: in a burst over many channels it takes the most.
    this.#pendingBytes += event.size + event.channel.size
    this.#schedule()
    if (!this.#isNearBounds(subscribers)) return
    this.#isOverloaded = true
    this.#run(Infinity)
  }

  get #isIdle(): boolean {
    return this.#remaining === undefined && this.#channels.isEmpty && this.#single.isEmpty
  }

  #isNearBounds(subscribers: Subscribers | undefined): boolean {
    const { history, bytes } = this.#log.bounds
    return (subscribers !== undefined && isOverHalf(subscribers, history)) || this.#pendingBytes > bytes / 4
  }

  /** A fake clock of an app's tests may have swallowed the scheduled turn, so an overdue pass is scheduled again. */
  #schedule(): void {
    const time = this.#log.appendedAt
    if (this.#scheduledAt !== undefined && time - this.#scheduledAt < OVERDUE) return
    this.#scheduledAt = time
    nextTurn(() => {
      this.#scheduledAt = undefined
      this.#isOverloaded = false
      this.#run(this.#clock() + SLICE)
    })
  }

  #run(until: number): void {
    this.#isRunning = true
    let served = 0
    for (let subscriber = this.#take(); subscriber !== undefined; subscriber = this.#take()) {
      subscriber.serve()
      if (++served % STRIDE === 0 && this.#clock() >= until) break
    }
    this.#isRunning = false
    if (!this.#isIdle) return this.#schedule()
    this.#pendingBytes = 0
    this.batches.clear()
  }

  /** The subscriber to serve next: first those queued alone, then those of each channel that has something new. */
  #take(): Subscriber | undefined {
    const subscriber = this.#single.take()
    if (subscriber !== undefined) return subscriber
    for (;;) {
      const next = this.#remaining?.next()
      if (next?.done === false) return next.value
      const subscribers = this.#channels.take()
      this.#remaining = subscribers?.all.values()
      if (subscribers === undefined) return undefined
      subscribers.clearPending()
    }
  }
}

function isOverHalf(subscribers: Subscribers, bounds: HistoryBounds): boolean {
  return subscribers.pendingEvents > bounds.events / 2 || subscribers.pendingBytes > bounds.bytes / 2
}
