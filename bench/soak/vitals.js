import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION = 10 // milliseconds; a delay is what comes on top

/** What can be felt of a process from within: memory, descriptors, and how late its event loop is. */
export class Vitals {
  #loop = monitorEventLoopDelay({ resolution: RESOLUTION })

  constructor() {
    this.#loop.enable()
  }

  /** The event loop's delays since the last time. */
  read() {
    const { rss, heapUsed } = process.memoryUsage()
    const [p50, p99, max] = [this.#loop.percentile(50), this.#loop.percentile(99), this.#loop.max].map(delayOf)
    this.#loop.reset()
    return { rss, heapUsed, descriptors: descriptors(), loopDelay: { p50, p99, max } }
  }

  /** Leaves in memory only what is in use. */
  async collectGarbage() {
    for (let i = 0; i < 4; i++) {
      global.gc()
      await new Promise(setImmediate)
    }
  }
}

function delayOf(nanoseconds) {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION)
}

/** Open descriptors, less the one that looks; undefined where there is no such folder, as outside Linux. */
function descriptors() {
  try {
    return readdirSync('/proc/self/fd').length - 1
  } catch {
    return undefined
  }
}
