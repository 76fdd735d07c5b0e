/** A queue that holds each item once, in the order in which the items were first added. */
import { Ring } from '../log/ring.js'

/** Carries its own queued flag, so that `add` needs no lookup in a set. */
export interface Queueable {
  isQueued: boolean
}

export class Queue<T extends Queueable> {
  readonly #items = new Ring<T>()
  #size = 0

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(item: T): void {
    if (item.isQueued) return
    item.isQueued = true
    this.#size++
    this.#items.push(item)
  }

  /** Leaves its place in the queue, which `take` skips. If the item is added again before that, it gets the place back. */
  delete(item: T): void {
    if (!item.isQueued) return
    item.isQueued = false
    this.#size--
  }

  /** Takes out the item that was added first; undefined when the queue is empty. */
  take(): T | undefined {
    let item = this.#items.shift()
    while (item?.isQueued === false) item = this.#items.shift()
    if (item !== undefined) this.delete(item)
    return item
  }
}
