/**
 * Clocks that a test sets by hand: `Date.now()` and `performance.now()`. Import this file before the package, so that a
 * copy that the package takes at import is set by hand too. Outside `run` both clocks tell the real time.
 */

const realWall = Date.now.bind(Date)
const realMonotonic = performance.now.bind(performance)

export class VirtualClock {
  static #current: VirtualClock | undefined
  /** Milliseconds since 1970. It may be set back or forward. */
  wall = 1_700_000_000_000
  /** Milliseconds of a clock that only rises. */
  monotonic = 1000

  static readonly wallNow = (): number => VirtualClock.#current?.wall ?? realWall()
  static readonly monotonicNow = (): number => VirtualClock.#current?.monotonic ?? realMonotonic()

  pass(ms: number): void {
    this.wall += ms
    this.monotonic += ms
  }

  /** Lets both clocks tell this time until the promise has settled. Only one clock runs at a time. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    VirtualClock.#current = this
    try {
      return await work()
    } finally {
      VirtualClock.#current = undefined
    }
  }
}

Date.now = VirtualClock.wallNow
// Replaced in this realm only: Jest shares the object itself with its own realm.
Object.defineProperty(globalThis, 'performance', {
  value: Object.create(performance, { now: { value: VirtualClock.monotonicNow } }) as Performance,
  configurable: true,
  writable: true,
})
