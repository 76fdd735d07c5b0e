/** Reports each outage of Redis once, although reads are retried until Redis is back. */
import { inspect } from 'node:util'
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
    this.#log.unavailable(cause)
    this.report(`Redis cannot be read (${reasonOf(cause)}); streams stay open and continue when Redis is back`, cause)
  }

  ended(): void {
    if (!this.#isOn) return
    this.#isOn = false
    this.#log.available()
  }

  report(message: string, cause?: unknown): void {
    this.#log.report(new SseError('ERR_SSE_STORE', message, { cause }))
  }
}

/** Joins the reasons if Node tried several addresses of a host: the error itself then has no message. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(reasonOf).join(', ')
  return cause instanceof Error ? cause.message : inspect(cause)
}
