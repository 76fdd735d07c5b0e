/** Reports that Redis is away, once for each time it is: it will be asked again and again. */
import { SseError } from '../errors.js'
import type { StoreLog } from '../store.js'

export class Outage {
  readonly #log: StoreLog
  #isOn = false

  constructor(log: StoreLog) {
    this.#log = log
  }

  began(cause: unknown): void {
    if (this.#isOn) return
    this.#isOn = true
    const reason = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : ''
    this.report(`Redis cannot be read${reason}; streams stay open, and go on as soon as it can`, cause)
  }

  ended(): void {
    this.#isOn = false
  }

  report(message: string, cause?: unknown): void {
    this.#log.report(new SseError('ERR_SSE_STORE', message, { cause }))
  }
}
