import express from 'express'
import { createStreams } from './bare.js'
import { listen } from './listen.js'

/** The loop of `res.write` again, behind Express: the price of the framework alone. */
export async function start({ tls, keepAlive, replay }) {
  const streams = createStreams({ keepAlive, replay })
  const app = express()
  app.get('/stream', (req, res) => streams.open(req.query.channels.split(','), req, res))
  return { ...(await listen(app, tls)), publish: streams.publish }
}
