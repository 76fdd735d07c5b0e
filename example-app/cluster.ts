// `npm run start:cluster`: three processes that share their events through Redis, and a page with a client of each. The
// page can kill a process, to show what its client does.
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import express from 'express'
import { createClient } from 'redis'
import { browserModules } from './browser-modules.js'
import { clusterPage } from './cluster-page.js'
import { ClusterProcess, restartDelay } from './cluster-process.js'
import { listenError } from './listen-error.js'
import { loadMatches } from './match.js'
import { startRedis } from './own-redis.js'

const host = '127.0.0.1'
const command = 'npm run start:cluster --'
const freePorts = `${command} --port 0`
const directory = fileURLToPath(new URL('.', import.meta.url))
const { values } = parseArgs({
  options: {
    /** The port of the page; the processes take the three after it. 0 takes free ports. */
    port: { type: 'string', default: '3000' },
    /** A Redis that runs already. Without it, one is started. */
    redis: { type: 'string' },
    speed: { type: 'string', default: '1000' },
  },
})
const first = Number(values.port)
const ports = [1, 2, 3].map((number) => (first === 0 ? 0 : first + number))

// Checked before anything is started: else each process would complain, and again after each restart.
for (const port of [first, ...ports]) await requirePort(port)
const redis = values.redis ?? (await startRedis()) ?? fail(missingRedis())
await requireRedis(redis)

const processes = ports.map((port, index) => {
  const flags = ['--host', host, '--redis', redis, '--speed', values.speed]
  // The last one plays the matches; the others pass on what it publishes.
  if (index < ports.length - 1) flags.push('--follow')
  return new ClusterProcess({ directory, port, flags, onFailure: () => fail('A process did not start.') })
})

const page = clusterPage(directory, loadMatches(join(directory, 'matches')))
const app = express()
app.get('/processes', (_req, res) => void res.json(processes.map(({ port, pid }) => ({ port, pid }))))
app.post('/processes/:port/kill', (req, res) => {
  const isKilled = processes.find(({ port }) => port === Number(req.params.port))?.kill() ?? false
  res.status(isKilled ? 200 : 404).json(isKilled ? { restartsIn: restartDelay } : { error: 'no such process' })
})
app.get('/', (_req, res) => void res.send(page))
app.use(browserModules(directory))
app.use(express.static(join(directory, 'public')))
const server = app.listen(first, host, (error?: Error) => {
  if (error) fail(listenError(error, first, freePorts))
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void leave())

await Promise.all(processes.map((child) => child.start()))
console.log(`Three processes on ports ${processes.map(({ port }) => port).join(', ')}, with Redis at ${publicUrl(redis)}
One page for all: http://${host}:${(server.address() as AddressInfo).port}/

Try: kill a process on the page, or from a terminal, and watch its client catch up.
  kill -9 ${processes[0]?.pid ?? ''}`)

async function requirePort(port: number): Promise<void> {
  const probe = createServer().listen(port, host)
  try {
    await once(probe, 'listening')
  } catch (error) {
    fail(listenError(error as Error, port, freePorts))
  }
  probe.close()
  await once(probe, 'close')
}

async function requireRedis(url: string): Promise<void> {
  const client = createClient({ url, socket: { reconnectStrategy: false, connectTimeout: 3000 } })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (error) {
    fail(`Redis at ${publicUrl(url)} cannot be reached: ${reasonOf(error)}. Name another: ${command} --redis URL`)
  }
  client.destroy()
}

function missingRedis(): string {
  const url = 'redis://127.0.0.1:6379'
  return `redis-server is not installed. Start one: docker run --rm -d -p 6379:6379 redis && ${command} --redis ${url}`
}

/** Without the password that the URL may hold. */
function publicUrl(url: string): string {
  const { host, protocol } = new URL(url)
  return `${protocol}//${host}`
}

/** Node leaves the message empty where a host has several addresses. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(String).join(', ') : (error as Error).message
}

/** Exits once the processes have ended, and Redis with this process. */
async function leave(): Promise<void> {
  server.close()
  server.closeAllConnections()
  await Promise.all(processes.map((child) => child.leave()))
  process.exit()
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
