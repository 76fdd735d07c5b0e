/** Callbacks of the app: where they run, and what happens to what they throw or reject with. */
import { AsyncResource } from 'node:async_hooks'

/**
 * A callback that runs in the async context in which it was registered, not in that of the code that calls it: an
 * `AsyncLocalStorage` of the app then gives the same user, whoever publishes or closes.
 *
 * What it throws is reported, and so is what it rejects with, since an async function fits a type that returns nothing.
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

/** Whether a value is a promise, of whatever library. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
