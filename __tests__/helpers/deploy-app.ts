// An app as a process of its own, for tests of deploys: started with `fork`, it sends its port and leaves at SIGTERM as
// docs/deploying.md says, and sends its counts and when it ended which connection. Settings come in the environment: REDIS_URL for a log that processes share, DRAIN_WINDOW
// and HEALTH_WAIT, from the first unhealthy answer to the drain, in ms.
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import { sse, type RegistryStats } from '../../src/index.js'
import { redisStore } from '../../src/redis/index.js'

/** The end of a connection, by the name that its client gives itself in the query. */
export interface ConnectionEnd {
  client: string
  /** ms on this process's monotonic clock. */
  at: number
}

/** What the process sends when its drain is over. */
export interface LeaveReport {
  stats: RegistryStats
  ends: ConnectionEnd[]
}

const url = process.env.REDIS_URL
const window = Number(process.env.DRAIN_WINDOW)
const healthWait = Number(process.env.HEALTH_WAIT ?? 0)

const live = sse({ retry: 1000, registry: url === undefined ? {} : { store: redisStore({ url, stream: 'numbers' }) } })
const app = express()
let isLeaving = false
const ends: ConnectionEnd[] = []

app.get('/stream', live, (req, res) => {
  const client = new URL(req.url, 'http://localhost').searchParams.get('client') ?? ''
  res.sse?.on('close', () => ends.push({ client, at: performance.now() }))
  res.sse?.subscribe('numbers')
})
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
  const report: LeaveReport = { stats: live.registry.stats(), ends }
  process.send?.(report)
  await live.close()
  server.close()
}
process.once('SIGTERM', () => void leave())
