/** Waits for what arrives on a stream, for a bounded time. Waits are served in the order of the calls. */
import { after } from '../timers.js'

/** How a wait ended. `over`: the stream is over, so that nothing more can arrive. */
export type Outcome<T> = { readonly found: T } | 'timeout' | 'over'

/** Returns whether it has settled its promise. */
type Wait = () => boolean

export class Waits {
  #queue: Wait[] = []
  readonly #isOver: () => boolean

  constructor(isOver: () => boolean) {
    this.#isOver = isOver
  }

  /** Waits until `find` returns something. Rejects if it throws. */
  async until<T>(find: () => T | undefined, ms: number): Promise<Outcome<T>> {
    return new Promise((resolve, reject: (error: Error) => void) => {
      const wait = () => {
        try {
          const found = find()
          if (found === undefined && !this.#isOver()) return false
          resolve(found === undefined ? 'over' : { found })
        } catch (error) {
          reject(error as Error)
        }
        timer.stop()
        return true
      }
      const timer = after(ms, () => {
        this.#queue = this.#queue.filter((each) => each !== wait)
        resolve('timeout')
        this.serve()
      })
      timer.ref()
      this.#queue.push(wait)
      this.serve()
    })
  }

  /** Call this when something has arrived, or the stream is over. */
  serve(): void {
    while (this.#queue[0]?.()) this.#queue.shift()
  }
}
