/** Those who wait until the log has all that the store holds. One who no longer waits is let go at once. */
import type { Report } from './report.js'

type Waiter = () => void

export class CatchUp {
  readonly #catchUp: () => Promise<void>
  readonly #report: Report
  /** Those for whom the store is being asked. */
  #asking: Set<Waiter> | undefined
  /** Those who came while it was being asked: the answer may be older than what they wait for. */
  #next = new Set<Waiter>()

  /** `catchUp` settles when the log holds all that the store held at the time of the call. */
  constructor(catchUp: () => Promise<void>, report: Report) {
    this.#catchUp = catchUp
    this.#report = report
  }

  /** Calls back once the log has all that the store holds now. */
  add(waiter: Waiter): void {
    this.#next.add(waiter)
    if (this.#asking === undefined) this.#ask()
  }

  delete(waiter: Waiter): void {
    this.#next.delete(waiter)
    this.#asking?.delete(waiter)
  }

  #ask(): void {
    const asking = (this.#asking = this.#next)
    this.#next = new Set()
    void this.#catchUp()
      .catch(this.#report)
      .finally(() => {
        this.#asking = undefined
        for (const waiter of asking) waiter()
        if (this.#next.size > 0) this.#ask()
      })
  }
}
