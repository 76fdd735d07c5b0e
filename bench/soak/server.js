/** The server's process: the built package in an Express app, its publisher, and its vitals. */
import express from 'express'
import { listen } from '../contestants/listen.js'
import { answer } from '../driver/rpc.js'
import { now } from '../wire.js'
import { passesFilter } from './events.js'
import { HISTORY, STREAM } from './limits.js'
import { Publisher } from './publisher.js'
import { Vitals } from './vitals.js'

const builtPackage = new URL('../../dist/index.mjs', import.meta.url).href
const vitals = new Vitals()
const errors = []
let live
let publisher
let connections

process.on('warning', (warning) => {
  if (warning.name === 'MaxListenersExceededWarning') errors.push(String(warning))
})

answer({
  async start({ clients }) {
    const { sse } = await import(process.env.BENCH_PACKAGE ?? builtPackage)
    const onError = (error) => errors.push(String(error))
    live = sse({ ...STREAM, maxConnections: clients, registry: { history: HISTORY, onError } })
    publisher = new Publisher((channel, message) => void live.channel(channel).publish(message))
    const app = express()
    app.get('/stream', live, subscribe)
    const { port, ...listening } = await listen(app)
    connections = listening.connections
    return port
  },

  startPublishing: (run) => publisher.start(run),
  stopPublishing: () => publisher.stop(),
  publishEach: (count) => publisher.publishEach(count),
  published: () => publisher.counts,
  collectGarbage: () => vitals.collectGarbage(),
  connections: () => connections(),

  sample() {
    const stats = live.registry.stats()
    return { at: now(), ...vitals.read(), ...stats, publishedByChannel: publisher.counts, errors: errors.splice(0) }
  },
})

/** Says how much has been published so far: the client is owed what comes after. */
function subscribe(req, res) {
  const { channels, from, filtered } = req.query
  const filter = filtered && ((event) => passesFilter(event.channel, event.json().number))
  res.set('Published', JSON.stringify(publisher.counts))
  for (const channel of channels.split(',')) res.sse.subscribe(channel, { from, ...(filter && { filter }) })
}
