/** Watches connections that are not open yet, to detect a request that hangs. */
import { after, now, type Timer } from '../timers.js'

/** Milliseconds that a handler may take before it opens the stream or answers otherwise. */
const PATIENCE = 10_000

/** The part of a connection that is used here. */
interface Waiting {
  /** Whether the handler has answered without a stream. */
  readonly isAnswered: boolean
}

export class Unopened<T extends Waiting> {
  /** Watched connections with their arrival times, oldest first. */
  readonly #waiting = new Map<T, number>()
  readonly #onHang: () => void
  readonly #patience: number
  #timer: Timer | undefined
  #isOver = false

  /** Calls `onHang` once, for the first connection that hangs, and then stops watching. */
  constructor(onHang: () => void, patience = PATIENCE) {
    this.#onHang = onHang
    this.#patience = patience
  }

  /** The number of watched connections. */
  get size(): number {
    return this.#waiting.size
  }

  add(connection: T): void {
    if (this.#isOver) return
    this.#waiting.set(connection, now())
    if (this.#timer === undefined) this.#timer = this.#wait(this.#patience)
  }

  /** Removes a connection that was opened or has closed. The timer stays, because most connections open at once. */
  remove(connection: T): void {
    this.#waiting.delete(connection)
  }

  #look(): void {
    this.#timer = undefined
    for (const [connection, since] of this.#waiting) {
      const left = since + this.#patience - now()
      if (connection.isAnswered) this.#waiting.delete(connection)
      else if (left > 0) {
        this.#timer = this.#wait(left)
        return
      } else return this.#giveUp()
    }
  }

  #giveUp(): void {
    this.#isOver = true
    this.#waiting.clear()
    this.#onHang()
  }

  /** Starts the one timer for all connections, which does not keep the process alive. */
  #wait(ms: number): Timer {
    return after(Math.ceil(ms), () => this.#look())
  }
}
