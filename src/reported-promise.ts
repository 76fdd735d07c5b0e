/** A promise whose rejection never goes unhandled: when nobody has asked for it, it is reported instead. */
import { nextTurn } from './timers.js'

export class ReportedPromise<T> extends Promise<T> {
  #isAwaited = false

  /** What `then` makes of this promise is an ordinary one, for whoever awaits it to handle. */
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
