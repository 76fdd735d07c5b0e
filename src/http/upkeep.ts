/**
 * The shared timer of all streams: keep-alives, stalls and ages. One timer and one clock serve all streams. What would be
 * due at the same moment for many streams is spread by the jitter of each.
 */
import { every, now, type Timer } from '../timers.js'
import type { Stream } from './stream.js'

/** Milliseconds between two rounds, unless time-outs are so short that they need more rounds. */
const MAX_PERIOD = 250
const MIN_PERIOD = 10
/** Rounds within the shortest time-out: how exact the time-out is. */
const ROUNDS = 20
/** The part of `keepAlive` by which one may come early, so that many do not come at once. */
const SPREAD = 0.2

export class Upkeep {
  /** Milliseconds of the monotonic clock at the last round. */
  now = clock()
  readonly #forEach: (visit: (stream: Stream) => void) => void
  /** Whether the timer keeps the process alive: ending streams is work, also when no socket keeps the process alive. */
  #isAwake = false
  #timer: Timer | undefined
  #period = Infinity

  /** `forEach` visits every stream that is not finished. */
  constructor(forEach: (visit: (stream: Stream) => void) => void) {
    this.#forEach = forEach
  }

  /** Makes rounds often enough for the time-outs of a stream. */
  watch({ route }: Stream): void {
    const { keepAlive, stallTimeout, maxAge } = route.options
    if (this.#timer === undefined) this.now = clock()
    this.watchWithin(Math.min(keepAlive || Infinity, stallTimeout || Infinity, maxAge || Infinity))
  }

  /** Makes rounds often enough for something that takes this many milliseconds. */
  watchWithin(ms: number): void {
    const period = Math.max(MIN_PERIOD, Math.min(MAX_PERIOD, Math.floor(ms / ROUNDS)))
    if (period >= this.#period) return
    this.#period = period
    this.#timer?.stop()
    this.#timer = every(period, () => this.#round())
    if (this.#isAwake) this.#timer.ref()
  }

  /** Makes no more rounds: no stream is left. */
  stop(): void {
    this.#timer?.stop()
    this.#timer = undefined
    this.#period = Infinity
  }

  /** The moment so many milliseconds from now. `now` itself may be one period old. */
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
      // While the process itself was blocked, no client could show that it reads.
      stream.lastProgress += heldUp
      if (stream.output.pollWritten()) stream.lastWrite = before
      this.#tend(stream)
    })
  }

  #tend(stream: Stream): void {
    const { route, output } = stream
    const { keepAlive, stallTimeout } = route.options
    // A stream that was ended is finished when its client has taken the end.
    if (output.unsent > 0 || stream.closed) {
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
