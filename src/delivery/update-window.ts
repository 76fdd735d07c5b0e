/** The update window of one connection. Its first `subscribe` decides whether there is one. */
import { invalid } from '../check.js'
import type { WindowClock } from './window-clock.js'

export class UpdateWindow {
  /** Shared by all connections without a window. */
  static readonly NONE = new UpdateWindow(false, undefined)

  /** The clock, which all connections with the same value of `conflate` share. */
  readonly clock: WindowClock | undefined
  readonly #conflate: number | false
  /** Number of the window in which something was last written. */
  #writtenIn = -1

  constructor(conflate: number | false, clock: WindowClock | undefined) {
    this.#conflate = conflate
    this.clock = clock
  }

  /** Whether the connection has written in the current window. */
  get isClosed(): boolean {
    return this.#writtenIn === this.clock?.number
  }

  /** Call this when events of the log were written. */
  written(): void {
    if (this.clock !== undefined) this.#writtenIn = this.clock.written()
  }

  /** @throws `ERR_SSE_OPTION` for another value than that of the first `subscribe` */
  requireSame(conflate: number | false | undefined): void {
    if (conflate === undefined || conflate === this.#conflate) return
    throw invalid(
      `subscribe(): conflate must be the same for all channels of a connection; got ${conflate} after ${this.#conflate}. ` +
        'Pass it to the first subscribe()',
    )
  }
}
