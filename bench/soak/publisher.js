import { channels, channelsOf, messageOf } from './events.js'
import { phaseAt } from './phases.js'

/** Milliseconds between two ticks; what is due by then is published in one turn of the event loop. */
const TICK = 50
/** After a long block of the event loop no more than this is made up for. */
const LONGEST_TICK = 500

/** Publishes numbered events, at the rates of the phases, round robin over the channels of each kind. */
export class Publisher {
  /** How many events of each channel have been published. */
  counts = Object.fromEntries(channels.map((channel) => [channel, 0]))
  #publish
  #due = Object.fromEntries(Object.keys(channelsOf).map((kind) => [kind, 0]))
  #turns = { ...this.#due }
  #ticks

  /** `publish(channel, message)` */
  constructor(publish) {
    this.#publish = publish
  }

  start({ seconds }) {
    const start = performance.now()
    let last = start
    this.#ticks = setInterval(() => {
      const now = performance.now()
      const { rates } = phaseAt((now - start) / 1000, seconds)
      this.#tick(rates, Math.min(now - last, LONGEST_TICK) / 1000)
      last = now
    }, TICK)
  }

  stop() {
    clearInterval(this.#ticks)
  }

  /** So many events to every channel. */
  publishEach(count) {
    for (const channel of channels) for (let i = 0; i < count; i++) this.#publishNext(channel)
  }

  #tick(rates, seconds) {
    for (const [kind, rate] of Object.entries(rates)) {
      const names = channelsOf[kind]
      for (this.#due[kind] += rate * seconds; this.#due[kind] >= 1; this.#due[kind]--) {
        this.#publishNext(names[this.#turns[kind]++ % names.length])
      }
    }
  }

  /** Counted in the same turn, so that whoever subscribes in another one knows what comes next. */
  #publishNext(channel) {
    const number = ++this.counts[channel]
    this.#publish(channel, messageOf(channel, number))
  }
}
