/**
 * The clock of all connections with the same update window (option `conflate`). Connections that have written in a window
 * wait for the next one together, so that those at the same place share batches.
 */
import { after, now, type Timer } from '../timers.js'
import type { Subscribers } from './subscribers.js'

export class WindowClock {
  /** The number of windows that have ended. */
  number = 0
  /** Length of a window in milliseconds. */
  readonly ms: number
  readonly #onEnd: (held: Iterable<Subscribers>) => void
  /** Groups with subscribers that wait for the next window. */
  #held = new Set<Subscribers>()
  /** Undefined while nothing is written. */
  #timer: Timer | undefined
  /** When the window ends, in milliseconds of the monotonic clock. */
  #endsAt = 0

  /** `onEnd` gets the groups that have waited. */
  constructor(ms: number, onEnd: (held: Iterable<Subscribers>) => void) {
    this.ms = ms
    this.#onEnd = onEnd
  }

  /** Whether a group waits for the next window. */
  get isHolding(): boolean {
    return this.#held.size > 0
  }

  /** Call this when a connection writes. Returns the number of the window, which ends in `ms` milliseconds at the latest. */
  written(): number {
    if (this.#timer === undefined) this.#start()
    return this.number
  }

  /** Lets a group wait for the next window. */
  hold(subscribers: Subscribers): void {
    this.#held.add(subscribers)
    this.written()
  }

  delete(subscribers: Subscribers): void {
    this.#held.delete(subscribers)
  }

  /** Begins the next window now, before its time. */
  endEarly(): void {
    this.#timer?.stop()
    this.#endsAt = 0
    this.#end()
  }

  /** Starts the timer. Windows end at whole multiples of their length, so that fewer timers fire. */
  #start(): void {
    const time = now()
    // A timer may fire up to a millisecond early. The window then counts as over.
    const begin = Math.max(time, this.#endsAt)
    this.#endsAt = begin - (begin % this.ms) + this.ms
    this.#timer = after(this.#endsAt - time, () => this.#end())
  }

  #end(): void {
    this.#timer = undefined
    this.number++
    const held = this.#held
    this.#held = new Set()
    this.#onEnd(held)
  }
}
