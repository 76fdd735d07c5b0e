/** Evicts events that are older than `age`, even while nothing is published. One timer serves the whole log. */
import type { Log } from './log.js'
import { after, now, type Timer } from '../timers.js'

/** The share of `age` by which an eviction may be late, so that one timer call evicts many events. */
const SLACK = 0.05

export class Expiry {
  readonly #log: Log
  #timer: Timer | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** Starts the timer if it does not run. Called after each append. */
  watch(): void {
    if (this.#timer === undefined) this.#arm()
  }

  close(): void {
    this.#timer?.stop()
    this.#timer = undefined
  }

  #arm(): void {
    const { age } = this.#log.bounds.history
    const { oldestAt } = this.#log
    if (oldestAt === undefined || age === Infinity) return
    this.#timer = after(Math.max(1, oldestAt + age - now()) + age * SLACK, () => {
      this.#timer = undefined
      this.#log.trimAge()
      this.#arm()
    })
  }
}
