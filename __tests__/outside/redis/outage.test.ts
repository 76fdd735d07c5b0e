import { createRegistry } from '../../../src/index.js'
import { redisStore } from '../../../src/redis/index.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { withClient } from '../../helpers/redis-clients.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { describeWithEachRedis, RedisServer } from '../../helpers/redis-server.js'
import { SwitchedPort } from '../../helpers/switched-port.js'
import { ThrottledPort } from '../../helpers/throttled-port.js'
import { afterTest } from '../../helpers/after-test.js'
import { until } from '../../helpers/until.js'
import { setTimeout as sleep } from 'node:timers/promises'

interface Gap {
  channels: string[]
  reason: string
}

const gapsOf = (stream: OpenStream) =>
  stream.events.filter(({ event }) => event === 'sse-gap').map(({ data }) => JSON.parse(data) as Gap)

const reasonsOf = (stream: OpenStream) => gapsOf(stream).map(({ reason }) => reason)

const ready = (stream: OpenStream) => stream.waitFor(({ event }) => event === 'sse-ready')

const gap = (stream: OpenStream) => stream.waitFor(({ event }) => event === 'sse-gap')

const publish = ({ live }: Live, data: string, key?: string) =>
  live.channel('a').publish({ data, ...(key === undefined ? {} : { key }) })

describeWithEachRedis('when Redis fails', (version) => {
  let redis: RedisServer

  beforeEach(async () => {
    redis = await RedisServer.start()
    afterTest(() => redis.close())
  })

  const start = (options: Partial<Parameters<typeof startLive>[0]> = {}) =>
    startLive(withClient(version, { url: redis.url, ...options }))

  async function open(server: Live, headers: Record<string, string> = {}): Promise<OpenStream> {
    const stream = await openStream(server, { path: '/a', headers })
    await ready(stream)
    return stream
  }

  it('and is not there at the start, streams open with keep-alives and begin when it comes', async () => {
    await redis.stop()
    const server = await start({ startTimeout: 50, publishTimeout: 50 })
    const stream = await openStream(server, { path: '/a' })
    await until(() => stream.comments.length > 1)
    await expect(publish(server, 'lost')).rejects.toMatchObject({ code: 'ERR_SSE_STORE_TIMEOUT' })
    await redis.run()
    await ready(stream)
    expect(reasonsOf(stream)).toEqual([])
    await publishUntilAccepted(server, '1')
    await stream.waitForData('1')
  })

  it('and is not there at the start, a client that comes with an ID is not told of a gap before it can be known', async () => {
    const before = await start()
    const id = await publish(before, '1')
    await publish(before, '2')
    await redis.stop()
    const server = await start({ startTimeout: 50 })
    const stream = await openStream(server, { path: '/a', headers: { 'last-event-id': id } })
    await until(() => stream.comments.length > 1)
    expect(stream.events).toEqual([])
    await redis.run()
    await ready(stream)
    expect([reasonsOf(stream), stream.data]).toEqual([[], ['2']])
  })

  it('by restarting with its data, clients notice nothing and what is published meanwhile arrives', async () => {
    const servers = [await start(), await start()] as const
    const streams = await Promise.all(servers.map((server) => open(server)))
    await publish(servers[0], '1')
    await redis.stop()
    const waiting = [publish(servers[0], '2'), publish(servers[1], '3')]
    await redis.run()
    await Promise.all(waiting)
    for (const stream of streams) {
      await stream.waitForData('2')
      await stream.waitForData('3')
      expect(reasonsOf(stream)).toEqual([])
      expect(stream.data).toHaveLength(3)
    }
    expect(streams[0]?.data).toEqual(streams[1]?.data)
  })

  it('by restarting empty, every client is told of a gap and goes on, and older IDs are a gap as well', async () => {
    const server = await start()
    const stream = await open(server)
    const id = await publish(server, '1')
    await stream.waitForData('1')
    await redis.stop()
    await redis.forget()
    await redis.run()
    await gap(stream)
    await publish(server, '2')
    await stream.waitForData('2')
    expect([reasonsOf(stream), stream.data]).toEqual([['restarted'], ['1', '2']])
    const late = await open(server, { 'last-event-id': id })
    expect(reasonsOf(late)).toEqual(['restarted'])
  })

  it('by FLUSHALL, clients are told of a gap, also when nothing is published', async () => {
    const server = await start()
    const stream = await open(server)
    await publish(server, '1', 'k')
    await stream.waitForData('1')
    await redis.command('FLUSHALL')
    await gap(stream)
    await publish(server, '2', 'k')
    await stream.waitForData('2')
    expect([reasonsOf(stream), stream.data]).toEqual([['restarted'], ['1', '2']])
    expect(server.live.channel('a').latest('k')?.data).toBe('2')
  })

  it('by FLUSHALL right before an event, the event is delivered behind the gap', async () => {
    const servers = [await start(), await start()] as const
    const streams = await Promise.all(servers.map((server) => open(server)))
    await publish(servers[0], '1')
    for (const stream of streams) await stream.waitForData('1')
    await redis.command('FLUSHALL')
    await publish(servers[0], '2')
    for (const stream of streams) {
      await stream.waitForData('2')
      expect(reasonsOf(stream)).toEqual(['restarted'])
    }
  })

  it('and its clock was set back, events go on from the last position', async () => {
    const server = await start()
    const stream = await open(server)
    await publish(server, '1')
    await redis.command('XSETID', '{sse}:events', '9000000000000-0')
    const id = await publish(server, '2')
    await publish(server, '3')
    await stream.waitForData('3')
    const resumed = await open(server, { 'last-event-id': id })
    expect([stream.data, resumed.data]).toEqual([['1', '2', '3'], ['3']])
    expect([reasonsOf(stream), reasonsOf(resumed)]).toEqual([[], []])
  })

  it('and comes back empty with its clock behind, the events that follow are not waited for in vain', async () => {
    const servers = [await start(), await start()] as const
    const streams = await Promise.all(servers.map((server) => open(server)))
    await publish(servers[0], '1')
    await redis.command('XSETID', '{sse}:events', '9000000000000-0')
    await publish(servers[0], '2')
    for (const stream of streams) await stream.waitForData('2')
    await redis.command('FLUSHALL')
    await publish(servers[0], '3')
    for (const stream of streams) {
      await stream.waitForData('3')
      expect([reasonsOf(stream), stream.data]).toEqual([['restarted'], ['1', '2', '3']])
    }
  })

  it('by FLUSHALL, an event, and then its end, a process reconnects ever more slowly and reports once', async () => {
    const port = await ThrottledPort.open(redis.port)
    const server = await start({ url: port.url })
    const before = await open(server)
    await publish(server, '1')
    await before.waitForData('1')
    await redis.command('FLUSHALL')
    await publish(server, '2')
    await redis.stop()
    const [connections, began] = [port.connections, performance.now()]
    await until(() => server.reports.length > 0)
    await sleep(1500)
    const passed = performance.now() - began
    // Waits of 25, 50, 100, 200, 400 and then 500 ms at least, for what reads, and as many for what publishes.
    expect(port.connections - connections).toBeLessThan(2 * (6 + passed / 500))
    expect(server.reports.map(({ message }) => message)).toEqual([expect.stringMatching(/^Redis cannot be read \(/)])
    await redis.run()
    const stream = await openStream(server, { path: '/a' })
    await publishUntilAccepted(server, '3')
    await stream.waitForData('3')
  })

  it('by CLIENT PAUSE, publishes wait and arrive in order', async () => {
    const server = await start()
    const stream = await open(server)
    await redis.command('CLIENT', 'PAUSE', '300', 'ALL')
    await Promise.all(['1', '2', '3'].map((data) => publish(server, data)))
    await stream.waitForData('3')
    expect([reasonsOf(stream), stream.data]).toEqual([[], ['1', '2', '3']])
  })

  it('by being stopped, publishes reject in time, streams stay open, and all goes on when it continues', async () => {
    const server = await start({ publishTimeout: 200 })
    const stream = await open(server)
    redis.pause()
    const outcomes = await Promise.allSettled(['1', '2'].map((data) => publish(server, data)))
    expect(
      outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as { code: string }).code),
    ).toEqual(['ERR_SSE_STORE_TIMEOUT', 'ERR_SSE_STORE_TIMEOUT'])
    expect(stream.state).toBe('open')
    redis.resume()
    await publishUntilAccepted(server, '3')
    await stream.waitForData('3')
    expect(reasonsOf(stream)).toEqual([])
  })

  it('by failing over to a replica that has everything, clients notice nothing', async () => {
    const replica = await startReplica(redis)
    const port = await SwitchedPort.open(redis.port)
    const server = await start({ url: port.url })
    const stream = await open(server)
    await publish(server, '1')
    await untilTrue(async () => (await replica.command('XLEN', '{sse}:events')) === 1)
    await replica.command('REPLICAOF', 'NO', 'ONE')
    await redis.stop()
    port.switchTo(replica.port)
    await publish(server, '2')
    await stream.waitForData('2')
    expect([reasonsOf(stream), stream.data]).toEqual([[], ['1', '2']])
  })

  it('by failing over to a replica that is behind, every process tells its clients of a gap', async () => {
    const replica = await startReplica(redis)
    const port = await SwitchedPort.open(redis.port)
    const servers = [await start({ url: port.url }), await start({ url: port.url })] as const
    const streams = await Promise.all(servers.map((server) => open(server)))
    const first = await publish(servers[0], '1', 'k')
    await untilTrue(async () => (await replica.command('XLEN', '{sse}:events')) === 1)
    await replica.command('REPLICAOF', 'NO', 'ONE')
    await publish(servers[0], 'lost')
    for (const stream of streams) await stream.waitForData('lost')
    await redis.stop()
    port.switchTo(replica.port)
    await publish(servers[0], '2')
    for (const stream of streams) {
      await stream.waitForData('2')
      expect([reasonsOf(stream), stream.data]).toEqual([['restarted'], ['1', 'lost', '1', '2']])
    }
    // A client that had not got the lost event must not resume as if there had been none.
    const late = await open(servers[1], { 'last-event-id': first })
    expect(reasonsOf(late)).toEqual(['restarted'])
  })

  it('by losing an event that no process had read but that was confirmed, clients are told of a gap', async () => {
    const server = await start()
    const stream = await open(server)
    await publish(server, '1')
    await stream.waitForData('1')
    const state = await redis.command('GET', '{sse}:state')
    // The reader's connection is held up, as on a slow network, so that the event is confirmed and not read.
    await publish(server, 'lost')
    await stream.waitForData('lost')
    const [[newest]] = (await redis.command('XREVRANGE', '{sse}:events', '+', '-', 'COUNT', '1')) as [[string]]
    await redis.command('XDEL', '{sse}:events', newest)
    await redis.command('SET', '{sse}:state', String(state))
    await gap(stream)
    expect(reasonsOf(stream)).toEqual(['restarted'])
  })

  it('for so long that the stream was trimmed past a process, its clients are told of a gap and get the rest', async () => {
    const writer = await start({ maxLength: 1 })
    const port = await SwitchedPort.open(redis.port)
    const server = await start({ url: port.url, maxLength: 1 })
    const stream = await open(server)
    await publish(writer, 'before')
    await stream.waitForData('before')
    port.cut()
    const many = Array.from({ length: 500 }, (_, i) => String(i))
    await publish(writer, 'kept', 'k')
    await Promise.all(many.map((data) => publish(writer, data)))
    port.restore()
    await stream.waitForData('499')
    expect(reasonsOf(stream)).toEqual(['slow'])
    const [before, kept, ...rest] = stream.data
    expect([before, kept]).toEqual(['before', 'kept'])
    expect(rest).toEqual(many.slice(-rest.length))
    expect(rest.length).toBeLessThan(many.length)
  })

  it('no more publishes wait than are allowed to, and unawaited ones are reported', async () => {
    const server = await start({ publishTimeout: 300, maxWaiting: { publishes: 10 } })
    await redis.stop()
    const publishes = Array.from({ length: 30 }, () => publish(server, 'x').catch((error: unknown) => error))
    const codes = (await Promise.all(publishes)).map((error) => (error as { code: string }).code)
    expect(codes.filter((code) => code === 'ERR_SSE_STORE_FULL')).toHaveLength(20)
    expect(codes.filter((code) => code === 'ERR_SSE_STORE_TIMEOUT')).toHaveLength(10)
    void publish(server, 'x')
    await until(() => server.reports.some((error) => 'code' in error && error.code === 'ERR_SSE_STORE_TIMEOUT'))
  })

  it('publishes that nobody awaits are warned of once, and do not end the process', async () => {
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    afterTest(() => emit.mockRestore())
    const late = () =>
      emit.mock.calls.filter(([, options]) => (options as { code?: string }).code === 'ERR_SSE_STORE_TIMEOUT')
    await redis.stop()
    const registry = createRegistry({
      store: redisStore({ url: redis.url, stream: 'sse', publishTimeout: 50, startTimeout: 50 }),
    })
    afterTest(() => registry.close())
    for (let i = 0; i < 100; i++) void registry.channel('a').publish({ data: 'x' })
    await expect(registry.channel('a').publish({ data: 'last' })).rejects.toThrow(/has not confirmed/)
    await until(() => late().length > 0)
    await sleep(50)
    expect(late()).toHaveLength(1)
  })

  it('a connection that has died without a sign is replaced, and clients get what they missed', async () => {
    const port = await SwitchedPort.open(redis.port)
    const [writer, server] = [await start(), await start({ url: port.url })] as const
    const stream = await open(server)
    await publish(writer, '1')
    await stream.waitForData('1')
    port.dropAnswers()
    await publish(writer, '2')
    await stream.waitForData('2')
    expect([reasonsOf(stream), stream.data]).toEqual([[], ['1', '2']])
  })

  it('a publish whose answer was lost with its connection is published once', async () => {
    const port = await SwitchedPort.open(redis.port)
    const server = await start({ url: port.url })
    const stream = await open(server)
    await publish(server, '1')
    port.dropAnswers()
    const publishing = publish(server, '2')
    await untilTrue(async () => (await redis.command('XLEN', '{sse}:events')) === 2)
    port.cut()
    port.restore()
    await publishing
    await publish(server, '3')
    await stream.waitForData('3')
    expect([reasonsOf(stream), stream.data]).toEqual([[], ['1', '2', '3']])
  })
})

async function startReplica(of: RedisServer): Promise<RedisServer> {
  const replica = await RedisServer.start(
    '--replicaof',
    '127.0.0.1',
    String(of.port),
    '--repl-diskless-sync-delay',
    '0',
  )
  afterTest(() => replica.close())
  await of.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
  await untilTrue(async () => String(await replica.command('INFO', 'replication')).includes('master_link_status:up'))
  return replica
}

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (await condition()) return
    await sleep(10)
  }
  throw new Error(`waited in vain until ${condition.toString()}`)
}

async function publishUntilAccepted(server: Live, data: string): Promise<string> {
  for (;;) {
    try {
      return await publish(server, data)
    } catch {
      // Redis is still on its way.
    }
  }
}
