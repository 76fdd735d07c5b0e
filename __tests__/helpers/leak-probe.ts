/**
 * Run in a process of its own, with `--expose-gc`: does something very many times and prints, as JSON, what it has left
 * behind. `connections`: clients come and go. `names`: channel names are each used once.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { sse, type SseError, type SseMiddleware } from '../../src/index.js'

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n'
const BATCH = 100

async function heap(): Promise<number> {
  // What a finalizer holds goes with the second collection.
  for (let i = 0; i < 4; i++) {
    await turn()
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

/** Connects from one of many addresses, so that the ports of one are not used up, reads the head, and leaves. */
function comeAndGo(port: number, i: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (i % 250)}` })
    socket.on('connect', () => socket.write(REQUEST))
    socket.on('data', () => (i % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()))
    socket.on('close', () => resolve())
    socket.on('error', reject)
  })
}

async function probeConnections(count: number): Promise<object> {
  const live = sse()
  let served = 0
  const server = createServer((req, res) =>
    live(req, res, () => {
      res.on('finish', () => {})
      const n = served++
      const connection = (res as typeof res & { sse: { subscribe(name: string | string[]): () => void } }).sse
      connection.subscribe(['scores', `game:${n % 50}`, `own:${n}`])
      void live.channel('scores').publish({ data: `${n}`, key: 'n' })
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  await waves(server, live, 2000)
  const before = { heap: await heap(), resources: resources() }
  await waves(server, live, count)
  const after = { heap: await heap(), resources: resources() }
  const { connections, channels, stalled, events, closed } = live.registry.stats()
  server.close()
  const listeners = ['warning', 'exit', 'uncaughtException'].map((name) => process.listenerCount(name))
  return {
    ...{ connections, channels, stalled, events, left: closed.client },
    ...{ grown: after.heap - before.heap, before: before.resources, after: after.resources, listeners },
  }
}

async function waves(server: Server, live: SseMiddleware, count: number): Promise<void> {
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < count; i += BATCH) {
    await Promise.all(Array.from({ length: BATCH }, (_, n) => comeAndGo(port, i + n)))
  }
  while (live.registry.stats().connections > 0 || (await connectionsOf(server)) > 0) await turn()
}

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  )
}

function resources(): string[] {
  return process.getActiveResourcesInfo().sort()
}

async function probeNames(count: number): Promise<object> {
  const reports: unknown[] = []
  const onError = (error: unknown) => reports.push((error as SseError).code)
  const live = sse({ registry: { bytes: 1024 * 1024, onError } })
  const server = createServer((req, res) =>
    live(req, res, () => {
      held = (res as unknown as { sse: typeof held }).sse
      held?.open()
    }),
  )
  let held: { open(): boolean; subscribe(name: string): () => void } | undefined
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(REQUEST)
  await once(socket, 'data')
  socket.resume()
  const use = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const channel = live.channel(`match ${i}`)
      const unsubscribe = held?.subscribe(channel.name)
      void channel.publish(i % 2 === 0 ? { data: `${i}` } : { data: `${i}`, key: 'score' })
      unsubscribe?.()
      if (i % 1000 === 0) await turn()
    }
  }
  await use(0, 20_000)
  const before = await heap()
  await use(20_000, 20_000 + count)
  const grown = (await heap()) - before
  const { bytes, published } = live.registry.stats()
  const names = live.registry.names().length
  socket.destroy()
  await live.close()
  server.close()
  return { grown, names, bytes, published, reports }
}

const [, , what, count] = process.argv
const probe = what === 'names' ? probeNames : probeConnections
void probe(Number(count)).then((result) => process.stdout.write(JSON.stringify(result)))
