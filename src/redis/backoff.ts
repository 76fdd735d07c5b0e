/** How long to wait before the next attempt: longer each time, and by chance, so that processes do not come all at once. */
import { setTimeout as sleep } from 'node:timers/promises'

const FIRST = 50
const LONGEST = 1000

export class Backoff {
  #longest = FIRST

  /** Settles when it is time for the next attempt, or at once when the signal is aborted. */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#longest * (0.5 + Math.random() / 2)
    this.#longest = Math.min(LONGEST, this.#longest * 2)
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }

  reset(): void {
    this.#longest = FIRST
  }
}
