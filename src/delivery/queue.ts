/** A queue that holds each item once, in the order in which the items were first added. */
import { Ring } from '../log/ring.js'

/** The item holds the queued flag, so that `add` needs no lookup in a set. */
export interface Queueable {
  isQueued: boolean
}

export class Queue<T extends Queueable> {
  readonly #items = new Ring<T>()
  #size = 0

  get size(): number {
    return this.#size
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(item: T): void {
    if (item.isQueued) return
    item.isQueued = true
    this.#size++
    this.#items.push(item)
  }

  /** Removes an item. `take` skips its place in the queue. If the item is added again before, it gets the place back. */
  delete(item: T): void {
    if (!item.isQueued) return
    item.isQueued = false
    this.#size--
  }

  /** Removes and returns the item that was added first; undefined if the queue is empty. */
  take(): T | undefined {
    let item = this.#items.shift()
    while (item?.isQueued === false) item = this.#items.shift()
    if (item !== undefined) this.delete(item)
    return item
  }
}
