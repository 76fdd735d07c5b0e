/** The subscribers of one channel with the same update window. Decides which are served, and which wait for the next one. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { HistoryBounds } from '../log/store.js'
import { Subscribers, type Subscriber } from './subscribers.js'
import type { WindowClock } from './window-clock.js'

export class WindowGroup extends Subscribers {
  readonly clock: WindowClock
  readonly #history: HistoryBounds
  /** Number of the window in which all subscribers were last asked whether they wait. */
  #askedIn = -1
  /** Subscribers with a filter. They are asked for each event, because their filter may have rejected the earlier ones. */
  readonly #filtered = new Set<Subscriber>()

  constructor(channel: ChannelLog, clock: WindowClock, history: HistoryBounds) {
    super(channel)
    this.clock = clock
    this.#history = history
  }

  override join(subscriber: Subscriber): void {
    super.join(subscriber)
    this.#askedIn = -1
  }

  /** Call this for a subscriber with a filter. */
  watchFilter(subscriber: Subscriber): void {
    this.#filtered.add(subscriber)
  }

  override leave(subscriber: Subscriber): void {
    super.leave(subscriber)
    this.#filtered.delete(subscriber)
    if (this.all.size === 0) this.clock.delete(this)
  }

  /**
   * Returns whether a new event waits for the next window. Subscribers are asked only if this is unknown: with many of them
   * and many events, most time would be spent on asking.
   */
  holds(event: LogEvent): boolean {
    const isClosed = event.key !== undefined && this.#askedIn === this.clock.number && this.#filtered.size === 0
    if (!isClosed || this.isOverHalf(this.#history)) return false
    this.clock.hold(this)
    return true
  }

  /** Yields the subscribers to serve. The others wait for the next window, unless they would lose events. */
  override *due(): Generator<Subscriber, void> {
    const isOverHalf = this.isOverHalf(this.#history)
    const { pendingEvents, pendingBytes } = this
    this.pendingEvents = this.pendingBytes = 0
    this.#askedIn = this.clock.number
    let isHolding = false
    for (const subscriber of this.all) {
      if (!isOverHalf && subscriber.isHeld()) isHolding = true
      else yield subscriber
    }
    if (!isHolding) return
    this.pendingEvents += pendingEvents
    this.pendingBytes += pendingBytes
    this.clock.hold(this)
  }
}
