/**
 * Web Locks for Node 20, which has none: exclusive locks by name, in the order of the requests, as the standard has them.
 *
 * @see https://w3c.github.io/web-locks/
 */
import { afterTest } from './after-test.js'

interface Request {
  readonly name: string
  readonly run: (lock: { name: string } | null) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Options {
  readonly ifAvailable?: boolean
  readonly steal?: boolean
  readonly signal?: AbortSignal
}

const aborted = () => new DOMException('the lock was stolen, or the request aborted', 'AbortError')

class Locks {
  readonly #held = new Map<string, Request>()
  #queue: Request[] = []

  request(name: string, { ifAvailable, steal, signal }: Options, run: Request['run']): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = { name, run, resolve, reject }
      if (steal) this.#steal(name)
      signal?.addEventListener('abort', () => {
        if (!this.#queue.includes(request)) return
        this.#queue = this.#queue.filter((other) => other !== request)
        reject(aborted())
      })
      setImmediate(() => {
        if (ifAvailable && this.#held.has(name)) void Promise.resolve(run(null)).then(resolve, reject)
        else {
          this.#queue.push(request)
          this.#grant(name)
        }
      })
    })
  }

  #steal(name: string): void {
    const holder = this.#held.get(name)
    this.#held.delete(name)
    holder?.reject(aborted())
  }

  #grant(name: string): void {
    const next = this.#queue.find((request) => request.name === name)
    if (this.#held.has(name) || next === undefined) return
    this.#queue = this.#queue.filter((other) => other !== next)
    this.#held.set(name, next)
    const free = () => {
      if (this.#held.get(name) !== next) return
      this.#held.delete(name)
      this.#grant(name)
    }
    void Promise.resolve(next.run({ name })).then(next.resolve, next.reject).finally(free)
  }
}

/** Gives the global `navigator` locks for one test. */
export function installWebLocks(): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { locks: new Locks() }, configurable: true })
  afterTest(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else delete (globalThis as { navigator?: unknown }).navigator
  })
}
