/** Failures that nobody awaits: they go to the app's `onError`, and never any further. */
import { guard } from './callback.js'
import { SseError } from './errors.js'
import { now } from './timers.js'

export type Report = (error: unknown) => void

/** Calls `onError`. What `onError` throws or rejects with becomes a warning. */
export function reportTo(onError: (error: Error) => void): Report {
  const call = guard(onError, (thrown) => warn(asError(thrown)))
  return (error) => call(asError(error))
}

/** A minute: how long a store's failure is not warned of again. */
const QUIET = 60_000

/**
 * Warns of each failure; of those of a store once a minute for each code, since while it is away every publish fails alike.
 */
export function createWarner(): (error: Error) => void {
  const warned = new Map<string, number>()
  return (error) => {
    const code = error instanceof SseError && error.code.startsWith('ERR_SSE_STORE') ? error.code : undefined
    const time = now()
    if (code !== undefined && time - (warned.get(code) ?? -Infinity) < QUIET) return
    if (code !== undefined) warned.set(code, time)
    warn(error)
  }
}

/** As text, because to `emitWarning` an error of another realm, such as a test runner's, is none, and it would throw. */
export function warn(error: Error): void {
  const { name: type, message, stack: detail = '' } = error
  process.emitWarning(message, { type, detail, ...(error instanceof SseError && { code: error.code }) })
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
