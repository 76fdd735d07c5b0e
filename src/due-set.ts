/** What is still to be done, each thing once, in the order in which it fell due. */

export class DueSet<T> {
  readonly #due = new Set<T>()
  /**
   * Kept from one call to the next: a new iterator would have to step over all that has been taken out since the set was
   * last compacted.
   */
  #order: Iterator<T> | undefined

  get isEmpty(): boolean {
    return this.#due.size === 0
  }

  add(thing: T): void {
    this.#due.add(thing)
  }

  delete(thing: T): void {
    this.#due.delete(thing)
  }

  /** Takes out what has been due for longest; undefined when there is nothing. */
  take(): T | undefined {
    this.#order ??= this.#due.values()
    const next = this.#order.next()
    if (next.done === true) {
      this.#order = undefined
      return undefined
    }
    this.#due.delete(next.value)
    return next.value
  }
}
