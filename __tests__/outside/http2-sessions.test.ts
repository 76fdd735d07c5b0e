// Many streams on one HTTP/2 session: stallTimeout applies to each stream, and the session closes when it must.
import { once } from 'node:events'
import { connect, type ClientHttp2Session, type Http2Server, type Http2ServerResponse } from 'node:http2'
import { createRegistry, sse, type SseMiddleware, type SseOptions } from '../../src/index.js'
import { afterTest } from '../helpers/after-test.js'
import { Http2Socket } from '../helpers/http2-socket.js'
import { openStream } from '../helpers/open-stream.js'
import {
  bareHttp2,
  bareHttp2Tls,
  connectHttp2,
  startServer,
  type Handler,
  type TestServer,
} from '../helpers/servers.js'
import { until } from '../helpers/until.js'

const MIB = 1024 * 1024
const STALL_TIMEOUT = 500
const STREAMS = 20
const PERIOD = 10
const TIMEOUT = 100
/** Milliseconds that a slow client waits after each frame of 16 KiB: 64 MiB take at least 8 s. */
const PAUSE = 2

/** A server whose streams subscribe to the channel that their path names. */
async function startChannels(kind: typeof bareHttp2, options: SseOptions = {}, before: Handler[] = []) {
  const live = sse({ stallTimeout: STALL_TIMEOUT, ...options })
  const server = await startServer(kind, ...before, live, (req, res) => res.sse?.subscribe(req.url!.slice(1)))
  return { live, server }
}

/** A session of an ordinary client, which keeps it open. */
function openSession({ origin }: TestServer): ClientHttp2Session {
  const session = connect(origin, { rejectUnauthorized: false })
  afterTest(() => session.destroy())
  session.on('error', () => {})
  return session
}

/** Requests a stream as an ordinary client. */
async function openStreamOf(session: ClientHttp2Session, path: string) {
  const stream = session.request({ ':path': path, accept: 'text/event-stream' })
  stream.on('error', () => {})
  await once(stream, 'response')
  return stream
}

function publishOn(live: SseMiddleware, channel: string): { readonly count: number } {
  const published = { count: 0 }
  const timer = setInterval(() => void live.channel(channel).publish({ data: `${published.count++}` }), PERIOD)
  afterTest(() => clearInterval(timer))
  return published
}

const connections = (live: SseMiddleware) => live.registry.stats().connections

describe.each([bareHttp2, bareHttp2Tls])('streams of one session on $name', (kind) => {
  it('are cut after stallTimeout if they do not read, while others continue', async () => {
    const { live, server } = await startChannels(kind)
    const session = openSession(server)
    await once(session, 'connect')
    session.setLocalWindowSize(16 * MIB)
    const other = await openStreamOf(session, '/other')
    let text = ''
    other.setEncoding('utf8').on('data', (part: string) => (text += part))
    const stalled = await Promise.all(Array.from({ length: STREAMS }, () => openStreamOf(session, '/stalled')))
    await until(() => connections(live) === STREAMS + 1)
    const published = publishOn(live, 'other')
    await live.channel('stalled').publish({ data: 'x'.repeat(MIB) })
    await until(() => live.registry.stats().closed.stalled === STREAMS)
    const then = published.count
    await until(() => text.includes(`data: ${then}\n`))
    const numbers = Array.from(text.matchAll(/^data: (\d+)$/gm), ([, number]) => Number(number))
    expect(numbers.slice(0, then)).toEqual(Array.from({ length: then }, (_, i) => i))
    expect(connections(live)).toBe(1)
    expect(session.destroyed).toBe(false)
    for (const stream of stalled) stream.resume()
    await until(() => stalled.every(({ closed }) => closed))
  })

  it('are cut after stallTimeout if their windows are 0, even if PINGs are answered', async () => {
    const { live, server } = await startChannels(kind)
    const client = await Http2Socket.open(server, { window: 0 })
    for (let i = 0; i < STREAMS; i++) client.ask('/a')
    await until(() => connections(live) === STREAMS)
    client.keepPinging(PERIOD)
    await until(() => live.registry.stats().closed.stalled === STREAMS)
    await until(() => client.reset.size === STREAMS)
    expect(client.received).toBe(0)
    expect(live.registry.stats().stalled).toBe(0)
    // The socket makes progress, so other streams of the session could continue.
    expect(client.socket.closed).toBe(false)
  })

  it('are cut with their session if its socket accepts nothing', async () => {
    const { live, server } = await startChannels(kind)
    const client = await Http2Socket.open(server)
    for (let i = 0; i < STREAMS; i++) client.ask('/a')
    await until(() => connections(live) === STREAMS)
    client.socket.pause()
    await live.channel('a').publish({ data: 'x'.repeat(4 * MIB) })
    await until(() => live.registry.stats().closed.stalled === STREAMS)
    await until(() => server.sockets.size === 0)
  })

  it('are kept while they make progress on one huge event', async () => {
    const { live, server } = await startChannels(kind)
    const session = openSession(server)
    const slow = await openStreamOf(session, '/slow')
    let received = 0
    // Paused in the listener: a client that is paused later would have read more by then.
    slow.on('data', (part: Buffer) => {
      received += part.length
      slow.pause()
      setTimeout(() => slow.resume(), PAUSE)
    })
    await until(() => connections(live) === 1)
    await live.channel('slow').publish({ data: 'x'.repeat(64 * MIB) })
    const [end, before] = [performance.now() + 4 * STALL_TIMEOUT, received]
    await until(() => performance.now() > end || slow.closed)
    expect(received).toBeGreaterThan(before)
    expect(received).toBeLessThan(64 * MIB)
    expect(live.registry.stats()).toMatchObject({ connections: 1, closed: { stalled: 0 } })
  })

  it('get published events in order, in writes of at most 64 KiB', async () => {
    const { live, server } = await startChannels(kind)
    const stream = await openStream(server, { path: '/a' })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    const data = Array.from({ length: 20 }, (_, i) => `${i} ${'ü⚽'.repeat(i * 2000)}`)
    for (const each of data) void live.channel('a').publish({ data: each })
    await stream.waitForData(data.at(-1)!)
    expect(stream.data.every((each, i) => each === data[i])).toBe(true)
  })
})

describe.each([bareHttp2, bareHttp2Tls, connectHttp2])('a session of streams on $name', (kind) => {
  it('lets server.close() finish after drain(), even if the client keeps it open', async () => {
    const { live, server } = await startChannels(kind)
    const [busy, idle] = [openSession(server), openSession(server)]
    const streams = await Promise.all(Array.from({ length: 5 }, () => openStreamOf(busy, '/a')))
    for (const stream of streams) stream.resume()
    const early = await openStreamOf(idle, '/a')
    early.close()
    await until(() => connections(live) === streams.length)
    const closed = new Promise((resolve) => server.server.close(resolve))
    await live.registry.drain({ window: 20 })
    await live.registry.close()
    await closed
    await until(() => busy.destroyed && idle.destroyed)
    expect(live.registry.stats()).toMatchObject({ destroyed: 0, closed: { drained: streams.length } })
  })

  it('is closed after a stream that is shed after a drain', async () => {
    const { live, server } = await startChannels(kind)
    await live.registry.drain()
    const session = openSession(server)
    const shed = await openStreamOf(session, '/a')
    shed.resume()
    await until(() => session.destroyed)
  })

  it('is closed even if the client never closes the socket', async () => {
    const { live, server } = await startChannels(kind)
    const client = await Http2Socket.open(server, { allowHalfOpen: true })
    client.ask('/a')
    await until(() => connections(live) === 1)
    await live.close()
    await until(() => client.isGoingAway)
    await until(() => server.sockets.size === 0)
  })

  it('stays open if the app closes one of two middlewares that share a registry', async () => {
    const registry = createRegistry()
    const [live, other] = [sse({ registry }), sse({ registry })]
    const server = await startServer(
      kind,
      (req, res, next) => (req.url === '/other' ? other : live)(req, res, next),
      (_req, res) => res.sse?.subscribe('a'),
    )
    const session = openSession(server)
    const [closing, staying] = [await openStreamOf(session, '/'), await openStreamOf(session, '/other')]
    closing.resume()
    let text = ''
    staying.setEncoding('utf8').on('data', (part: string) => (text += part))
    await live.close()
    await until(() => closing.closed)
    await registry.channel('a').publish({ data: 'still' })
    await until(() => text.includes('still'))
  })

  it('has no time-out while it carries a stream, and has one again afterwards', async () => {
    const before: Handler[] = [
      (req, res, next) => {
        const { stream } = res as unknown as Http2ServerResponse
        for (const each of [req, res, stream]) each.setTimeout(TIMEOUT, () => res.destroy())
        next()
      },
    ]
    const { live, server } = await startChannels(kind, { keepAlive: false }, before)
    ;(server.server as unknown as Http2Server).setTimeout(TIMEOUT)
    const session = openSession(server)
    const stream = await openStreamOf(session, '/a')
    let text = ''
    stream.setEncoding('utf8').on('data', (part: string) => (text += part))
    await until(() => text.includes('sse-ready'))
    await new Promise((resolve) => setTimeout(resolve, 4 * TIMEOUT))
    await live.channel('a').publish({ data: 'late' })
    await until(() => text.includes('late'))
    stream.close()
    await until(() => session.destroyed)
  })

  it('has no time-out while it carries a stream of another registry', async () => {
    const first = sse()
    const { live, server } = await startChannels(kind, { keepAlive: false }, [
      (req, res, next) => {
        if (req.url !== '/first') {
          next()
          return
        }
        first(req, res, () => res.sse?.open())
      },
    ])
    ;(server.server as unknown as Http2Server).setTimeout(TIMEOUT)
    const session = openSession(server)
    const [leaving, staying] = [await openStreamOf(session, '/first'), await openStreamOf(session, '/a')]
    let text = ''
    staying.setEncoding('utf8').on('data', (part: string) => (text += part))
    leaving.resume().close()
    await until(() => connections(first) === 0)
    await new Promise((resolve) => setTimeout(resolve, 4 * TIMEOUT))
    await live.channel('a').publish({ data: 'late' })
    await until(() => text.includes('late'))
    staying.close()
    await until(() => session.destroyed)
  })
})
