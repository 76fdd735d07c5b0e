/** Waits until a mirror has read everything that Redis holds. */
import { Backoff } from './backoff.js'
import type { State } from './database.js'
import type { Mirror } from './mirror.js'
import { compareIds } from './stream-id.js'

export class Progress {
  readonly #readState: () => Promise<State | undefined>
  readonly #timeout: number
  /** The catch-up that runs. */
  #current: Promise<void> | undefined
  /** The catch-up that follows. New callers share it, because the running one asked Redis before their call. */
  #next: Promise<void> | undefined

  /** `timeout` in milliseconds. */
  constructor(readState: () => Promise<State | undefined>, timeout: number) {
    this.#readState = readState
    this.#timeout = timeout
  }

  /** Settles when the mirror has loaded the log, at the latest after `timeout` milliseconds. */
  async begun(mirror: Mirror, timeout: number): Promise<void> {
    await until(mirror, () => mirror.state !== undefined, timeout)
  }

  /** Settles when the mirror has everything that Redis held at the call. While Redis is away, the promise stays pending. */
  catchUp(mirror: Mirror): Promise<void> {
    if (this.#current === undefined) {
      return (this.#current = this.#catchUp(mirror).finally(() => (this.#current = undefined)))
    }
    return (this.#next ??= this.#current.then(() => {
      this.#next = undefined
      return this.catchUp(mirror)
    }))
  }

  async #catchUp(mirror: Mirror): Promise<void> {
    const backoff = new Backoff()
    while (!mirror.isClosed) {
      const target = await this.#readState().catch(() => undefined)
      if (target === undefined) {
        await backoff.wait(mirror.closed)
        continue
      }
      mirror.check(target.epoch)
      if (await until(mirror, () => hasReached(mirror, target), this.#timeout)) return
      await backoff.wait(mirror.closed)
    }
  }
}

function hasReached({ state }: Mirror, { epoch, last }: State): boolean {
  return state?.epoch === epoch && compareIds(state.last, last) >= 0
}

/** Waits for a condition. Returns false if the condition does not hold within `timeout` milliseconds. */
async function until(mirror: Mirror, condition: () => boolean, timeout: number): Promise<boolean> {
  if (condition()) return true
  await new Promise<void>((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(settle, timeout)
    const stop = mirror.onChange(() => {
      if (condition() || mirror.isClosed) settle()
    })
  })
  return condition()
}
