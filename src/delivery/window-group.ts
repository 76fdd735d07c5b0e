/** The subscribers of one channel with the same update window. Decides which are served, and which wait for the next one. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { HistoryBounds } from '../log/store.js'
import { Subscribers, type Subscriber } from './subscribers.js'
import type { Window } from './window.js'

export class WindowGroup extends Subscribers {
  readonly window: Window
  readonly #history: HistoryBounds
  /** The window in which all subscribers were asked whether they wait. */
  #askedIn = -1
  /** Subscribers with a filter. They are asked for each event, because their filter may have rejected the earlier ones. */
  readonly #filtered = new Set<Subscriber>()

  constructor(channel: ChannelLog, window: Window, history: HistoryBounds) {
    super(channel)
    this.window = window
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
    if (this.all.size === 0) this.window.delete(this)
  }

  /**
   * Returns whether a new event waits for the next window. Subscribers are asked only if this is unknown: with many of them
   * and many events, most time would be spent on asking.
   */
  holds(event: LogEvent): boolean {
    const isClosed = event.key !== undefined && this.#askedIn === this.window.number && this.#filtered.size === 0
    if (!isClosed || this.isOverHalf(this.#history)) return false
    this.window.hold(this)
    return true
  }

  /** Yields the subscribers to serve. The others wait for the next window, unless they would lose events. */
  override *due(): Generator<Subscriber, void> {
    const isOverHalf = this.isOverHalf(this.#history)
    const { pendingEvents, pendingBytes } = this
    this.pendingEvents = this.pendingBytes = 0
    this.#askedIn = this.window.number
    let isHolding = false
    for (const subscriber of this.all) {
      if (!isOverHalf && subscriber.isHeld()) isHolding = true
      else yield subscriber
    }
    if (!isHolding) return
    this.pendingEvents += pendingEvents
    this.pendingBytes += pendingBytes
    this.window.hold(this)
  }
}
