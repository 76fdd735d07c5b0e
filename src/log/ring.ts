/** A queue in a circular array: `push`, `shift` and `at` take constant time. It grows and shrinks with what it holds. */

/** Slots of the smallest array. A power of two, so that a bit mask can wrap an index. */
const MIN_CAPACITY = 4

export class Ring<T> {
  /** Number of items. */
  length = 0
  #slots: (T | undefined)[] = []
  /** Slot of the oldest item. */
  #head = 0

  /** The item at an index; 0 is the oldest. Undefined outside the queue. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.length) return undefined
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]
  }

  push(item: T): void {
    if (this.length === this.#slots.length) this.#resize(Math.max(MIN_CAPACITY, 2 * this.length))
    this.#slots[(this.#head + this.length) & (this.#slots.length - 1)] = item
    this.length++
  }

  /** Removes and returns the oldest item. Undefined if the queue is empty. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.length--
    // Not at half: a queue whose length varies around a power of two would be copied again and again.
    const { length: capacity } = this.#slots
    if (capacity > MIN_CAPACITY && this.length <= capacity / 4) this.#resize(capacity / 2)
    return item
  }

  /** Removes and returns the oldest items, `count` at most. */
  take(count: number): T[] {
    const items: T[] = []
    while (items.length < count && this.length > 0) items.push(this.shift() as T)
    return items
  }

  clear(): void {
    this.#slots = []
    this.#head = this.length = 0
  }

  #resize(capacity: number): void {
    const slots = new Array<T | undefined>(capacity)
    for (let i = 0; i < this.length; i++) slots[i] = this.at(i)
    this.#slots = slots
    this.#head = 0
  }
}
