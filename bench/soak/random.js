import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Random choices that a seed repeats. */
export class Random {
  #generator

  constructor(seed) {
    this.#generator = xoroshiro128plus(seed)
  }

  /** From 0 up to 1. */
  next() {
    return uniformFloat64(this.#generator)
  }

  chance(share) {
    return this.next() < share
  }

  between(low, high) {
    return low + this.next() * (high - low)
  }

  /** Exponentially distributed: mostly less than the mean, sometimes several times as much. */
  around(mean) {
    return -Math.log(1 - this.next()) * mean
  }

  pick(items) {
    return items[Math.floor(this.next() * items.length)]
  }

  /** `count` of the items, each at most once. */
  some(items, count) {
    const rest = [...items]
    return Array.from({ length: count }, () => rest.splice(Math.floor(this.next() * rest.length), 1)[0])
  }
}
