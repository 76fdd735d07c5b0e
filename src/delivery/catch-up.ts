/** Callers that wait until the log holds all that the store holds. A caller that stops waiting is freed at once. */
import type { Report } from '../report.js'

type Waiter = () => void

export class CatchUp {
  readonly #catchUp: () => Promise<void>
  readonly #report: Report
  /** Those for whom the store is being asked now. */
  #asking: Set<Waiter> | undefined
  /** Those who came while the store was being asked: that answer may be too old for them. */
  #next = new Set<Waiter>()

  /** `catchUp` settles when the log holds all that the store held at the time of the call. */
  constructor(catchUp: () => Promise<void>, report: Report) {
    this.#catchUp = catchUp
    this.#report = report
  }

  /** Calls back once the log holds all that the store holds now. */
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
