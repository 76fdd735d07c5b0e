/** Reports that Redis is away, once for each time it is: it will be asked again and again. */
import { SseError } from '../errors.js'
import type { StoreLog } from '../log/store.js'

export class Outage {
  readonly #log: StoreLog
  #isOn = false

  constructor(log: StoreLog) {
    this.#log = log
  }

  began(cause: unknown): void {
    if (this.#isOn) return
    this.#isOn = true
    this.report(`Redis cannot be read (${reasonOf(cause)}); streams stay open, and go on as soon as it can`, cause)
  }

  ended(): void {
    this.#isOn = false
  }

  report(message: string, cause?: unknown): void {
    this.#log.report(new SseError('ERR_SSE_STORE', message, { cause }))
  }
}

/** Node gives an error no message where it tried several addresses of a host, each of which has its own. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(reasonOf).join(', ')
  return cause instanceof Error ? cause.message : String(cause)
}
