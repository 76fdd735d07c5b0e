/** Evicts what is older than history's `age` also while nothing is published. One timer for the whole log. */
import type { Log } from './log.js'
import { after, now, type Timer } from '../timers.js'

/** By how much of `age` an eviction may come late, so that many events share one. */
const SLACK = 0.05

export class Expiry {
  readonly #log: Log
  #timer: Timer | undefined

  constructor(log: Log) {
    this.#log = log
  }

  /** Called after something was appended. */
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
