/**
 * Remembers the hashes of recent texts within a bound on memory.
 *
 * There are two sets. When the newer set is full, the older set is dropped and a new one begins. So the bound needs no
 * bookkeeping for each text.
 */

/** Bytes of one hash, measured as growth of the heap. */
const HASH_BYTES = 40

export class RecentHashes {
  /** Whether a text was dropped, so that `has` may be wrongly false. */
  hasForgotten = false
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
    if (this.#older.size > 0) this.hasForgotten = true
    this.#older = this.#newer
    this.#newer = new Set()
  }

  /** Whether the text was added recently. May be wrongly true, because two texts may have the same hash. */
  has(text: string): boolean {
    if (this.#newer.size === 0 && this.#older.size === 0) return false
    const key = hash(text)
    return this.#newer.has(key) || this.#older.has(key)
  }
}

/** FNV-1a over UTF-16 units, cut to 31 bits: V8 stores such numbers in a set without allocating an object for each. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value & 0x7fffffff
}
