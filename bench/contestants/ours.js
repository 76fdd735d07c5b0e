import express from 'express'
import { listen } from './listen.js'

const builtPackage = new URL('../../dist/index.mjs', import.meta.url).href

/** What a connection accepts. Each connection has a function of its own, as with a user's rights. All events pass. */
const filters = {
  text: (channels) => (event) => channels.length > 0 && event.event !== 'hidden' && event.data.length > 0,
  json: (channels) => (event) => channels.length > 0 && event.json().number !== '',
}

export const start = (options) => startPackage(process.env.BENCH_PACKAGE ?? builtPackage, options)

/** As the README has it: Express, `sse()`, `subscribe`, `publish`; history and IDs are always on, as by default. */
export async function startPackage(file, { tls, keepAlive, registry, conflate, filter, compress = false }) {
  const { sse } = await import(file)
  const live = sse({ ...(compress && { compress }), ...(keepAlive && { keepAlive }), ...(registry && { registry }) })
  const app = express()
  app.get('/stream', live, (req, res) => {
    const channels = req.query.channels.split(',')
    res.sse.subscribe(channels, { conflate, filter: filters[filter]?.(channels) })
  })
  return {
    ...(await listen(app, tls)),
    publish(channel, data, key) {
      void live.channel(channel).publish(key === undefined ? { data } : { data, key })
    },
  }
}
