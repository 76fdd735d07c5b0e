/** What is measured for `registry.metrics()`, from its first call on. Before that, nothing is measured. */
import { Histogram } from './histogram.js'

/** In seconds. */
const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const DURATIONS = [1, 10, 60, 300, 900, 3600, 14_400, 86_400]

export class Measurements {
  /** Seconds from an event's place in the log until it was written to a client. */
  readonly latency = new Histogram(LATENCIES)
  /** Seconds that connections were open. */
  readonly duration = new Histogram(DURATIONS)

  /** An event that was published at `publishedAt`, in milliseconds of the wall clock, was written to a client. */
  wrote(publishedAt: number): void {
    // The clock of the store may be ahead of that of this process.
    this.latency.observe(Math.max(0, Date.now() - publishedAt) / 1000)
  }

  /** A connection was open for so many milliseconds. */
  closed(duration: number): void {
    this.duration.observe(duration / 1000)
  }
}
