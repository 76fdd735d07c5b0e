/** Chance that can be repeated: the same seed, the same sequence (mulberry32). */
export class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  chance(share) {
    return this.next() < share
  }

  between(low, high) {
    return low + this.next() * (high - low)
  }

  /** Mostly less than the mean, now and then several times as much. */
  around(mean) {
    return -Math.log(1 - this.next()) * mean
  }

  /** Several of them, each at most once. */
  some(items, count) {
    const rest = [...items]
    return Array.from({ length: count }, () => rest.splice(Math.floor(this.next() * rest.length), 1)[0])
  }
}
