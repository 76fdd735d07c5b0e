/**
 * The course of a soak: clients come and go for a while to warm up, and all leave; then they come for as long as was asked
 * for. At the end each must have what it is owed, and when all have left the server must be what it was before they came.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { cores, startChild } from '../driver/child.js'
import { now } from '../wire.js'
import { HISTORY } from './limits.js'
import { Losses } from './losses.js'
import { phaseAt } from './phases.js'

/** Milliseconds to wait for what must come, however slow the machine. */
const PATIENCE = 120_000
const SAMPLE_EVERY = 1000
const POLL = 100
const WARM_UP = { share: 0.1, longest: 30 } // seconds
/** What the heap may have grown by: code that was optimised late, and Node's own pools. */
const HEAP_GROWTH = 4 * 2 ** 20

export async function soak(options, onSample = () => {}) {
  const server = startChild('../soak/server.js', { core: cores.server, nodeOptions: ['--expose-gc'] })
  const load = startChild('../soak/load.js', { core: cores.load })
  try {
    return await new Course(options, server.methods, load.methods, onSample).run()
  } finally {
    await Promise.all([server.stop(), load.stop()])
  }
}

class Course {
  #options
  #server
  #load
  #onSample
  #port
  #stage = 'warm-up'
  #phase
  /** Seconds for which clients come and go in all, and for which they have. */
  #total
  #passed = 0
  #isOver = false
  #samples = []
  #complaints = []
  #losses = new Losses()
  #lost = 0

  constructor(options, server, load, onSample) {
    this.#options = options
    this.#server = server
    this.#load = load
    this.#onSample = onSample
  }

  async run() {
    const [outcome] = await Promise.all([this.#steps().finally(() => (this.#isOver = true)), this.#sampleOn()])
    const samples = this.#samples.toSorted((a, b) => a.at - b.at)
    return { ...outcome, samples, complaints: this.#complaints }
  }

  get #hasFailed() {
    return this.#complaints.length > 0
  }

  async #steps() {
    const { minutes, clients } = this.#options
    const seconds = minutes * 60
    const warmUp = Math.min(seconds * WARM_UP.share, WARM_UP.longest)
    this.#total = warmUp + seconds
    this.#port = await this.#server.start({ clients })
    this.#losses.note(now(), await this.#server.published())
    await this.#comeAndGo(warmUp)
    const before = await this.#emptyServer()
    this.#stage = 'run'
    if (!this.#hasFailed) await this.#comeAndGo(seconds)
    const after = await this.#emptyServer()
    this.#compare(before, after)
    return { before, after, lost: this.#lost }
  }

  /** Clients live for so many seconds, catch up, and leave. */
  async #comeAndGo(seconds) {
    const { clients: count, seed } = this.#options
    await this.#load.come({ count, port: this.#port, seed })
    await this.#server.startPublishing({ seconds })
    await this.#passPhases(seconds)
    await this.#server.stopPublishing()
    if (!this.#hasFailed) await this.#settle()
    await this.#load.leave()
    await this.#until('every connection has ended on the server', async () => (await this.#server.connections()) === 0)
    await this.#judgeLosses()
  }

  /** Each time that steady publishing begins, a storm cuts most clients off at once. */
  async #passPhases(seconds) {
    const start = performance.now()
    const before = this.#passed
    for (let second = 0; second < seconds && !this.#hasFailed; second = (performance.now() - start) / 1000) {
      const { name } = phaseAt(second, seconds)
      if (name === 'steady' && this.#phase !== name) await this.#load.storm()
      this.#phase = name
      this.#passed = before + second
      await sleep(POLL)
    }
    this.#phase = undefined
  }

  /** Nobody leaves any more: each client must get what it is owed, and one event more of each channel, once. */
  async #settle() {
    await this.#load.settle()
    await this.#load.caughtUp(await this.#server.published(), PATIENCE)
    await this.#server.publishEach(1)
    await this.#load.caughtUp(await this.#server.published(), PATIENCE)
    await this.#sample()
  }

  /** The server without connections, its history full: a state in which two moments can be compared. */
  async #emptyServer() {
    await this.#server.publishEach(HISTORY.events)
    await this.#server.collectGarbage()
    return this.#sample()
  }

  async #sampleOn() {
    while (!this.#isOver) {
      await sleep(SAMPLE_EVERY)
      if (this.#port !== undefined) await this.#sample()
    }
  }

  async #sample() {
    const { publishedByChannel, errors, ...server } = await this.#server.sample()
    const { complaints, ...clients } = await this.#load.sample()
    this.#losses.note(server.at, publishedByChannel)
    const sample = { stage: this.#stage, phase: this.#phase, ...server, ...clients }
    this.#samples.push(sample)
    this.#complaints.push(...complaints, ...errors.map((error) => ({ complaint: `the server reports ${error}` })))
    this.#onSample({ ...sample, share: Math.min(1, this.#passed / this.#total) })
    return sample
  }

  async #judgeLosses() {
    for (const { client, ...loss } of await this.#load.losses()) {
      this.#lost += loss.last - loss.first + 1
      const complaint = this.#losses.complaint(loss)
      if (complaint !== undefined) this.#complaints.push({ client, complaint })
    }
  }

  #compare(before, after) {
    if (after.descriptors > before.descriptors) {
      this.#complaints.push({ complaint: `${after.descriptors} descriptors are open, ${before.descriptors} before` })
    }
    const growth = after.heapUsed - before.heapUsed
    if (growth > HEAP_GROWTH) this.#complaints.push({ complaint: `the heap has grown by ${growth} bytes` })
  }

  async #until(what, holds) {
    const deadline = performance.now() + PATIENCE
    while (!(await holds())) {
      if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
      await sleep(POLL)
    }
  }
}
