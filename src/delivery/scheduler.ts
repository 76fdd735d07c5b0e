/**
 * Decides when subscribers are served: one pass per event-loop turn over all channels with new events.
 *
 * The pass turns a burst of events into one write per connection. It yields to the event loop if there are many
 * subscribers. It runs early if pending events come near the bounds of the log, so that subscribers that keep up never
 * have gaps.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import type { HistoryBounds } from '../log/store.js'
import { nextTurn, now } from '../timers.js'
import { Queue } from './queue.js'
import { SharedBatches } from './shared-batches.js'
import { Subscribers, type Subscriber } from './subscribers.js'

/** Milliseconds for which subscribers are served before the pass yields to the event loop. */
const SLICE = 10
/** The number of subscribers that are served before the clock is read again. */
const STRIDE = 16
/** Milliseconds after which a scheduled pass that has not run is scheduled again. */
const OVERDUE = 1000

export class Scheduler {
  readonly batches = new SharedBatches()
  /** Called when a channel has got its first subscriber, or lost its last one. Must not call back into the scheduler. */
  onTurn: ((channel: string) => void) | undefined
  readonly #log: Log
  readonly #clock: () => number
  readonly #byChannel = new Map<ChannelLog, Subscribers>()
  readonly #channels = new Queue<Subscribers>()
  readonly #single = new Queue<Subscriber>()
  /** Subscribers of the current channel that the pass still has to serve. */
  #remaining: Iterator<Subscriber> | undefined
  /** When the next pass was scheduled; undefined if none is. */
  #scheduledAt: number | undefined
  #isRunning = false
  #isOverloaded = false
  /** Bytes appended to all channels since something was queued. They may evict queued events. */
  #pendingBytes = 0

  constructor(log: Log, clock: () => number = now) {
    this.#log = log
    this.#clock = clock
  }

  /** Whether events come faster than passes run, so that publishers should wait for the next turn. */
  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  subscribers(channel: ChannelLog | undefined): number {
    return (channel && this.#byChannel.get(channel)?.all.size) ?? 0
  }

  join(name: string, subscriber: Subscriber): Subscribers {
    const channel = this.#log.channel(name)
    let subscribers = this.#byChannel.get(channel)
    if (subscribers === undefined) {
      this.#byChannel.set(channel, (subscribers = new Subscribers(channel)))
      this.onTurn?.(name)
    }
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
    this.onTurn?.(channel.name)
    this.#log.dropIfUnused(channel)
  }

  /** Serves one subscriber in the next pass, because it has just subscribed or its socket has drained. */
  enqueue(subscriber: Subscriber): void {
    this.#single.add(subscriber)
    this.#schedule()
  }

  /** Serves all subscribers in the next pass, because the log was replaced or has skipped events. */
  enqueueAll(): void {
    this.batches.clear()
    for (const subscribers of this.#byChannel.values()) this.#channels.add(subscribers)
    this.#schedule()
  }

  /** Serves the subscribers of the event's channel in the next pass. */
  published(event: LogEvent): void {
    const subscribers = this.#byChannel.get(event.channel)
    if (subscribers !== undefined) {
      subscribers.add(event)
      this.#channels.add(subscribers)
    }
    if (this.#isIdle || this.#isRunning) return
    // Counts the channel as if it were new, because new channels take most of the bytes in a burst over many channels.
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

  /** Schedules an overdue pass again, because a fake clock in tests of an app may have dropped it. */
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

  /** Returns the next subscriber: first those that were queued singly, then those of channels with new events. */
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
