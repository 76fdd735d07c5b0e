/** A promise whose rejection is never unhandled: if no caller awaits the promise, the rejection is reported. */
import { nextTurn } from './timers.js'

export class ReportedPromise<T> extends Promise<T> {
  #isAwaited = false

  /** `then` returns an ordinary promise, which the caller handles. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  static from<T>(promise: Promise<T>, report: (error: unknown) => void): ReportedPromise<T> {
    const reported = new ReportedPromise<T>((resolve) => resolve(promise))
    reported.#reportUnlessAwaited(report)
    return reported
  }

  override then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#isAwaited = true
    return super.then(onFulfilled, onRejected)
  }

  #reportUnlessAwaited(report: (error: unknown) => void): void {
    void super.then(undefined, (error: unknown) =>
      nextTurn(() => {
        if (!this.#isAwaited) report(error)
      }),
    )
  }
}
