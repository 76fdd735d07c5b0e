/**
 * A bounded memory of texts that are gone: it holds a hash of each, and forgets the oldest.
 *
 * Two sets take turns. When the newer one is full, the older one is dropped and a new one begun, so that the bound costs
 * no bookkeeping for each text.
 */

/** Bytes that one hash takes, measured as growth of the heap. */
const HASH_BYTES = 40

export class RecentHashes {
  readonly #capacity: number
  #newer = new Set<number>()
  #older = new Set<number>()

  /** `bytes` bounds the memory of both sets together. */
  constructor(bytes: number) {
    this.#capacity = Math.max(1, Math.floor(bytes / HASH_BYTES / 2))
  }

  get bytes(): number {
    return (this.#newer.size + this.#older.size) * HASH_BYTES
  }

  add(text: string): void {
    this.#newer.add(hash(text))
    if (this.#newer.size < this.#capacity) return
    this.#older = this.#newer
    this.#newer = new Set()
  }

  /** Whether the text was added and is remembered. Two texts may have one hash, so it may say so wrongly. */
  has(text: string): boolean {
    if (this.#newer.size === 0 && this.#older.size === 0) return false
    const key = hash(text)
    return this.#newer.has(key) || this.#older.has(key)
  }
}

/** FNV-1a over UTF-16 units, 31 bits of it: V8 keeps such a number in a set without an object of its own. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value & 0x7fffffff
}
