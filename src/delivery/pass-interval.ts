/** Decides when the next pass may start with the option `coalesce`: passes start at least an interval apart. */
import { after, type Timer } from '../timers.js'

export class PassInterval {
  readonly #ms: number
  readonly #onDue: () => void
  /** When the next pass may start, in milliseconds of the monotonic clock. */
  #nextAt = -Infinity
  #timer: Timer | undefined

  /** `onDue` is called when a pass may start, after `wait`. */
  constructor(ms: number, onDue: () => void) {
    this.#ms = ms
    this.#onDue = onDue
  }

  isDue(time: number): boolean {
    return time >= this.#nextAt
  }

  /** Call this when a pass starts. */
  started(time: number): void {
    this.#nextAt = time + this.#ms
    this.#timer?.stop()
    this.#timer = undefined
  }

  /** Calls `onDue` once the interval has passed. */
  wait(time: number): void {
    this.#timer ??= after(this.#nextAt - time, () => {
      this.#timer = undefined
      // A timer may fire up to a millisecond early. The interval then counts as passed.
      this.#nextAt = -Infinity
      this.#onDue()
    })
  }
}
