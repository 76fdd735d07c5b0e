/**
 * Tells whether a socket has stood still while one of its streams made no progress. Pure.
 *
 * A socket may take the rest of a write after the last stream has made progress. So it counts as standing still from the
 * second half of the wait on.
 */
export class Standstill {
  /** Bytes that the system had accepted from the socket at the last call. */
  #taken = 0
  /** The number of polls since the stream made progress, and since the socket did. */
  #polls = 0
  #stillPolls = 0

  /** Call this when the stream has made progress. */
  restart(taken: number): void {
    this.#taken = taken
    this.#polls = this.#stillPolls = 0
  }

  /** Call this in regular intervals while the stream makes none. */
  poll(taken: number): void {
    this.#polls++
    this.#stillPolls = taken === this.#taken ? this.#stillPolls + 1 : 0
    this.#taken = taken
  }

  lasts(taken: number): boolean {
    return taken === this.#taken && 2 * this.#stillPolls >= this.#polls
  }
}
