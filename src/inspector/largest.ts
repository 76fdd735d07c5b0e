/** Finds the first items of an order, without sorting all. */

export class Largest<T> {
  readonly #limit: number
  readonly #compare: (a: T, b: T) => number
  readonly #items: T[] = []
  /** The last item that the latest cut kept. Only items that come before this one are kept. */
  #last: T | undefined

  /** `compare`: as for `Array.sort`. Of equal items, those that come first are kept. */
  constructor(limit: number, compare: (a: T, b: T) => number) {
    this.#limit = limit
    this.#compare = compare
  }

  offer(item: T): void {
    if (this.#last !== undefined && this.#compare(item, this.#last) >= 0) return
    this.#items.push(item)
    if (this.#items.length >= 2 * this.#limit) this.#cut()
  }

  /** At most `limit` items, in order. */
  get items(): readonly T[] {
    this.#cut()
    return this.#items
  }

  #cut(): void {
    const items = this.#items.sort(this.#compare)
    if (items.length < this.#limit) return
    items.length = this.#limit
    this.#last = items.at(-1)
  }
}
