/**
 * An app as a process of its own, for tests of hostile clients: its memory, its descriptors and its event loop are nobody
 * else's. Started by attacked-server.ts, which sends it commands over IPC.
 */
import { readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import express from 'express'
import { sse, type Connection, type SseResponse } from '../../src/index.js'
import type { AppOptions, Commands, Measured, Question } from './attacked-server.js'

const {
  stream,
  registry,
  server: serverOptions,
  socketPath,
} = JSON.parse(process.env.APP_OPTIONS ?? '{}') as AppOptions

/** What nobody caught, Node's warnings, and what the registry reports. */
const troubles: string[] = []
const note = (error: unknown) => void troubles.push(String(error))
process.on('uncaughtException', note).on('unhandledRejection', note).on('warning', note)

const live = sse({ ...stream, registry: { ...registry, onError: note } })
const aged = sse({ ...stream, maxAge: 2000, registry: live.registry })
/** Streams of its own, to be drained while the others go on. */
const leaving = sse({ ...stream, registry: { onError: note } })
const told = new Set<Connection>()
const counts = new Map<string, number>()
let peak = 0
let mostDescriptors = 0
let waiting = 0
let publishing: AbortController | undefined

const app = express()
app.all('/channels/:names', express.text(), live, (req, res) => {
  res.sse?.subscribe(req.params.names.split(','), { from: req.query.from === 'start' ? 'start' : 'latest' })
})
app.get('/later/:name', live, async (req, res) => {
  waiting++
  await delay(200)
  waiting--
  res.sse?.subscribe(req.params.name)
})
app.get('/told', live, (_req, { sse: connection }) => {
  if (connection?.open() !== true) return
  told.add(connection)
  connection.on('close', () => told.delete(connection))
})
app.get('/aged/:name', aged, (req, res) => void res.sse?.subscribe(req.params.name))
app.get('/leaving/:name', leaving, (req, res) => void res.sse?.subscribe(req.params.name))
app.get('/small', (_req, res) => void res.send('small'))

/** Numbers the messages of each channel, and says when each was published. */
function message(channel: string, bytes: number): { data: string } {
  const number = counts.get(channel) ?? 0
  counts.set(channel, number + 1)
  return { data: `${number} ${process.hrtime.bigint()} ${'x'.repeat(bytes)}` }
}

const commands: Commands = {
  async publish({ channel, count, bytes, every }) {
    for (let i = 0; i < count; i++) {
      await live.channel(channel).publish(message(channel, bytes))
      await (every === 0 ? turn() : delay(every))
    }
  },
  async tell({ channel, count, bytes, every }) {
    for (let i = 0; i < count; i++) {
      for (const connection of told) connection.send(message(channel, bytes))
      await (every === 0 ? turn() : delay(every))
    }
  },
  startPublishing(flood) {
    const { signal } = (publishing = new AbortController())
    const publishOn = async () => {
      while (!signal.aborted) await commands.publish({ ...flood, count: 1 })
    }
    void publishOn()
    return Promise.resolve()
  },
  stopPublishing(channel) {
    publishing?.abort()
    return Promise.resolve(counts.get(channel) ?? 0)
  },
  drain: (window) => leaving.registry.drain({ window }),
  measure: () => Promise.resolve(measure()),
  async settle() {
    for (let i = 0; i < 4; i++) {
      await turn()
      globalThis.gc?.()
    }
    peak = mostDescriptors = 0
    return { ...measure(), heapUsed: process.memoryUsage().heapUsed }
  },
}

function measure(): Measured {
  const now = look()
  const [stats, left] = [live.registry.stats(), leaving.registry.stats()]
  return { ...now, peak, mostDescriptors, stats, waiting, leaving: left, troubles }
}

function look(): Pick<Measured, 'rss' | 'descriptors'> {
  const rss = process.memoryUsage.rss()
  const descriptors = readdirSync('/proc/self/fd').length
  peak = Math.max(peak, rss)
  mostDescriptors = Math.max(mostDescriptors, descriptors)
  return { rss, descriptors }
}
setInterval(look, 10).unref()

process.on('message', ({ id, command, argument }: Question) => {
  const run = commands[command].bind(commands) as (argument: unknown) => Promise<unknown>
  void run(argument).then((result) => process.send?.({ id, result }))
})
process.on('disconnect', () => process.exit())

/** The same channels over HTTP/2, on which Express does not run; the whole path is the channel's name. */
const http2Server = createHttp2Server((req, res) => live(req, res, () => subscribeToPath(req.url, res)))

function subscribeToPath(path: string, res: object): void {
  ;(res as SseResponse).sse?.subscribe(path.slice(1))
}

const server = createServer(serverOptions ?? {}, app).listen(0, () => {
  const portOf = (server: Server) => (server.address() as AddressInfo).port
  const listening = () => process.send?.({ port: portOf(server), http2Port: portOf(http2Server) })
  const ready = () => http2Server.listen(0, listening)
  if (socketPath === undefined) ready()
  else createServer(app).listen(socketPath, ready)
})
