import express from 'express'
import SseChannel from 'sse-channel'
import { listen } from './listen.js'

/** Events have an ID, which puts them into the channel's history, only where a scenario replays them. */
export async function start({ tls, keepAlive, replay }) {
  const channels = new Map()
  const options = { jsonEncode: true, ...(keepAlive && { pingInterval: keepAlive }), historySize: 1000 }
  const channel = (name) => channels.get(name) ?? channels.set(name, new SseChannel(options)).get(name)
  let id = 0
  const app = express()
  app.get('/stream', (req, res) => channel(req.query.channels).addClient(req, res))
  return {
    ...(await listen(app, tls)),
    publish: (name, data) => channel(name).send(replay ? { id: ++id, data } : { data }),
  }
}
