// `npm run start:cluster`: three processes that share their events through Redis, and a page that shows clients of all
// three following one match. A process that ends is started again, so one can be killed to see what its clients do.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import express from 'express'
import { createClient } from 'redis'
import { loadMatches } from './match.js'

const host = '127.0.0.1'
const directory = fileURLToPath(new URL('.', import.meta.url))
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '3000' },
    redis: { type: 'string', default: 'redis://127.0.0.1:6379' },
    speed: { type: 'string', default: '1000' },
  },
})
const first = Number(values.port)
const ports = [1, 2, 3].map((number) => first + number)
const processes = new Map<number, ChildProcess>()
let isLeaving = false

// Looked at before anything is started: else each process would complain by itself, and again after each restart.
for (const port of [first, ...ports]) await requirePort(port)
await requireRedis(values.redis)

const app = express()
app.get('/processes', (_req, res) => void res.json(ports.map((port) => ({ port, pid: processes.get(port)?.pid }))))
app.post('/processes/:port/kill', (req, res) => {
  res.sendStatus(processes.get(Number(req.params.port))?.kill('SIGKILL') === true ? 204 : 404)
})
app.get('/matches', (_req, res) => void res.json(loadMatches(join(directory, 'matches'))))
app.get('/', (_req, res) => {
  res.sendFile(join(directory, 'public/cluster.html'))
})
app.use(express.static(join(directory, 'public')))
const server = app.listen(first, host, (error?: Error) => {
  if (error) fail(`${host}:${first} cannot be listened on: ${error.message}`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    leave()
    server.close()
    server.closeAllConnections()
  })
}

await Promise.all(ports.map(start))
console.log(`Three processes on ports ${ports.join(', ')}; one page for all: http://${host}:${first}/`)

/** Settles when the process listens; one that ends later is started again. */
async function start(port: number): Promise<void> {
  const args = ['--port', String(port), '--host', host, '--redis', values.redis, '--speed', values.speed]
  // The last one plays the matches; the others only pass on what it publishes.
  if (port !== ports.at(-1)) args.push('--follow')
  const child = fork(join(directory, 'server.ts'), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  processes.set(port, child)
  let isListening = false
  child.on('exit', () => {
    if (isLeaving) return
    if (isListening) setTimeout(() => void start(port), 2000)
    // It has said why itself.
    else fail(`The process for ${host}:${port} did not start`)
  })
  await once(child, 'message')
  isListening = true
}

async function requirePort(port: number): Promise<void> {
  const probe = createServer().listen(port, host)
  try {
    await once(probe, 'listening')
  } catch (error) {
    fail(`${host}:${port} cannot be listened on: ${(error as Error).message}. Choose others: --port 4000`)
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
    // Without the password that the URL may hold.
    const { host, protocol } = new URL(url)
    fail(`Redis at ${protocol}//${host} cannot be reached: ${reasonOf(error)}. Name another: --redis URL`)
  }
  client.destroy()
}

/** Node leaves the message empty where a host has several addresses. */
function reasonOf(error: unknown): string {
  return error instanceof AggregateError ? error.errors.map(String).join(', ') : (error as Error).message
}

function leave(): void {
  isLeaving = true
  for (const child of processes.values()) child.kill('SIGTERM')
}

function fail(message: string): never {
  console.error(message)
  leave()
  process.exit(1)
}
