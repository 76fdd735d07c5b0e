/** Failures that nobody awaits: they go to the app's `onError`, and never any further. */
import { SseError } from './errors.js'

export type Report = (error: unknown) => void

/** Calls `onError`; what that throws itself becomes a warning, since there is nobody left to tell. */
export function reportTo(onError: (error: Error) => void): Report {
  return (error) => {
    try {
      onError(asError(error))
    } catch (thrown) {
      warn(asError(thrown))
    }
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
