/**
 * Decides when subscribers are served: one pass per event-loop turn over all channels with new events.
 *
 * The pass turns a burst of events into one write per connection. It yields to the event loop if there are many
 * subscribers. It runs early if pending events come near the bounds of the log, so that subscribers that keep up never
 * have gaps. With the option `coalesce` it waits until some time after the pass before, so that it finds more events.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import { nextTurn, now } from '../timers.js'
import { PassInterval } from './pass-interval.js'
import { Queue } from './queue.js'
import { SharedBatches } from './shared-batches.js'
import { Subscribers, type Subscriber } from './subscribers.js'
import type { WindowClock } from './window-clock.js'
import { WindowGroup } from './window-group.js'
import { Windows } from './windows.js'

/** Milliseconds for which subscribers are served before the pass yields to the event loop. */
const SLICE = 10
/** The number of subscribers that are served before the clock is read again. */
const STRIDE = 16
/** Milliseconds after which a scheduled pass that has not run is scheduled again. */
const OVERDUE = 1000

export class Scheduler {
  readonly batches = new SharedBatches()
  /** Called when a channel has got its first subscriber, or lost its last one. Must not call back into the scheduler. */
  onOccupancyChange: ((channel: string) => void) | undefined
  readonly #log: Log
  readonly #clock: () => number
  /** The subscribers of each channel that have no update window. */
  readonly #byChannel = new Map<ChannelLog, Subscribers>()
  /** Undefined until a subscriber has an update window. */
  #windows: Windows | undefined
  /** Undefined without `coalesce`. */
  readonly #interval: PassInterval | undefined
  /** Groups with new events, whose subscribers the next pass serves. */
  readonly #groups = new Queue<Subscribers>()
  /**
   * The number of queued groups that the pass still takes. With `coalesce`, groups that are queued after the pass has begun
   * wait for the next one. Without it there is no limit.
   */
  #groupsLeft: number
  /** Subscribers that the next pass serves for a reason of their own. */
  readonly #single = new Queue<Subscriber>()
  /** Subscribers of the current group that the pass still has to serve. */
  #remaining: Iterator<Subscriber, void> | undefined
  /** When the next pass was scheduled; `-Infinity` if none is. */
  #scheduledAt = -Infinity
  #isRunning = false
  #isOverloaded = false
  /** Bytes appended to all channels since something was queued. They may evict queued events. */
  #pendingBytes = 0
  /** The part of them that was appended before the pass began. */
  #passBytes = 0

  constructor(log: Log, { coalesce = false, clock = now }: { coalesce?: number | false; clock?: () => number } = {}) {
    this.#log = log
    this.#clock = clock
    if (coalesce !== false) {
      // Events must not be evicted by age while they wait.
      const ms = Math.min(coalesce, log.bounds.history.age / 2)
      this.#interval = new PassInterval(ms, () => this.#scheduleTurn())
    }
    this.#groupsLeft = this.#interval === undefined ? Infinity : 0
  }

  /** Whether events come faster than passes run, so that publishers should wait for the next turn. */
  get isOverloaded(): boolean {
    return this.#isOverloaded
  }

  /** Returns the clock of update windows of `ms` milliseconds. */
  windowClock(ms: number): WindowClock {
    return this.#allWindows.clock(ms)
  }

  /** Adds a subscriber to a channel. Returns the group that it is in, for `leave`. */
  join(name: string, subscriber: Subscriber): Subscribers {
    const channel = this.#log.channel(name)
    let subscribers = this.#byChannel.get(channel)
    if (subscribers === undefined) this.#byChannel.set(channel, (subscribers = new Subscribers(channel)))
    this.#join(subscribers, subscriber)
    return subscribers
  }

  /** Does the same as `join` for a subscriber with an update window. */
  joinWindow(
    name: string,
    subscriber: Subscriber,
    clock: WindowClock,
    { isFiltered }: { isFiltered: boolean },
  ): Subscribers {
    const group = this.#allWindows.group(this.#log.channel(name), clock)
    if (isFiltered) group.watchFilter(subscriber)
    this.#join(group, subscriber)
    return group
  }

  /** Removes a subscriber from the group that `join` returned. Drops the channel if the log need not keep it. */
  leave(subscribers: Subscribers, subscriber: Subscriber): void {
    const { channel } = subscribers
    subscribers.leave(subscriber)
    if (subscribers.all.size > 0) return
    this.#groups.delete(subscribers)
    if (subscribers instanceof WindowGroup) this.#windows?.delete(subscribers)
    else this.#byChannel.delete(channel)
    if (channel.readers === 0) this.onOccupancyChange?.(channel.name)
    this.#log.dropIfUnused(channel)
  }

  /** Serves one subscriber in the next pass, because it has just subscribed or its socket has drained. */
  enqueue(subscriber: Subscriber): void {
    this.#single.add(subscriber)
    this.#scheduleTurn()
  }

  /** Serves all subscribers in the next pass, because the log was replaced or has skipped events. */
  enqueueAll(): void {
    this.batches.clear()
    for (const subscribers of this.#byChannel.values()) this.#groups.add(subscribers)
    this.#windows?.enqueueAll()
    this.#schedulePass(this.#clock())
  }

  /** Serves the subscribers of the event's channel in the next pass. */
  published(event: LogEvent): void {
    const { history, bytes } = this.#log.bounds
    const subscribers = this.#byChannel.get(event.channel)
    if (subscribers !== undefined) {
      subscribers.add(event)
      this.#groups.add(subscribers)
    }
    const isOverHalf = this.#windows?.published(event) === true || subscribers?.isOverHalf(history) === true
    if (this.#isRunning || (this.#isIdle && !this.#isHolding)) return
    // Counts the channel as if it were new, because new channels take most of the bytes in a burst over many channels.
    this.#pendingBytes += event.size + event.channel.size
    if (this.#pendingBytes > bytes / 4) this.#windows?.endAll()
    if (this.#isIdle) return
    this.#schedulePass(this.#log.appendedAt)
    if (!isOverHalf && this.#pendingBytes <= bytes / 4) return
    this.#isOverloaded = true
    this.#scheduleTurn()
    this.#groupsLeft = Infinity
    this.#run(Infinity)
  }

  #join(subscribers: Subscribers, subscriber: Subscriber): void {
    subscribers.join(subscriber)
    const { readers, name } = subscribers.channel
    if (readers === 1) this.onOccupancyChange?.(name)
  }

  get #isIdle(): boolean {
    return this.#remaining === undefined && this.#groups.isEmpty && this.#single.isEmpty
  }

  /** Whether some subscribers wait for their next update window. */
  get #isHolding(): boolean {
    return this.#windows?.isHolding === true
  }

  get #allWindows(): Windows {
    return (this.#windows ??= new Windows(this.#log.bounds, (group) => {
      this.#groups.add(group)
      if (!this.#isRunning) this.#schedulePass(this.#clock())
    }))
  }

  /** Schedules the next pass: for the next turn, or for later with `coalesce`. */
  #schedulePass(time: number): void {
    if (this.#interval === undefined || this.#interval.isDue(time)) this.#scheduleTurn()
    else this.#interval.wait(time)
  }

  /**
   * Serves subscribers in the next turn. Schedules an overdue turn again, because a fake clock in tests of an app may have
   * dropped it.
   */
  #scheduleTurn(): void {
    const time = this.#log.appendedAt
    if (time - this.#scheduledAt < OVERDUE) return
    this.#scheduledAt = time
    nextTurn(() => {
      this.#scheduledAt = -Infinity
      this.#isOverloaded = false
      const time = this.#clock()
      if (this.#interval !== undefined && this.#isPassOver) this.#beginPass(this.#interval, time)
      this.#run(time + SLICE)
    })
  }

  /** Begins a pass over the groups that are queued now, if it may start. */
  #beginPass(interval: PassInterval, time: number): void {
    if (this.#groups.isEmpty || !interval.isDue(time)) return
    interval.started(time)
    this.#groupsLeft = this.#groups.size
    this.#passBytes = this.#pendingBytes
  }

  /** Whether no group is left to serve before the next pass. */
  get #isPassOver(): boolean {
    return this.#remaining === undefined && (this.#groupsLeft === 0 || this.#groups.isEmpty)
  }

  #run(until: number): void {
    this.#isRunning = true
    let served = 0
    for (let subscriber = this.#take(); subscriber !== undefined; subscriber = this.#take()) {
      subscriber.serve()
      if (++served % STRIDE === 0 && this.#clock() >= until) break
    }
    this.#isRunning = false
    if (this.#isPassOver && this.#single.isEmpty) this.#endPass()
    else this.#scheduleTurn()
  }

  #endPass(): void {
    if (!this.#isHolding) this.#pendingBytes = this.#groups.isEmpty ? 0 : this.#pendingBytes - this.#passBytes
    this.batches.clear()
    if (this.#interval === undefined) return
    this.#groupsLeft = this.#passBytes = 0
    if (!this.#groups.isEmpty) this.#schedulePass(this.#clock())
  }

  /** Returns the next subscriber: first those that were queued singly, then those of groups with new events. */
  #take(): Subscriber | undefined {
    const subscriber = this.#single.take()
    if (subscriber !== undefined) return subscriber
    for (;;) {
      const next = this.#remaining?.next()
      if (next?.done === false) return next.value
      const subscribers = this.#groupsLeft > 0 ? this.#groups.take() : undefined
      this.#remaining = subscribers?.due()
      if (subscribers === undefined) return undefined
      this.#groupsLeft--
    }
  }
}
