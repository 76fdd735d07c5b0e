/** The server process: one contestant, its publisher and its meter, driven by the parent process. */
import { contestants } from '../contestants/index.js'
import { answer } from '../driver/rpc.js'
import { Acks } from './acks.js'
import { Meter } from './meter.js'
import { Publisher } from './publisher.js'

let contestant
let publisher
let meter

const methods = {
  async start(id, options) {
    const { start } = await contestants[id].load()
    const acks = new Acks()
    const ackPort = await acks.listen()
    contestant = await start(options)
    publisher = new Publisher(contestant, acks)
    meter = new Meter(contestant.meter)
    return { port: contestant.port, ackPort }
  },

  /** Publishes to nobody in particular, without waiting for anyone: history, a first event. */
  async fill(plan) {
    const unmeasured = { ...plan, warmUp: plan.events }
    await publisher.paced(publisher.prepare(unmeasured), { ...unmeasured, everyMs: 0, perTick: 100 })
  },

  /** One phase: all that is published behind the warm-up is measured, up to the call of `finish`. */
  async publish(plan, metering) {
    const prepared = publisher.prepare(plan)
    await meter.prepare(metering)
    const onWarm = () => meter.start(metering)
    if (plan.everyMs === undefined) return publisher.closedLoop(prepared, plan, onWarm)
    return plan.isCaughtUp ? publisher.caughtUp(prepared, plan, onWarm) : publisher.paced(prepared, plan, onWarm)
  },

  /** The same without clocks and acknowledgements, which would be a good part of what one publish costs. */
  async publishOnly(plan, metering) {
    const prepared = publisher.prepare(plan)
    await meter.prepare(metering)
    return publisher.alone(prepared, plan, () => meter.start(metering))
  },

  async startMeter(metering) {
    await meter.prepare(metering)
    meter.start(metering)
  },
  finish: (metering) => meter.stop(metering),
  settledRss: () => meter.settledRss(),
  connections: () => contestant.connections(),
}

answer(methods, { cleanUp: () => contestant?.close?.() })
