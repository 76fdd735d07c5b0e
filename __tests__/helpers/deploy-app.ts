// An app as a process of its own, for tests of deploys: started with `fork`, it sends its port and leaves at SIGTERM as the
// README says, and sends its counts. Settings come in the environment: REDIS_URL for a log that processes share, DRAIN_WINDOW
// and HEALTH_WAIT, from the first unhealthy answer to the drain, in ms.
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import { sse } from '../../src/index.js'
import { redisStore } from '../../src/redis/index.js'

const url = process.env.REDIS_URL
const window = Number(process.env.DRAIN_WINDOW)
const healthWait = Number(process.env.HEALTH_WAIT ?? 0)

const live = sse({ retry: 1000, registry: url === undefined ? {} : { store: redisStore({ url, stream: 'numbers' }) } })
const app = express()
let isLeaving = false

app.get('/stream', live, (_req, res) => void res.sse?.subscribe('numbers'))
app.post('/numbers/:number', async (req, res) => {
  await live.channel('numbers').publish({ data: req.params.number })
  res.end()
})
app.get('/healthz', (_req, res) => res.sendStatus(isLeaving ? 503 : 200))

const server = app.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

async function leave(): Promise<void> {
  isLeaving = true
  await delay(healthWait)
  await live.registry.drain({ window })
  process.send?.(live.registry.stats())
  await live.close()
  server.close()
}
process.once('SIGTERM', () => void leave())
