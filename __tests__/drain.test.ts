import { execFileSync } from 'node:child_process'
import { createRegistry, sse, type SseMiddleware } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import {
  bareHttp,
  bareHttp2,
  bareHttp2Tls,
  bareHttps,
  connectHttp2,
  express5,
  startServer,
  type ServerKind,
} from './helpers/servers.js'
import { MORE_THAN_SOCKETS_HOLD } from './helpers/system-buffers.js'
import { until } from './helpers/until.js'

describe.each([express5, bareHttps, bareHttp2, connectHttp2])('drain() on $name', (kind) => {
  it('ends connections over the window, each with its own retry, and sheds new requests', async () => {
    const { live, server, another, stream } = await openSubscribed('a', { kind })
    const streams = [stream]
    for (let i = 0; i < 15; i++) streams.push((await another()).stream)
    for (const each of streams) await each.waitFor(({ event }) => event === 'sse-ready')
    const ends: number[] = []
    for (const each of streams) void each.ended.then(() => ends.push(performance.now()))
    const start = performance.now()
    const draining = live.registry.drain({ window: 500 })
    const late = await openStream(server)
    expect(late.status).toBe(200)
    expect(await late.ended).toBe('ended')
    expect(late.raw).toMatch(/^retry: \d+\n$/)
    await draining
    await until(() => ends.length === streams.length)
    expect(streams.map(({ state }) => state)).toEqual(streams.map(() => 'ended'))
    expect(Math.max(...ends) - Math.min(...ends)).toBeGreaterThan(100)
    expect(Math.min(...ends) - start).toBeLessThan(400)
    const retries = streams.map(({ raw }) => /\nretry: (\d+)\n$/.exec(raw)?.[1])
    expect(retries).not.toContain(undefined)
    expect(new Set(retries).size).toBeGreaterThan(5)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0, shed: 1, closed: { drained: 16 } })
  })

  it('lets server.close() finish', async () => {
    const { live, server, stream } = await openSubscribed('a', { kind })
    const closed = new Promise((resolve) => server.server.close(resolve))
    await live.registry.drain({ window: 20 })
    expect(await stream.ended).toBe('ended')
    await closed
    await until(() => server.sockets.size === 0)
  })

  it('delivers events that were published before and during the drain', async () => {
    const { live, stream } = await openSubscribed('a', { kind })
    void live.channel('a').publish({ data: 'before' })
    const draining = live.registry.drain({ window: 300 })
    void live.channel('a').publish({ data: 'during' })
    await draining
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['before', 'during'])
  })
})

describe('drain()', () => {
  it('resolves at once if there is no connection', async () => {
    await sse().registry.drain()
  })

  it('ends all connections at once if the window is 0', async () => {
    const { live, stream } = await openSubscribed('a')
    await live.registry.drain({ window: 0 })
    expect(await stream.ended).toBe('ended')
  })

  it('ends a connection that reaches maxAge before the end of the window', async () => {
    const { live, stream } = await openBothSides({ sseOptions: { maxAge: 200, keepAlive: false } })
    await live.registry.drain({ window: 3_600_000 })
    expect(await stream.ended).toBe('ended')
  })

  it('can be followed by close(), which does not wait for the window', async () => {
    const { live, stream } = await openSubscribed('a')
    const draining = live.registry.drain({ window: 3_600_000 })
    await live.registry.close()
    await draining
    expect(await stream.ended).toBe('ended')
    expect(live.registry.stats().connections).toBe(0)
  })

  it('resolves even if a client does not read, after stallTimeout', async () => {
    const { live, stream, connection } = await openBothSides({ sseOptions: { stallTimeout: 100 } })
    stream.pause()
    connection.send({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
    await live.registry.drain({ window: 10 })
    expect(live.registry.stats().connections).toBe(0)
  })

  it.each([{ window: -1 }, { window: Infinity }, { grace: -1 }, { grace: '1' }, { grace: true }, { windw: 1 }])(
    'refuses the options %j',
    async (options: object) => {
      const { registry } = sse()
      const refusal = { code: 'ERR_SSE_OPTION' }
      expect(() => registry.drain(options)).toThrow(expect.objectContaining(refusal) as Error)
      if ('window' in options) return
      await expect(registry.close(options)).rejects.toMatchObject(refusal)
      await expect(sse({ registry }).close(options)).rejects.toMatchObject(refusal)
    },
  )

  it('sheds an earlier request that opens its stream only after the drain', async () => {
    const live = sse()
    let open: (() => void) | undefined
    const server = await startServer(express5, live, (_req, res) => (open = () => void res.sse?.subscribe('a')))
    const opening = openStream(server)
    await until(() => open !== undefined)
    await live.registry.drain()
    open?.()
    const stream = await opening
    expect(await stream.ended).toBe('ended')
    expect(live.registry.stats()).toMatchObject({ connections: 0, shed: 1 })
  })
})

describe('a shed request', () => {
  it('closes its socket, so that server.close() finishes', async () => {
    const { live, server } = await openSubscribed('a')
    await live.registry.drain({ window: 0 })
    const late = await openStream(server, { headers: { connection: 'keep-alive' } })
    const closed = new Promise((resolve) => server.server.close(resolve))
    expect(late.headers.connection).toBe('close')
    await closed
    await until(() => server.sockets.size === 0)
  })
})

it('drain() and close() leave no timer behind if there is no connection', async () => {
  const { registry } = sse()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const interval = jest.spyOn(globalThis, 'setInterval')
  const before = timers()
  await registry.drain()
  await registry.close()
  expect(timers()).toBe(before)
  expect(interval).not.toHaveBeenCalled()
  interval.mockRestore()
})

const LEAVING = { window: 20, grace: 100 }

/** A client that does not read, with much unsent, on a server without `stallTimeout`. */
async function openStalled(kind: ServerKind) {
  const sides = await openSubscribed('a', { kind, sseOptions: { stallTimeout: false } })
  sides.stream.pause()
  sides.connection.send({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
  return sides
}

const ways: [string, (live: SseMiddleware, grace: number) => Promise<void>][] = [
  ['drain()', (live, grace) => live.registry.drain({ window: LEAVING.window, grace })],
  ['close()', (live, grace) => live.registry.close({ grace })],
  ['close() of the middleware', (live, grace) => live.close({ grace })],
]

describe.each([bareHttp, bareHttps, bareHttp2, bareHttp2Tls])('a client that does not read, on $name', (kind) => {
  it.each(ways)('is destroyed and counted after the grace period of %s', async (_name, leave) => {
    const { live, server, stream } = await openStalled(kind)
    const closed = new Promise((resolve) => server.server.close(resolve))
    await leave(live, LEAVING.grace)
    expect(live.registry.stats()).toMatchObject({ connections: 0, stalled: 0, destroyed: 1 })
    await closed
    stream.resume()
    expect(await stream.ended).toBe('cut')
  })

  it('gets its remaining bytes if it reads again within the grace period', async () => {
    const { live, stream } = await openStalled(kind)
    const draining = live.registry.drain({ window: 0, grace: 60_000 })
    await until(() => live.registry.stats().closed.drained === 1)
    stream.resume()
    await draining
    expect(await stream.ended).toBe('ended')
    expect(stream.data.map(({ length }) => length)).toEqual([MORE_THAN_SOCKETS_HOLD])
    expect(live.registry.stats().destroyed).toBe(0)
  })
})

it('close() destroys connections that a drain() with a longer grace period waits for', async () => {
  const { live } = await openStalled(bareHttp)
  const draining = live.registry.drain({ window: 0, grace: false })
  await until(() => live.registry.stats().closed.drained === 1)
  await live.registry.close({ grace: LEAVING.grace })
  await draining
  expect(live.registry.stats().destroyed).toBe(1)
})

it('close() of one middleware leaves the streams of another on the same registry open', async () => {
  const registry = createRegistry()
  const [first, second] = [sse({ registry, stallTimeout: false }), sse({ registry })]
  const stalled = await openBothSides({ live: first })
  const other = await openBothSides({ live: second })
  stalled.stream.pause()
  stalled.connection.send({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
  await first.close({ grace: 50 })
  expect(registry.stats()).toMatchObject({ connections: 1, destroyed: 1 })
  other.connection.send({ data: 'still' })
  await other.stream.waitForData('still')
})

it('a process with nothing else to do finishes its drain', () => {
  // The sockets are unref'ed, so that only the drain keeps the process alive.
  const script = `
    import { createServer, request } from 'node:http'
    import { sse } from './src/index.ts'
    const live = sse()
    const server = createServer((req, res) => live(req, res, () => res.sse.subscribe('a')))
    server.on('connection', (socket) => socket.unref())
    server.listen(0, '127.0.0.1', () => {
      const headers = { accept: 'text/event-stream' }
      const asked = request({ port: server.address().port, host: '127.0.0.1', headers, agent: false })
      asked.on('error', () => {}).on('response', (response) => {
        response.once('data', () => {
          server.close()
          response.socket.unref()
          live.registry.drain({ window: 300 }).then(() => console.log('drained', live.registry.stats().closed.drained))
        })
      })
      asked.end()
    })`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const output = execFileSync(process.execPath, args, { cwd: `${__dirname}/..`, timeout: 20_000, encoding: 'utf8' })
  expect(output.trim()).toBe('drained 1')
})
