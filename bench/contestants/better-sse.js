import { createChannel, createSession } from 'better-sse'
import express from 'express'
import { listen } from './listen.js'

export async function start({ tls, keepAlive }) {
  const channels = new Map()
  const channel = (name) => channels.get(name) ?? channels.set(name, createChannel()).get(name)
  const app = express()
  app.get('/stream', async (req, res) => {
    const session = await createSession(req, res, keepAlive && { keepAlive })
    for (const name of req.query.channels.split(',')) channel(name).register(session)
  })
  return { ...(await listen(app, tls)), publish: (name, data) => channel(name).broadcast(data) }
}
