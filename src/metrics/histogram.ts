/** Counts observations by size: a histogram of Prometheus, whose cost does not grow with the number of observations. */
export class Histogram {
  /** Upper bounds of the buckets, ascending. A last bucket has the rest. */
  readonly bounds: readonly number[]
  /** The number of observations in each bucket. */
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let bucket = 0
    while (value > (this.bounds[bucket] ?? Infinity)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += value
  }
}
