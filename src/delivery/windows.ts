/** All update windows of a registry, and the subscribers that have one. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { LogBounds } from '../log/store.js'
import type { Subscribers } from './subscribers.js'
import { WindowClock } from './window-clock.js'
import { WindowGroup } from './window-group.js'

export class Windows {
  readonly #bounds: LogBounds
  readonly #onDue: (group: Subscribers) => void
  /** Clocks that new subscribers share, by length of the window in milliseconds. */
  readonly #shared = new Map<number, WindowClock>()
  /** The number of groups of each clock. A client may choose the length, so unused clocks must not stay. */
  readonly #inUse = new Map<WindowClock, number>()
  readonly #groups = new Map<ChannelLog, Map<WindowClock, WindowGroup>>()

  /** `onDue` gets each group that has subscribers to serve. */
  constructor(bounds: LogBounds, onDue: (group: Subscribers) => void) {
    this.#bounds = bounds
    this.#onDue = onDue
  }

  /** Whether some group waits for its next window. */
  get isHolding(): boolean {
    for (const clock of this.#inUse.keys()) if (clock.isHolding) return true
    return false
  }

  /** Returns the clock of windows of `ms` milliseconds. They are shorter if history would evict events before they end. */
  clock(ms: number): WindowClock {
    const length = Math.min(ms, this.#bounds.history.age / 2)
    const onEnd = (held: Iterable<Subscribers>) => {
      for (const group of held) this.#onDue(group)
    }
    return this.#shared.get(length) ?? new WindowClock(length, onEnd)
  }

  /** Returns the group of the subscribers of a channel that have this clock. */
  group(channel: ChannelLog, clock: WindowClock): WindowGroup {
    let groups = this.#groups.get(channel)
    if (groups === undefined) this.#groups.set(channel, (groups = new Map<WindowClock, WindowGroup>()))
    let group = groups.get(clock)
    if (group === undefined) {
      groups.set(clock, (group = new WindowGroup(channel, clock, this.#bounds.history)))
      this.#inUse.set(clock, (this.#inUse.get(clock) ?? 0) + 1)
      if (!this.#shared.has(clock.ms)) this.#shared.set(clock.ms, clock)
    }
    return group
  }

  /** Removes a group that has no subscribers. */
  delete(group: WindowGroup): void {
    const { channel, clock } = group
    const groups = this.#groups.get(channel)
    groups?.delete(clock)
    if (groups?.size === 0) this.#groups.delete(channel)
    const left = (this.#inUse.get(clock) ?? 0) - 1
    if (left > 0) {
      this.#inUse.set(clock, left)
      return
    }
    this.#inUse.delete(clock)
    if (this.#shared.get(clock.ms) === clock) this.#shared.delete(clock.ms)
  }

  /** Counts an event in the groups of its channel. Returns whether one of them must be served before it has a gap. */
  published(event: LogEvent): boolean {
    let isOverHalf = false
    for (const group of this.#groups.get(event.channel)?.values() ?? []) {
      group.add(event)
      if (group.holds(event)) continue
      this.#onDue(group)
      isOverHalf ||= group.isOverHalf(this.#bounds.history)
    }
    return isOverHalf
  }

  /** Ends all windows now, because the bounds of the whole log are near. */
  endAll(): void {
    for (const clock of this.#inUse.keys()) clock.endEarly()
  }

  /** Serves all groups, because the log was replaced or has skipped events. */
  enqueueAll(): void {
    for (const groups of this.#groups.values()) for (const group of groups.values()) this.#onDue(group)
  }
}
