/**
 * Node's timers and clock, as they were when the package was loaded.
 *
 * Fake clocks replace the global timers under a running library, and what was scheduled then never runs. A timer also
 * runs in the async context of the code that set it, and holds on to it: the first request's, where one timer serves
 * all. These run in the context of the import.
 */
import { AsyncResource } from 'node:async_hooks'
import * as timers from 'node:timers'

// `node:timers` as a namespace would give a replaced function: its members are looked up once, here.
const { setImmediate, setInterval, setTimeout, clearInterval, clearTimeout } = timers
const { performance } = globalThis
const performanceNow = performance.now.bind(performance)
const importContext = new AsyncResource('express-sse-channels')

/** Milliseconds on a monotonic clock. */
export function now(): number {
  return performanceNow()
}

/** Calls back in the next turn of the event loop. */
export function nextTurn(callback: () => void): void {
  importContext.runInAsyncScope(setImmediate, undefined, callback)
}

/** `setTimeout` takes at most 2³¹ − 1 ms; a longer time fires at once. */
const MAX_TIMEOUT = 2 ** 31 - 1

/** Calls back once after some milliseconds; does not keep the process alive. Returns the function that stops it. */
export function after(ms: number, callback: () => void): () => void {
  const timer = importContext.runInAsyncScope(setTimeout, undefined, callback, Math.min(ms, MAX_TIMEOUT))
  timer.unref()
  return () => clearTimeout(timer)
}

/** Calls back every so many milliseconds; does not keep the process alive. Returns the function that stops it. */
export function every(ms: number, callback: () => void): () => void {
  const timer = importContext.runInAsyncScope(setInterval, undefined, callback, ms)
  timer.unref()
  return () => clearInterval(timer)
}
