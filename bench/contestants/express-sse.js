import express from 'express'
import SSE from 'express-sse'
import { listen } from './listen.js'

export async function start({ tls }) {
  const streams = new Map()
  const stream = (name) => streams.get(name) ?? streams.set(name, new SSE()).get(name)
  const app = express()
  app.get('/stream', (req, res) => stream(req.query.channels).init(req, res))
  return { ...(await listen(app, tls)), publish: (name, data) => stream(name).send(data) }
}
