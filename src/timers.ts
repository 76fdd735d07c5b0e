/**
 * Node's timers and clock, stored when the package is loaded. Tests of apps may replace the global timers by a fake clock
 * later. Callbacks that were scheduled before would then never run.
 *
 * Callbacks run in the async context of the import. Otherwise, a shared timer would run all callbacks in the context of the
 * request that started the timer.
 */
import { AsyncResource } from 'node:async_hooks'
import * as timers from 'node:timers'

// Read once, because the namespace object would return replaced functions later.
const { setImmediate, setInterval, setTimeout, clearInterval, clearTimeout } = timers
const { performance } = globalThis
const performanceNow = performance.now.bind(performance)
const importContext = new AsyncResource('express-sse-channels')

/** Milliseconds on a monotonic clock. */
export function now(): number {
  return performanceNow()
}

/** Calls `callback` in the next turn of the event loop. */
export function nextTurn(callback: () => void): void {
  importContext.runInAsyncScope(setImmediate, undefined, callback)
}

/** `setTimeout` takes at most 2³¹ − 1 ms; a longer time fires at once. */
const MAX_TIMEOUT = 2 ** 31 - 1

/** A timer that does not keep the process alive, unless `ref` is called. */
export interface Timer {
  stop(): void
  ref(): void
}

/** Calls `callback` once, after `ms` milliseconds. */
export function after(ms: number, callback: () => void): Timer {
  const timer = importContext.runInAsyncScope(setTimeout, undefined, callback, Math.min(ms, MAX_TIMEOUT))
  timer.unref()
  return { stop: () => clearTimeout(timer), ref: () => void timer.ref() }
}

/** Calls `callback` every `ms` milliseconds. */
export function every(ms: number, callback: () => void): Timer {
  const timer = importContext.runInAsyncScope(setInterval, undefined, callback, ms)
  timer.unref()
  return { stop: () => clearInterval(timer), ref: () => void timer.ref() }
}
