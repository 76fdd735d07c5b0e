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

/** A timer that does not keep the process alive, unless `ref` was called. */
export interface Timer {
  stop(): void
  ref(): void
}

/** Calls back once after some milliseconds. */
export function after(ms: number, callback: () => void): Timer {
  const timer = importContext.runInAsyncScope(setTimeout, undefined, callback, Math.min(ms, MAX_TIMEOUT))
  timer.unref()
  return { stop: () => clearTimeout(timer), ref: () => void timer.ref() }
}

/** Calls back every so many milliseconds. */
export function every(ms: number, callback: () => void): Timer {
  const timer = importContext.runInAsyncScope(setInterval, undefined, callback, ms)
  timer.unref()
  return { stop: () => clearInterval(timer), ref: () => void timer.ref() }
}
