// Judges whether the leader is alive by what it tells. Its timers say nothing: they are throttled in background tabs.
import { longestTimer } from '../backoff.js'
import type { StreamState } from '../state.js'

export class LeaderWatch {
  readonly #silence: number
  readonly #onSilent: () => void
  /** Until when the leader may say nothing, in ms since 1970. */
  #deadline = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `silence`: how many ms a connection may say nothing; 0 for ever. */
  constructor(silence: number, onSilent: () => void) {
    this.#silence = silence
    this.#onSilent = onSilent
  }

  /** The leader has said something, or is given time. If it waits, the time counts from its next attempt. */
  extend(state?: StreamState): void {
    if (!this.#silence) return
    const from = Math.max(Date.now(), state?.name === 'waiting' ? state.nextTry : 0)
    // Not all followers at once, and after the leader itself would have noticed.
    this.#deadline = from + this.#silence * (1.04 + Math.random() * 0.04)
    if (this.#timer === undefined) this.#wait()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Looks at once, such as after the page was frozen. */
  check(): void {
    if (this.#timer === undefined) return
    this.stop()
    this.#wait()
  }

  #wait(): void {
    const rest = this.#deadline - Date.now()
    // At the end a little longer: a page that was frozen first reads what was said meanwhile.
    const isLate = rest <= 0
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        if (!isLate || this.#deadline > Date.now()) this.#wait()
        else this.#onSilent()
      },
      isLate ? this.#silence / 50 : Math.min(rest, longestTimer),
    )
  }
}
