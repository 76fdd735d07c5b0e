import { createRegistry, sse, type RegistryStats } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'
import { sizeOf, sizeOfChannel } from '../src/log/sizes.js'

describe('a registry', () => {
  it('is shared by all routes that use it', async () => {
    const registry = createRegistry()
    const [one, two] = [sse({ registry }), sse({ registry })]
    expect(one.registry).toBe(registry)
    const server = await startServer(
      bareHttp,
      (req, res, next) => (req.url === '/one' ? one : two)(req, res, next),
      (_req, res) => {
        expect(res.sse?.registry).toBe(registry)
        res.sse?.subscribe('a')
      },
    )
    const streams = [await openStream(server, { path: '/one' }), await openStream(server, { path: '/two' })]
    for (const stream of streams) await stream.next()
    await two.channel('a').publish({ data: 'goal' })
    for (const stream of streams) await stream.waitForData('goal')
    expect(registry.channel('a').subscribers).toBe(2)
  })

  it('of one sse() is separate from that of another', async () => {
    const { stream, live } = await openSubscribed('a')
    await sse().channel('a').publish({ data: 'elsewhere' })
    await live.channel('a').publish({ data: 'here' })
    await stream.waitForData('here')
    expect(stream.data).toEqual(['here'])
  })

  it('has a channel while it has a subscriber, history or a latest event', async () => {
    const { live, stream } = await openSubscribed('read', { sseOptions: { registry: { history: { events: 1 } } } })
    const { registry } = live
    registry.channel('asked for')
    await registry.channel('written').publish({ data: '1' })
    expect(registry.names().sort()).toEqual(['read', 'written'])
    expect(['read', 'written', 'asked for'].map((name) => registry.has(name))).toEqual([true, true, false])
    stream.close()
    await until(() => !registry.has('read'))
    expect(registry.names()).toEqual(['written'])
  })

  it('removes a channel when its history expires', async () => {
    const registry = createRegistry({ history: { age: 1 } })
    await registry.channel('old').publish({ data: '1' })
    const published = Date.now()
    await until(() => Date.now() > published + 2)
    await registry.channel('new').publish({ data: '2' })
    expect(registry.names()).toEqual(['new'])
    expect(registry.stats()).toMatchObject({ channels: 1, events: 1 })
  })

  it('without history keeps only the latest event of each key', async () => {
    const registry = createRegistry({ history: false })
    await registry.channel('plain').publish({ data: '1' })
    for (const data of ['1', '2']) await registry.channel('keyed').publish({ data, key: 'k' })
    expect(registry.names()).toEqual(['keyed'])
    expect(registry.stats()).toMatchObject({ channels: 1, events: 1, published: 3 })
    expect(registry.channel('keyed').latest('k')?.data).toBe('2')
  })

  it('stays within its bounds on events, bytes and keys', async () => {
    const registry = createRegistry({ history: { events: 10 }, bytes: 20_000, keys: 5 })
    for (let i = 0; i < 50; i++) await registry.channel('a').publish({ data: `${i}` })
    expect(registry.stats().events).toBe(10)
    for (let i = 0; i < 50; i++) await registry.channel(`${i}`).publish({ data: 'x'.repeat(1000) })
    expect(registry.stats().bytes).toBeLessThanOrEqual(20_000)
    for (let i = 0; i < 50; i++) await registry.channel('keyed').publish({ data: `${i}`, key: `${i}` })
    expect(registry.channel('keyed').latest('44')).toBeUndefined()
    expect(registry.channel('keyed').latest('45')?.data).toBe('45')
  })

  it('rejects publishes after it has been closed', async () => {
    const registry = createRegistry()
    await registry.close()
    await registry.close()
    const publishing = registry.channel('a').publish({ data: '1' })
    await expect(publishing).rejects.toMatchObject({ name: 'SseError', code: 'ERR_SSE_CLOSED' })
    expect(registry.stats()).toMatchObject({ published: 0, events: 0, channels: 0 })
  })
})

describe('stats()', () => {
  const nothing: RegistryStats = {
    connections: 0,
    channels: 0,
    events: 0,
    bytes: 0,
    stalled: 0,
    published: 0,
    delivered: 0,
    conflated: 0,
    evictedKeys: 0,
    sentBytes: 0,
    gaps: { evicted: 0, slow: 0, restarted: 0, unknown: 0, snapshot: 0 },
    resumes: { resumed: 0, evicted: 0, restarted: 0, unknown: 0 },
    closed: { client: 0, server: 0, expired: 0, drained: 0, disconnected: 0, stalled: 0, overflow: 0, error: 0 },
    destroyed: 0,
    shed: 0,
  }

  it('begins with zeros', () => {
    expect(createRegistry().stats()).toEqual(nothing)
  })

  it('counts connections, events, deliveries, ends and shed requests', async () => {
    const { live, stream, connection, another } = await openSubscribed('a', { sseOptions: { maxConnections: 2 } })
    const { stream: second } = await another()
    await second.next()
    const shed = await another()
    expect(await shed.stream.ended).toBe('ended')
    await live.channel('a').publish({ data: 'für' })
    await live.channel('b').publish({ data: '2' })
    for (const client of [stream, second]) await client.waitForData('für')
    const text = second.raw.slice(second.raw.indexOf('data: für'))
    const otherText = text.replace('für', '2')
    const bytes = sizeOf(text, Buffer.byteLength(text)) + sizeOf(otherText, otherText.length) + 2 * sizeOfChannel('a')
    const counts = live.registry.stats()
    expect(counts).toEqual({
      ...nothing,
      connections: 2,
      channels: 2,
      events: 2,
      published: 2,
      delivered: 2,
      sentBytes: counts.sentBytes,
      shed: 1,
      bytes: counts.bytes,
    })
    expect(Math.abs(counts.bytes - bytes)).toBeLessThanOrEqual(4)
    second.close()
    await until(() => live.registry.stats().connections === 1)
    connection.close()
    expect(live.registry.stats()).toMatchObject({ connections: 0 })
  })

  it('returns copies', () => {
    const registry = createRegistry()
    registry.stats().gaps.slow = 7
    expect(registry.stats()).toEqual(nothing)
  })

  it('counts a stream that resumes once, although its handler subscribes in several turns', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, async (_req, res) => {
      res.sse!.subscribe('a')
      await new Promise(setImmediate)
      res.sse!.subscribe('b')
    })
    const id = await live.channel('a').publish({ data: '1' })
    const stream = await openStream(server, { headers: { 'last-event-id': id } })
    await live.channel('b').publish({ data: '2' })
    await stream.waitForData('2')
    expect(live.registry.stats().resumes).toEqual({ resumed: 1, evicted: 0, restarted: 0, unknown: 0 })
  })

  it('counts resumes and gaps by outcome', async () => {
    const { live, stream, another } = await openSubscribed('a', {
      sseOptions: { registry: { history: { events: 1 } } },
    })
    const first = stream.lastEventId
    for (const data of ['1', '2', '3']) await live.channel('a').publish({ data })
    await stream.waitForData('3')
    const restarted = `${first.slice(0, -7)}zzzzzzz`
    for (const id of [stream.lastEventId, first, restarted, 'garbage']) {
      const { stream: resumed } = await another({ headers: { 'last-event-id': id } })
      await resumed.waitFor(({ event }) => event === 'sse-ready')
    }
    expect(live.registry.stats()).toMatchObject({
      resumes: { resumed: 1, evicted: 1, restarted: 1, unknown: 1 },
      gaps: { evicted: 1, slow: 0, restarted: 1, unknown: 1 },
    })
  })
})

describe('maxConnections', () => {
  it('sheds further requests with a stream that ends, and a longer retry', async () => {
    const { stream, another, live } = await openBothSides({ sseOptions: { maxConnections: 1, retry: 1000 } })
    const shed = await another()
    expect(shed.stream.status).toBe(200)
    expect(shed.stream.headers).toMatchObject({ 'content-type': 'text/event-stream', vary: 'Accept' })
    expect(await shed.stream.ended).toBe('ended')
    expect(shed.stream.raw).toMatch(/^retry: \d+\n$/)
    expect(shed.stream.retries[0]).toBeGreaterThanOrEqual(2000)
    stream.close()
    await until(() => live.registry.stats().connections === 0)
    const next = await another()
    await next.stream.waitForRaw((raw) => raw.includes('sse-open'))
    expect(live.registry.stats()).toMatchObject({ connections: 1, shed: 1 })
  })

  it('holds when several requests wait in their handlers', async () => {
    const live = sse({ maxConnections: 1 })
    let held: (() => void)[] = []
    const server = await startServer(bareHttp, live, (_req, res) => held.push(() => res.sse?.subscribe('a')))
    const opening = [openStream(server), openStream(server), openStream(server)]
    await until(() => held.length === 3)
    for (const open of held) open()
    held = []
    const streams = await Promise.all(opening)
    await until(() => streams.filter(({ state }) => state === 'ended').length === 2)
    expect(live.registry.stats()).toMatchObject({ connections: 1, shed: 2 })
  })

  it('may be 0', async () => {
    const { stream } = await openBothSides({ sseOptions: { maxConnections: 0 } })
    expect(await stream.ended).toBe('ended')
    expect(stream.retries).toHaveLength(1)
  })

  it('sends shed clients a retry even if retry is false, and sends no message', async () => {
    const live = sse({ maxConnections: 1, retry: false })
    const held: (() => boolean | undefined)[] = []
    const server = await startServer(bareHttp, live, (_req, res) => held.push(() => res.sse?.send({ data: 'a' })))
    const opening = [openStream(server), openStream(server)]
    await until(() => held.length === 2)
    expect(held.map((send) => send())).toEqual([true, false])
    const streams = await Promise.all(opening)
    await until(() => streams.some(({ state }) => state === 'ended'))
    expect(streams.find(({ state }) => state === 'ended')?.raw).toMatch(/^retry: \d+\n$/)
  })
})
