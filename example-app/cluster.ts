// `npm run start:cluster`: three processes that share their events through Redis, and a page that shows clients of all
// three following one match. A process that ends is started again, so one can be killed to see what its clients do.
import { fork, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import express from 'express'
import { loadMatches } from './match.js'

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

function start(port: number): void {
  const args = ['--port', String(port), '--redis', values.redis, '--speed', values.speed]
  // The last one plays the matches; the others only pass on what it publishes.
  if (port !== ports.at(-1)) args.push('--follow')
  const child = fork(join(directory, 'server.ts'), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  processes.set(port, child)
  child.on('exit', () => {
    if (!isLeaving) setTimeout(() => start(port), 2000)
  })
}

for (const port of ports) start(port)

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
const server = app.listen(first, '127.0.0.1', () => {
  console.log(`Three processes on ports ${ports.join(', ')}; one page for all: http://127.0.0.1:${first}/`)
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    isLeaving = true
    for (const child of processes.values()) child.kill('SIGTERM')
    server.close()
    server.closeAllConnections()
  })
}
