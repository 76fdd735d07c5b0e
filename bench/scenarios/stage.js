import { setTimeout as sleep } from 'node:timers/promises'
import { figuresOf } from './phase-figures.js'

const AT_ONCE = 4000 // close to the server's backlog: more would be turned away by the kernel and retried a second later

/**
 * One run of one contestant: a server process, the load generator, and the steps that scenarios are made of.
 * In figures, times are milliseconds, CPU microseconds, memory bytes.
 */
export class Stage {
  server
  load
  #watch
  #at
  #profileTo
  #shape = {}
  #next = 0 // the number that the next event of each lane carries

  /**
   * `watch`: a second load generator, for the few connections whose latency is measured; see `openWatched`.
   * `at`: port and TLS of the server. `profileTo`: the file for a CPU profile of the measured phase.
   */
  constructor({ server, load, watch, at, profileTo }) {
    this.server = server
    this.load = load
    this.#watch = watch
    this.#at = at
    this.#profileTo = profileTo
  }

  /** Opens connections; `shape` says how many, and which channels (or keys of one channel) each of them reads. */
  async open(shape, options = {}) {
    this.#shape = shape
    await this.load.open(shape, { ...this.#at, from: this.#next, ...options })
  }

  /**
   * Opens connections, and a few more in a process that has nothing else to do: half of them before the others and half
   * after. A server that goes through its connections in either order comes to one of them last, and it is noticed at
   * once; the process with the thousands would get to it when it has read all the others.
   */
  async openWatched(shape, watchers) {
    const options = { ...this.#at, from: this.#next }
    this.#shape = shape
    await this.#watch.open({ ...shape, connections: watchers }, { ...options, share: 0.5 })
    await this.load.open(shape, options)
    await this.#watch.openRest(options)
  }

  /** Opens connections that read no further than the head. */
  async openStalled(shape) {
    await this.load.openStalled(shape, this.#at)
  }

  /** Publishes to whoever is there, without waiting for anyone. */
  async fill(plan) {
    await this.server.fill({ ...plan, first: this.#next })
    this.#next += plan.events / (plan.channels ?? 1)
  }

  /**
   * Publishes `events` events, behind some to warm up, and measures until each has reached its last reader. There is no
   * pause in between: after a fifth of a second of silence Linux acknowledges the next 16 segments of a connection at once,
   * which on loopback costs the sender a third more.
   */
  async deliver(plan) {
    const figures = await this.#phase({ ...plan, profileTo: this.#profileTo })
    await this.checkNothingDoubled(plan)
    return figures
  }

  /** One more event for each lane: a doubled one would come before it. */
  async checkNothingDoubled(plan = { bytes: 100 }) {
    await this.#phase({ ...plan, warmUp: 0, events: this.#lanes })
  }

  /** Publishes `events` events while one watches: the IDs of the first and the last of them. */
  async fillWatched(plan) {
    await this.load.startWatching(this.#at)
    await this.fill(plan)
    return this.load.idsOfWatched(plan.events)
  }

  /** Publishes to nobody, as fast as it goes. */
  async publishOnly(plan) {
    const isProfiled = this.#profileTo !== undefined
    await this.server.publishOnly({ ...plan, first: 0, events: plan.warmUp + plan.events }, { profile: isProfiled })
    return this.server.finish({ profileTo: this.#profileTo })
  }

  /** Everyone connects at once, with a last event ID or without; measures until they have the events they missed. */
  async comeBack(shape, { lastEventId, missed = 0, isProfiled = missed > 0 } = {}) {
    await this.load.close()
    while ((await this.server.connections()) > 0) await sleep(10)
    await this.load.acknowledgeTo(this.#at.ackPort)
    const first = this.#next - missed
    const options = { from: first, atOnce: AT_ONCE, lastEventId, missed: { events: missed, first } }
    const connect = async () => {
      await this.open(shape, options)
      await this.load.finished()
    }
    const cost = await this.measure(connect, { isProfiled })
    await this.load.finished() // again: nothing has come that should not
    return cost
  }

  /** What the server spends while something is done, and `clientCpu`, what the load generator does. */
  async measure(work, { isProfiled = false } = {}) {
    const profileTo = isProfiled ? this.#profileTo : undefined
    await this.server.startMeter({ profile: profileTo !== undefined })
    const clientBefore = await this.load.cpu()
    await work()
    const cost = await this.server.finish({ profileTo })
    return { ...cost, clientCpu: (await this.load.cpu()) - clientBefore }
  }

  get #lanes() {
    return this.#shape.keys ?? this.#shape.channels ?? 1
  }

  async #phase({ warmUp = 0, events, perTurn = 1, turnsPerAck = 2, turnsAhead = 8, ...options }) {
    const { lastOnly, metering, profileTo, onPublished, ...rest } = options
    const { channels, keys } = this.#shape
    const total = warmUp + events
    const eventsPerAck = rest.everyMs === undefined ? perTurn * turnsPerAck : undefined
    const first = this.#next
    const phase = { events: total, first, warmUp, lastOnly, eventsPerAck }
    const crowds = this.#watch ? [this.load, this.#watch] : [this.load]
    const counts = await Promise.all(crowds.map((crowd) => crowd.begin(phase)))
    this.#next += total / this.#lanes
    const plan = { channels, keys, ...rest, perTurn, turnsPerAck, turnsAhead, warmUp, first, events: total }
    const publishing = this.server.publish(plan, { ...metering, profile: profileTo !== undefined })
    const published = publishing.then(async (publishedAt) => {
      await onPublished?.()
      return publishedAt
    })
    // All at once: a publisher that waits for a load generator that has failed would wait for ever.
    const [publishedAt, ...arrivals] = await Promise.all([published, ...crowds.map((crowd) => crowd.finished())])
    const cost = await this.server.finish({ profileTo })
    const deliveries = (counts.reduce((sum, count) => sum + count) * events) / total
    const clientCpu = arrivals.reduce((sum, { cpu }) => sum + cpu, 0)
    const times = { publishedAt: publishedAt.subarray(warmUp), doneAt: arrivals.at(-1).doneAt.subarray(warmUp) }
    return { ...cost, ...figuresOf({ deliveries, cost, clientCpu, ...times }) }
  }
}
