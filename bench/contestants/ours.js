import express from 'express'
import { listen } from './listen.js'

const builtPackage = new URL('../../dist/index.mjs', import.meta.url).href

/** As the README has it: Express, `sse()`, `subscribe`, `publish`; history and IDs are always on, as by default. */
export async function start({ tls, keepAlive, registry, conflate, compress = false }) {
  const { sse } = await import(process.env.BENCH_PACKAGE ?? builtPackage)
  const live = sse({ ...(compress && { compress }), ...(keepAlive && { keepAlive }), ...(registry && { registry }) })
  const app = express()
  app.get('/stream', live, (req, res) => {
    res.sse.subscribe(req.query.channels.split(','), { conflate })
  })
  return {
    ...(await listen(app, tls)),
    publish(channel, data, key) {
      void live.channel(channel).publish(key === undefined ? { data } : { data, key })
    },
  }
}
