/**
 * Keep-alives and time-outs of all streams. One timer and one clock serve all. Each stream has its own jitter, so that not
 * all streams are due in the same round.
 */
import { every, now, type Timer } from '../timers.js'
import type { Stream } from './stream.js'

/** Milliseconds between two rounds, at most and at least. Short time-outs need short periods. */
const MAX_PERIOD = 250
const MIN_PERIOD = 10
/** The number of rounds within the shortest time-out. It decides how exact the time-out is. */
const ROUNDS = 20
/** The part of `keepAlive` by which a keep-alive may come early, so that not all come at once. */
const SPREAD = 0.2

export class Upkeep {
  /** Milliseconds of the monotonic clock at the last round. */
  now = clock()
  readonly #forEach: (visit: (stream: Stream) => void) => void
  /** Whether the timer keeps the process alive, so that `drain()` settles even if no socket keeps the process alive. */
  #isAwake = false
  #timer: Timer | undefined
  #period = Infinity

  /** `forEach` visits every stream that is not finished. */
  constructor(forEach: (visit: (stream: Stream) => void) => void) {
    this.#forEach = forEach
  }

  /** Shortens the period, if necessary, for the time-outs of a stream. */
  watch({ route }: Stream): void {
    const { keepAlive, stallTimeout, maxAge } = route.options
    if (this.#timer === undefined) this.now = clock()
    this.watchWithin(Math.min(keepAlive || Infinity, stallTimeout || Infinity, maxAge || Infinity))
  }

  /** Shortens the period, if necessary, for a time-out of so many milliseconds. */
  watchWithin(ms: number): void {
    const period = Math.max(MIN_PERIOD, Math.min(MAX_PERIOD, Math.floor(ms / ROUNDS)))
    if (period >= this.#period) return
    this.#period = period
    this.#timer?.stop()
    this.#timer = every(period, () => this.#round())
    if (this.#isAwake) this.#timer.ref()
  }

  /** Stops the timer, because no stream is left. */
  stop(): void {
    this.#timer?.stop()
    this.#timer = undefined
    this.#period = Infinity
  }

  /** Returns the time in `ms` milliseconds. `now` would be inexact, because it may be one period old. */
  deadline(ms: number): number {
    return clock() + ms
  }

  /** Keeps the process alive until no stream is left. */
  stayAwake(): void {
    this.#isAwake = true
    this.#timer?.ref()
  }

  #round(): void {
    const before = this.now
    this.now = clock()
    const heldUp = Math.max(0, this.now - before - 2 * this.#period)
    this.#forEach((stream) => {
      // While the process was blocked, no client could make progress.
      stream.lastProgress += heldUp
      if (stream.output.pollWritten()) stream.lastWrite = before
      this.#tend(stream)
    })
  }

  #tend(stream: Stream): void {
    const { route, output } = stream
    const { keepAlive, stallTimeout } = route.options
    // An ended stream is watched too, until its client has received the end.
    if (output.unsent > 0 || stream.hasEnded) {
      if (output.pollProgress()) stream.lastProgress = this.now
      else if (stallTimeout !== false && this.now - stream.lastProgress >= stallTimeout) stream.destroy('stalled')
    } else {
      stream.lastProgress = this.now
      const silence = this.now - stream.lastWrite + this.#period
      if (keepAlive !== false && silence >= keepAlive * (1 - SPREAD * stream.jitter)) stream.keepAlive()
    }
    if (this.now >= stream.destroyAt) stream.destroyUnsent()
    if (this.now < stream.endAt) return
    if (stream.endReason === 'drained') stream.endWithSocket('drained')
    else stream.end('expired')
  }
}

/** Whole milliseconds, because V8 allocates a heap object for each fraction. */
function clock(): number {
  return Math.round(now())
}
