import { sse } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp2, bareHttps, connectHttp2, express5, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

describe.each([express5, bareHttps, bareHttp2, connectHttp2])('drain() on $name', (kind) => {
  it('ends every connection within the window, each with a retry of its own, and sheds new ones', async () => {
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

  it('delivers what was published before, and takes what is published during it', async () => {
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
  it('settles at once where there is no connection', async () => {
    await sse().registry.drain()
  })

  it('ends all at once in a window of nothing', async () => {
    const { live, stream } = await openSubscribed('a')
    await live.registry.drain({ window: 0 })
    expect(await stream.ended).toBe('ended')
  })

  it('does not keep a connection beyond its age, however long the window', async () => {
    const { live, stream } = await openBothSides({ sseOptions: { maxAge: 200, keepAlive: false } })
    await live.registry.drain({ window: 3_600_000 })
    expect(await stream.ended).toBe('ended')
  })

  it('may be followed by close(), which does not wait for the window', async () => {
    const { live, stream } = await openSubscribed('a')
    const draining = live.registry.drain({ window: 3_600_000 })
    await live.registry.close()
    await draining
    expect(await stream.ended).toBe('ended')
    expect(live.registry.stats().connections).toBe(0)
  })

  it('settles although a client does not read, because that one is stalled', async () => {
    const { live, stream, connection } = await openBothSides({ sseOptions: { stallTimeout: 100 } })
    stream.pause()
    connection.send({ data: 'x'.repeat(24 * 1024 * 1024) })
    await live.registry.drain({ window: 10 })
    expect(live.registry.stats().connections).toBe(0)
  })

  it('refuses a window that is none', () => {
    expect(() => sse().registry.drain({ window: -1 })).toThrow(
      expect.objectContaining({ code: 'ERR_SSE_OPTION' }) as Error,
    )
  })

  it('sheds a request that came before and opens its stream only now', async () => {
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

describe('a request that is shed', () => {
  it('takes its socket with it, which would keep server.close() from finishing', async () => {
    const { live, server } = await openSubscribed('a')
    await live.registry.drain({ window: 0 })
    const late = await openStream(server, { headers: { connection: 'keep-alive' } })
    const closed = new Promise((resolve) => server.server.close(resolve))
    expect(late.headers.connection).toBe('close')
    await closed
    await until(() => server.sockets.size === 0)
  })
})

it('leaves no timer behind when there is nothing to drain', async () => {
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
