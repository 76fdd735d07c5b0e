// The wait before the next attempt: exponential backoff with full jitter, so that clients do not all reconnect at once
// after an outage.

/** Reconnection time in ms until the server sends its own with `retry`. */
export const defaultRetry = 3000

/** `setTimeout` takes at most 2³¹ − 1 ms; a longer time fires at once. */
export const longestTimer = 2 ** 31 - 1

const cap = 30_000

/**
 * Returns the longest wait in ms before attempt number `attempt`, where 1 is the first after a failure. The window begins
 * with `retry` and doubles with each attempt up to 30 s. A longer `retry` of the server is kept.
 */
export function backoffWindow(retry: number, attempt: number): number {
  // At least 1, because `retry: 0` would never grow, and overload a server that is down.
  const base = Math.max(retry, 1)
  return Math.min(base * 2 ** (attempt - 1), Math.max(base, cap))
}

/** Returns the milliseconds of a `Retry-After` header, given in seconds or as a date; 0 for other values. */
export function retryAfter(value: string | null): number {
  const ms = Number(value) * 1000 || Date.parse(value ?? '') - Date.now()
  return Math.max(ms, 0) || 0
}
