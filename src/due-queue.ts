/** What is still to be done, each thing once, in the order in which it fell due. */
import Denque from 'denque'

/** Says of itself whether it is waiting: a set would have to be searched for it. */
export interface Dueable {
  isDue: boolean
}

export class DueQueue<T extends Dueable> {
  readonly #queue = new Denque<T>()
  #due = 0

  get isEmpty(): boolean {
    return this.#due === 0
  }

  add(thing: T): void {
    if (thing.isDue) return
    thing.isDue = true
    this.#due++
    this.#queue.push(thing)
  }

  /** Its place in the queue remains, and is passed over; if it should fall due again before that, it has the place again. */
  delete(thing: T): void {
    if (!thing.isDue) return
    thing.isDue = false
    this.#due--
  }

  /** Takes out what has been due for longest; undefined when there is nothing. */
  take(): T | undefined {
    let thing = this.#queue.shift()
    while (thing?.isDue === false) thing = this.#queue.shift()
    if (thing !== undefined) this.delete(thing)
    return thing
  }
}
