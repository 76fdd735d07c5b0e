/** Calls waiters back when the log holds everything that the store holds. Frees a waiter at once if it stops waiting. */
import type { Report } from '../report.js'

type Waiter = () => void

export class CatchUp {
  readonly #catchUp: () => Promise<void>
  readonly #report: Report
  /** Waiters for the current call of the store. */
  #asking: Set<Waiter> | undefined
  /** Waiters for the next call, because they came after the current one began. */
  #next = new Set<Waiter>()

  /** `catchUp` settles when the log holds everything that the store held at the call. */
  constructor(catchUp: () => Promise<void>, report: Report) {
    this.#catchUp = catchUp
    this.#report = report
  }

  /** Calls `waiter` when the log holds everything that the store holds now. */
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
