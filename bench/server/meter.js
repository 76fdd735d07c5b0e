import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ownCpu } from '../own-cpu.js'
import { now } from '../wire.js'

const GIVING_BACK = 1000

const own = {
  cpu: ownCpu,
  rss: () => process.memoryUsage.rss(),
}

/**
 * What a phase costs the server: CPU, time, memory, and the longest time its event loop was held up. A contestant that
 * is another process (nginx) brings its own `cpu` and `rss`.
 */
export class Meter {
  #source
  #cpu
  #at
  #rss
  #peak
  #sampling
  #loop
  #profiler

  constructor(source = own) {
    this.#source = source
  }

  /**
   * All that takes time, before the warm-up. `collect: false` begins with what garbage there is: growth is then growth, and
   * not its coming back.
   */
  async prepare({ collect = true, profile = false } = {}) {
    if (collect) global.gc?.()
    if (profile) await this.#connectProfiler()
  }

  start({ loopDelay = false, rssEveryMs = 0 } = {}) {
    if (this.#profiler) void this.#profiler.post('Profiler.start')
    if (loopDelay && this.#source === own) {
      this.#loop = monitorEventLoopDelay({ resolution: 2 })
      this.#loop.enable()
    }
    this.#rss = this.#peak = this.#source.rss()
    if (rssEveryMs > 0) this.#sampling = setInterval(() => this.#sampleRss(), rssEveryMs)
    this.#at = now()
    this.#cpu = this.#source.cpu()
  }

  /** `profileTo`: where the CPU profile of the phase goes, when one was started. */
  async stop({ profileTo } = {}) {
    if (this.#at === undefined) throw new Error('nothing was measured: the warm-up is no whole number of turns')
    const cpu = this.#source.cpu() - this.#cpu
    const ms = now() - this.#at
    this.#at = undefined
    this.#loop?.disable()
    clearInterval(this.#sampling)
    this.#sampleRss()
    if (this.#profiler) await this.#writeProfile(profileTo)
    return { cpu, ms, rss: this.#source.rss(), rssGrowth: this.#peak - this.#rss, longestBlock: this.#longestBlock() }
  }

  /** Resident memory once garbage is gone, and V8's other threads have given back what it occupied. */
  async settledRss() {
    for (let i = 0; i < 4; i++) global.gc?.()
    await sleep(GIVING_BACK)
    return this.#source.rss()
  }

  #sampleRss() {
    this.#peak = Math.max(this.#peak, this.#source.rss())
  }

  #longestBlock() {
    return this.#loop && this.#loop.max / 1e6
  }

  async #connectProfiler() {
    this.#profiler = new Session()
    this.#profiler.connect()
    await this.#profiler.post('Profiler.enable')
    await this.#profiler.post('Profiler.setSamplingInterval', { interval: 200 })
  }

  async #writeProfile(file) {
    const { profile } = await this.#profiler.post('Profiler.stop')
    this.#profiler.disconnect()
    this.#profiler = undefined
    writeFileSync(file, JSON.stringify(profile))
  }
}
