import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { createRegistry, type DiagnosticsMessages } from '../../../src/index.js'
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

  it('at the start, streams open with keep-alives and begin when it comes back', async () => {
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

  it('at the start, a client with an ID gets no gap before Redis is back', async () => {
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

  it('metrics and diagnostics tell that it is away, and that it is back', async () => {
    const states: string[] = []
    const listener = (message: unknown) => {
      const { registry, state, error } = message as DiagnosticsMessages['express-sse-channels:store']
      if (registry === server.live.registry) states.push(error === undefined ? state : `${state}: an error`)
    }
    const server = await start()
    await publish(server, '0')
    await until(() => server.live.registry.stats().events === 1)
    subscribe('express-sse-channels:store', listener)
    afterTest(() => unsubscribe('express-sse-channels:store', listener))
    const isUp = () => server.live.registry.metrics().includes('\nsse_store_up 1\n')
    expect(isUp()).toBe(true)
    await redis.stop()
    await until(() => !isUp())
    await redis.run()
    await until(isUp)
    expect(states).toEqual(['unavailable: an error', 'available'])
    await publishUntilAccepted(server, '1')
    await until(() => server.live.registry.stats().events === 2)
    const [, lag = ''] = /\nsse_store_lag_seconds (.*)\n/.exec(server.live.registry.metrics()) ?? []
    expect(Number(lag)).toBeGreaterThanOrEqual(0)
    expect(Number(lag)).toBeLessThan(60)
  })

  it('and restarts with its data, clients get all events without a gap', async () => {
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

  it('and restarts empty, clients get a gap, also for older IDs', async () => {
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

  it('by FLUSHALL, clients get a gap, even if nothing is published', async () => {
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

  it('by FLUSHALL right before an event, clients get a gap and then the event', async () => {
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

  it('and its clock was set back, events continue after the last position', async () => {
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

  it('and restarts empty with its clock behind, clients get the new events', async () => {
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

  it('after FLUSHALL and an event, a process reconnects ever more slowly and reports once', async () => {
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
    // Waits of at least 25, 50, 100, 200, 400 and then 500 ms, for the reader and for the publisher.
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

  it('by being paused, publishes reject in time, and streams stay open and continue', async () => {
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

  it('over to a replica with all events, clients get no gap', async () => {
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

  it('over to a replica that is behind, the clients of every process get a gap', async () => {
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
    // A client without the lost event must get a gap when it resumes.
    const late = await open(servers[1], { 'last-event-id': first })
    expect(reasonsOf(late)).toEqual(['restarted'])
  })

  it('and loses a confirmed event that no process has read, clients get a gap', async () => {
    const server = await start()
    const stream = await open(server)
    await publish(server, '1')
    await stream.waitForData('1')
    const state = await redis.command('GET', '{sse}:state')
    // As if the reader were slow: the event is confirmed, but not read.
    await publish(server, 'lost')
    await stream.waitForData('lost')
    const [[newest]] = (await redis.command('XREVRANGE', '{sse}:events', '+', '-', 'COUNT', '1')) as [[string]]
    await redis.command('XDEL', '{sse}:events', newest)
    await redis.command('SET', '{sse}:state', String(state))
    await gap(stream)
    expect(reasonsOf(stream)).toEqual(['restarted'])
  })

  it('until the stream is trimmed past a process, its clients get a gap and the rest', async () => {
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

  it('publishes beyond maxWaiting reject, and unawaited ones are reported', async () => {
    const server = await start({ publishTimeout: 300, maxWaiting: { publishes: 10 } })
    await redis.stop()
    const publishes = Array.from({ length: 30 }, () => publish(server, 'x').catch((error: unknown) => error))
    const codes = (await Promise.all(publishes)).map((error) => (error as { code: string }).code)
    expect(codes.filter((code) => code === 'ERR_SSE_STORE_FULL')).toHaveLength(20)
    expect(codes.filter((code) => code === 'ERR_SSE_STORE_TIMEOUT')).toHaveLength(10)
    void publish(server, 'x')
    await until(() => server.reports.some((error) => 'code' in error && error.code === 'ERR_SSE_STORE_TIMEOUT'))
  })

  it('unawaited publishes are warned of once, and do not end the process', async () => {
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

  it('a dead connection is replaced, and clients get missed events', async () => {
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

  it('a publish whose answer was lost is stored once', async () => {
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
      // Redis is still starting.
    }
  }
}
