/** Connections that nobody has opened yet. One that stays so for long is a request that hangs. */
import { after, now, type Timer } from '../timers.js'

/** Milliseconds that a handler may take before it opens the stream or answers otherwise. */
const PATIENCE = 10_000

/** As much of a connection as is looked at here. */
interface Waiting {
  /** Whether the response has been answered in another way. */
  readonly isAnswered: boolean
}

export class Unopened<T extends Waiting> {
  /** Oldest first, each with the time when it came. */
  readonly #waiting = new Map<T, number>()
  readonly #onHang: () => void
  readonly #patience: number
  #timer: Timer | undefined
  #isOver = false

  /** Calls back once, for the first connection that hangs, and then watches no more. */
  constructor(onHang: () => void, patience = PATIENCE) {
    this.#onHang = onHang
    this.#patience = patience
  }

  /** How many are watched. */
  get size(): number {
    return this.#waiting.size
  }

  add(connection: T): void {
    if (this.#isOver) return
    this.#waiting.set(connection, now())
    if (this.#timer === undefined) this.#timer = this.#wait(this.#patience)
  }

  /** It was opened, or is gone. The timer stays, because nearly every connection is opened at once. */
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

  /** One timer for all, which keeps no process alive. */
  #wait(ms: number): Timer {
    return after(Math.ceil(ms), () => this.#look())
  }
}
