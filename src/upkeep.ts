/**
 * The shared timer of a registry: keep-alives, stalls and ages of all its connections. One timer and one clock for all;
 * what would be due at the same moment for many connections is spread by each one's own variation.
 */
import type { Report } from './report.js'
import type { CloseReason } from './stats.js'
import { every, now, type Timer } from './timers.js'

/** A connection, as far as it has to be tended to. */
export interface Tended {
  readonly origin: { readonly options: Record<'keepAlive' | 'stallTimeout' | 'maxAge', number | false> }
  readonly variation: number
  readonly output: {
    readonly unsent: number
    /** Whether anything has been written since this was last asked. */
    hasWritten(): boolean
    /** Whether anything has been sent since this was last asked. */
    hasProgressed(): boolean
  }
  lastWrite: number
  lastProgress: number
  readonly endAt: number
  readonly endReason: CloseReason
  /** When it is to be destroyed with what is unsent, because the process is about to leave. */
  readonly destroyAt: number
  /** Whether it has been ended. */
  readonly closed: boolean
  keepAlive(): void
  end(reason: CloseReason): void
  endForGood(reason: CloseReason): void
  destroy(reason: CloseReason): void
  destroyUnsent(): void
}

/** Milliseconds between two rounds, unless time-outs are so short that they need more. */
const MAX_PERIOD = 250
const MIN_PERIOD = 10
/** Rounds within the shortest time-out: how exact it is. */
const ROUNDS = 20
/** By how much of it a keep-alive may come early, so that many do not come at once. */
const SPREAD = 0.2

export class Upkeep<T extends Tended> {
  /** Every connection of which something is left, closed ones that still have something to send included. */
  readonly connections = new Set<T>()
  /** Milliseconds on a monotonic clock, as of the last round. */
  now = clock()
  /** Whether the timer keeps the process alive: to end connections is work, also where their sockets keep nothing alive. */
  #isAwake = false
  readonly #report: Report
  #timer: Timer | undefined
  #period = Infinity

  constructor(report: Report) {
    this.#report = report
  }

  /** Does something with every connection; one that cannot be written to must not keep it from the others. */
  forEach(visit: (connection: T) => void): void {
    for (const connection of this.connections) {
      try {
        visit(connection)
      } catch (error) {
        this.#report(error)
        connection.destroy('error')
      }
    }
  }

  add(connection: T): void {
    const { keepAlive, stallTimeout, maxAge } = connection.origin.options
    if (this.connections.size === 0) this.now = clock()
    this.connections.add(connection)
    this.watchWithin(Math.min(keepAlive || Infinity, stallTimeout || Infinity, maxAge || Infinity))
  }

  remove(connection: T): void {
    if (!this.connections.delete(connection) || this.connections.size > 0) return
    this.#timer?.stop()
    this.#timer = undefined
    this.#period = Infinity
  }

  /** The moment so many milliseconds from now; `now` itself may be one period old. */
  deadline(ms: number): number {
    return clock() + ms
  }

  /** Keeps the process alive until nothing is left of any connection. */
  stayAwake(): void {
    this.#isAwake = true
    this.#timer?.ref()
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

  #round(): void {
    const before = this.now
    this.now = clock()
    const heldUp = Math.max(0, this.now - before - 2 * this.#period)
    this.forEach((connection) => {
      // While the process itself stood still, no client could show that it reads.
      connection.lastProgress += heldUp
      if (connection.output.hasWritten()) connection.lastWrite = before
      this.#tend(connection)
    })
  }

  #tend(connection: T): void {
    const { origin, output } = connection
    const { keepAlive, stallTimeout } = origin.options
    // A stream that was ended goes when its client has taken the end.
    if (output.unsent > 0 || connection.closed) {
      if (output.hasProgressed()) connection.lastProgress = this.now
      else if (stallTimeout !== false && this.now - connection.lastProgress >= stallTimeout)
        connection.destroy('stalled')
    } else {
      connection.lastProgress = this.now
      const silence = this.now - connection.lastWrite + this.#period
      if (keepAlive !== false && silence >= keepAlive * (1 - SPREAD * connection.variation)) connection.keepAlive()
    }
    if (this.now >= connection.destroyAt) connection.destroyUnsent()
    if (this.now < connection.endAt) return
    if (connection.endReason === 'drained') connection.endForGood('drained')
    else connection.end('expired')
  }
}

/** Whole milliseconds: a fraction would be an object of its own on the heap, for every connection anew. */
function clock(): number {
  return Math.round(now())
}
