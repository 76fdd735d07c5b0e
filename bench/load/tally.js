import { ownCpu } from '../own-cpu.js'
import { now } from '../wire.js'

/**
 * Counts the deliveries of one phase. Events are published round robin over lanes, so lane and number tell which event
 * of the phase it was; the tally notes when the last subscriber of each had it, and what the measured ones cost here.
 */
export class Tally {
  #subscribers
  #first = 0
  #countFrom = 0
  #missing = new Uint32Array(0)
  #doneAt = new Float64Array(0)
  #deliveries = 0
  #expected = 0
  #cpuFrom = Infinity
  #cpuBefore = 0
  #cpu = 0
  #ack = { every: Infinity, next: Infinity, send: () => {} }
  #phase = deferred()
  #failure

  /** `subscribers[lane]`: how many connections read that lane. */
  constructor(subscribers) {
    this.#subscribers = subscribers
  }

  /**
   * A phase of `events` events that begins with number `first` of lane 0; returns how many deliveries that makes.
   * The CPU of the first `warmUp` of them is not counted.
   * With `lastOnly` only the last event of each lane must arrive: those before may have been replaced.
   */
  begin({ events, first, warmUp = 0, lastOnly = false, eventsPerAck, sendAck }) {
    const lanes = this.#subscribers.length
    this.#first = first
    this.#cpuFrom = warmUp > 0 ? warmUp : Infinity
    this.#cpuBefore = ownCpu()
    this.#countFrom = lastOnly ? events - lanes : 0
    this.#missing = Uint32Array.from({ length: events }, (_, i) => this.#subscribers[i % lanes])
    this.#doneAt = new Float64Array(events)
    this.#deliveries = 0
    this.#expected = this.#missing.subarray(this.#countFrom).reduce((sum, n) => sum + n, 0)
    const every = eventsPerAck ? (this.#expected / events) * eventsPerAck : Infinity
    this.#ack = { every, next: every, send: sendAck }
    this.#phase = deferred()
    if (this.#failure) this.#phase.reject(this.#failure)
    else if (this.#expected === 0) this.#complete()
    return this.#expected
  }

  /**
   * Resolves when every delivery of the phase has been counted. `doneAt`: when each event had reached its last reader.
   * `cpu`: microseconds that this process spent.
   */
  async finished() {
    await this.#phase.promise
    if (this.#failure) throw this.#failure
    return { doneAt: this.#doneAt, cpu: this.#cpu }
  }

  count(lane, number) {
    const event = (number - this.#first) * this.#subscribers.length + lane
    if (event >= this.#cpuFrom) this.#endWarmUp()
    if (event < this.#countFrom) return
    if (--this.#missing[event] === 0) this.#doneAt[event] = now()
    this.#deliveries += 1
    if (this.#deliveries >= this.#ack.next) {
      this.#ack.next += this.#ack.every
      this.#ack.send()
    }
    if (this.#deliveries === this.#expected) this.#complete()
  }

  /** The run has failed, whether somebody waits just now or asks later. */
  fail(message) {
    this.#failure ??= new Error(`${message} (after ${this.#deliveries} of ${this.#expected} deliveries)`)
    this.#phase.reject(this.#failure)
  }

  #endWarmUp() {
    this.#cpuFrom = Infinity
    this.#cpuBefore = ownCpu()
  }

  #complete() {
    this.#cpu = ownCpu() - this.#cpuBefore
    this.#phase.resolve()
  }
}

function deferred() {
  const phase = {}
  phase.promise = new Promise((resolve, reject) => Object.assign(phase, { resolve, reject }))
  phase.promise.catch(() => {}) // whoever waits for `finished` gets it; nobody has to
  return phase
}
