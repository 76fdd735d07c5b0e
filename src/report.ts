/** Reports errors that no caller awaits to the app's `onError`. They never crash the process. */
import { inspect } from 'node:util'
import { guard } from './callback.js'
import { SseError } from './errors.js'
import { now } from './timers.js'

export type Report = (error: unknown) => void

/** Returns a function that calls `onError`. If `onError` throws or rejects, a warning is emitted. */
export function reportTo(onError: (error: Error) => void): Report {
  const call = guard(onError, (thrown) => {
    try {
      warn(asError(thrown))
    } catch {
      warn(new Error('an error that cannot be shown'))
    }
  })
  return (error) => call(asError(error))
}

/** Milliseconds in which an error of the store with the same code is not repeated. */
const QUIET = 60_000

/**
 * Returns a function that warns of each error. Errors of the store are limited to one a minute for each code, because
 * every publish fails alike while the store is away.
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

/**
 * Passes text, because `emitWarning` throws for an error of another realm, such as a test runner's, and for fields that
 * are no text.
 */
export function warn(error: Error): void {
  const { name, message, stack: detail = '' } = error
  process.emitWarning(textOf(message), {
    type: textOf(name),
    detail,
    ...(error instanceof SseError && { code: error.code }),
  })
}

function asError(thrown: unknown): Error {
  try {
    return thrown instanceof Error ? thrown : new Error(textOf(thrown), { cause: thrown })
  } catch {
    // Such as a proxy, or an object whose own inspection throws.
    return new Error('a value that cannot be shown', { cause: thrown })
  }
}

/** Unlike `String`, has a text for every value: JavaScript can throw an object without `toString`. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value)
}
