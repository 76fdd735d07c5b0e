/** All update windows of a registry, and the subscribers that have one. */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { LogBounds } from '../log/store.js'
import type { Subscribers } from './subscribers.js'
import { WindowGroup } from './window-group.js'
import { Window } from './window.js'

export class Windows {
  readonly #bounds: LogBounds
  readonly #onDue: (group: Subscribers) => void
  /** By length in milliseconds. */
  readonly #windows = new Map<number, Window>()
  readonly #groups = new Map<ChannelLog, Map<Window, WindowGroup>>()

  /** `onDue` gets each group that has subscribers to serve. */
  constructor(bounds: LogBounds, onDue: (group: Subscribers) => void) {
    this.#bounds = bounds
    this.#onDue = onDue
  }

  /** Whether some group waits for its next window. */
  get isHolding(): boolean {
    for (const window of this.#windows.values()) if (window.isHolding) return true
    return false
  }

  /** Returns the window with a length in milliseconds. It is shorter if history would evict events before it ends. */
  window(ms: number): Window {
    const length = Math.min(ms, this.#bounds.history.age / 2)
    let window = this.#windows.get(length)
    if (window === undefined) {
      window = new Window(length, (held) => {
        for (const group of held) this.#onDue(group)
      })
      this.#windows.set(length, window)
    }
    return window
  }

  group(channel: ChannelLog, window: Window): WindowGroup {
    let groups = this.#groups.get(channel)
    if (groups === undefined) this.#groups.set(channel, (groups = new Map<Window, WindowGroup>()))
    let group = groups.get(window)
    if (group === undefined) groups.set(window, (group = new WindowGroup(channel, window, this.#bounds.history)))
    return group
  }

  /** Removes a group that has no subscribers. */
  delete(group: WindowGroup): void {
    const { channel, window } = group
    const groups = this.#groups.get(channel)
    groups?.delete(window)
    if (groups?.size === 0) this.#groups.delete(channel)
  }

  /** Offers an event to the groups of its channel. Returns whether one of them has to be served at once. */
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

  /** Serves everybody who waits, because the bounds of the whole log are near. */
  endAll(): void {
    for (const window of this.#windows.values()) window.endEarly()
  }

  /** Serves everybody, because the log was replaced. */
  enqueueAll(): void {
    for (const groups of this.#groups.values()) for (const group of groups.values()) this.#onDue(group)
  }
}
