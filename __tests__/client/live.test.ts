// EventStream and the package's own server, over a real socket.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Gap, Reason } from '../../src/client/index.js'
import { sse, type Connection } from '../../src/index.js'
import { nextEvent, openStream, reached, withoutWaiting } from '../helpers/client-server.js'

interface Events {
  score: { home: number }
  text: string
}

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A server that can cut every connection, and lose its log like a new process. */
async function startLive(handler: (connection: Connection) => void) {
  let live = sse<Events>({ retry: 1 })
  const server = createServer((req, res) => {
    live(req, res, () => {
      const { sse: connection } = res as typeof res & { sse?: Connection }
      if (connection) handler(connection)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    await live.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    channel: (name = 'c') => live.channel(name),
    cut: () => server.closeAllConnections(),
    drain: () => live.registry.drain({ window: 0 }),
    restart: () => {
      live = sse<Events>({ retry: 1 })
      server.closeAllConnections()
    },
  }
}

it('EventStream gets named, unnamed, multi-line, emoji, empty and 1 MiB events intact', async () => {
  const live = await startLive((connection) => void connection.subscribe('c'))
  const stream = openStream<Events>(live.url)
  const seen: [string, string][] = []
  for (const type of ['message', 'text']) {
    stream.addEventListener(type, (event) => seen.push([event.type, (event as MessageEvent<string>).data]))
  }
  await reached(stream, 'open')
  const big = 'x'.repeat(1024 * 1024)
  const last = nextEvent(stream, 'last')
  for (const data of ['unnamed', 'a\nb\n', '👩‍🚀⚽', '', big]) await live.channel().publish({ data } as never)
  await live.channel().publish({ event: 'text', data: 'named' })
  await live.channel().publish({ event: 'last', data: '' } as never)
  await last
  expect(seen.at(-1)).toEqual(['text', 'named'])
  expect(seen.map(([, data]) => data)).toEqual(['unnamed', 'a\nb\n', '👩‍🚀⚽', '', big, 'named'])
})

it('EventStream resumes after a cut, and state has the number of replayed events', async () => {
  withoutWaiting()
  const live = await startLive((connection) => void connection.subscribe('c'))
  const stream = openStream<Events>(live.url)
  const ready = () => nextEvent(stream, 'sse-ready')
  const seen: number[] = []
  stream.addEventListener('score', (event) => seen.push(event.json().home))
  await ready()
  expect(stream.state).toMatchObject({ name: 'open', resumed: false, replayed: 0 })
  const score = nextEvent(stream, 'score')
  await live.channel().publish({ event: 'score', data: { home: 1 } })
  await score
  const again = ready()
  live.cut()
  for (const home of [2, 3, 4]) await live.channel().publish({ event: 'score', data: { home } })
  await again
  expect(stream.state).toMatchObject({ name: 'open', resumed: true, replayed: 3 })
  expect(seen).toEqual([1, 2, 3, 4])
})

it('EventStream gets each event once over many cuts', async () => {
  withoutWaiting()
  const live = await startLive((connection) => void connection.subscribe('c'))
  const stream = openStream<Events>(live.url)
  const seen: number[] = []
  const all = new Promise<void>((resolve) => {
    stream.addEventListener('score', (event) => {
      seen.push(event.json().home)
      if (seen.length === 300) resolve()
    })
  })
  await nextEvent(stream, 'sse-ready')
  for (let home = 1; home <= 300; home++) {
    await live.channel().publish({ event: 'score', data: { home } })
    if (home % 20 === 0) live.cut()
    if (home % 3 === 0) await new Promise(setImmediate)
  }
  await all
  expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
})

it('EventStream fires gap with the channels after the server has lost its memory', async () => {
  withoutWaiting()
  const live = await startLive((connection) => void connection.subscribe('c'))
  const stream = openStream<Events>(live.url)
  const first = nextEvent(stream, 'score')
  await reached(stream, 'open')
  await live.channel().publish({ event: 'score', data: { home: 1 } })
  await first
  const gap = nextEvent<CustomEvent<Gap>>(stream, 'gap')
  live.restart()
  expect((await gap).detail).toEqual({ channels: ['c'], reason: 'restarted', complete: true })
})

it('EventStream reconnects after a drain, however often it is shed meanwhile', async () => {
  withoutWaiting()
  const live = await startLive((connection) => void connection.subscribe('c'))
  const stream = openStream<Events>(live.url)
  await nextEvent(stream, 'sse-ready')
  const left = nextEvent<CustomEvent<Reason>>(stream, 'error')
  await live.drain()
  expect((await left).detail).toEqual({ code: 'ended' })
  // A shed request ends without an event. A request on a socket that the server closes at that moment fails.
  // The client retries after both.
  const nextReason = async () => (await nextEvent<CustomEvent<Reason>>(stream, 'error')).detail.code
  let reason = await nextReason()
  while (reason === 'failed') reason = await nextReason()
  expect(reason).toBe('ended')
  const back = nextEvent(stream, 'sse-ready')
  live.restart()
  await back
  expect(stream.state.name).toBe('open')
})

it('EventStream gets the older latest events of a channel that the handler subscribes to late', async () => {
  let subscribeLate = () => {}
  const live = await startLive((connection) => {
    connection.subscribe('c')
    subscribeLate = () => void connection.subscribe('d')
  })
  await live.channel('d').publish({ event: 'text', data: 'older', key: 'k' })
  const stream = openStream<Events>(live.url)
  const seen: string[] = []
  stream.addEventListener('text', (event) => seen.push(event.data))
  await nextEvent(stream, 'sse-ready')
  const newer = nextEvent(stream, 'text')
  await live.channel().publish({ event: 'text', data: 'newer' })
  await newer
  const older = nextEvent(stream, 'text')
  subscribeLate()
  await older
  expect(seen).toEqual(['newer', 'older'])
})
