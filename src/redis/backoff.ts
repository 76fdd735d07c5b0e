/** Waits before the next attempt: longer each time, with random jitter, so that processes do not all retry at once. */
import { setTimeout as sleep } from 'node:timers/promises'

/** The longest first wait, in milliseconds. It doubles with each attempt, up to `LONGEST`. */
const FIRST = 50
const LONGEST = 1000

export class Backoff {
  #longest = FIRST

  /** Settles when the next attempt is due, or when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#longest * (0.5 + Math.random() / 2)
    this.#longest = Math.min(LONGEST, this.#longest * 2)
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }

  reset(): void {
    this.#longest = FIRST
  }
}
