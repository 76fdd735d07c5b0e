// How long to wait before the next try: exponential back-off with full jitter, so that the clients of one outage come
// back spread over the whole window and not in the same instant.

/** Reconnection time in ms until the server sends its own with `retry`. */
export const defaultRetry = 3000

/** Timers hold 31 bits; one that is set further ahead fires at once. */
export const longestTimer = 2 ** 31 - 1

const cap = 30_000

/**
 * Window in ms from which the wait before try number `attempt` is drawn (1 is the first after a failure): `retry`, doubled
 * with each try up to 30 s. A server that asks for more than 30 s with `retry` gets it.
 */
export function backoffWindow(retry: number, attempt: number): number {
  // `retry: 0` would otherwise never grow, and hammer a server that is down.
  const base = Math.max(retry, 1)
  return Math.min(base * 2 ** (attempt - 1), Math.max(base, cap))
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; 0 if it says nothing usable. */
export function retryAfter(value: string | null): number {
  const ms = Number(value) * 1000 || Date.parse(value ?? '') - Date.now()
  return Math.max(ms, 0) || 0
}
