/** Runs callbacks of the app in their async context, and reports their errors. */
import { AsyncResource } from 'node:async_hooks'

/**
 * Binds a callback to the async context in which it was registered. An `AsyncLocalStorage` of the app then returns the
 * user who registered the callback, not the user who publishes.
 *
 * Reports thrown errors and rejections. Callbacks may return promises, because TypeScript accepts an async function where
 * nothing is to be returned.
 */
export function guard<A extends unknown[]>(
  callback: (...args: A) => unknown,
  report: (error: unknown) => void,
): (...args: A) => void {
  const bound = AsyncResource.bind(callback)
  return (...args) => {
    try {
      const result: unknown = bound(...args)
      if (isPromise(result)) void Promise.resolve(result).catch(report)
    } catch (error) {
      report(error)
    }
  }
}

/** Whether a value has a `then` method, so that promises of other libraries count. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Returns what `next` takes as an error: after `next(0)` or `next(false)`, the request would go on. */
export function errorForNext(thrown: unknown, thrower: string): unknown {
  if (thrown) return thrown
  return new Error(`${thrower} gave no reason to fail`, { cause: thrown })
}
