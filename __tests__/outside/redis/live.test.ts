import { createSentinel } from 'redis'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRegistry } from '../../../src/index.js'
import { formatId, parseId } from '../../../src/log/position.js'
import { redisStore, type RedisStoreOptions } from '../../../src/redis/index.js'
import { afterTest } from '../../helpers/after-test.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { withClient } from '../../helpers/redis-clients.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { freePort } from '../../helpers/free-port.js'
import { describeWithEachRedis, describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { SwitchedPort } from '../../helpers/switched-port.js'
import { until } from '../../helpers/until.js'

const gapsIn = ({ events }: OpenStream) => events.filter(({ event }) => event === 'sse-gap')

async function open(server: Live, lastEventId?: string): Promise<OpenStream> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const stream = await openStream(server, { path: '/a', headers })
  await stream.waitFor(({ event }) => event === 'sse-ready')
  return stream
}

const publish = ({ live }: Live, data: string, rest: { key?: string; id?: string } = {}) =>
  live.channel('a').publish({ data, ...rest })

let redis: RedisServer
let streams = 0

describeWithEachRedis('processes that share a registry through Redis', (version) => {
  beforeAll(async () => (redis = await RedisServer.start()))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `live-${streams++}`))
  const start = (options: Partial<RedisStoreOptions> = {}, history = {}) =>
    startLive({ stream, ...withClient(version, { url: redis.url, ...options }) }, { history })

  it('deliver the events of all processes to the clients of all', async () => {
    const servers = [await start(), await start(), await start()]
    const clients = await Promise.all(servers.map((server) => open(server)))
    for (const [i, server] of servers.entries()) await publish(server, String(i))
    for (const client of clients) {
      await client.waitForData('2')
      expect(client.data).toEqual(['0', '1', '2'])
      expect(client.ids).toEqual(clients[0]?.ids)
    }
  })

  it('resume clients of each other, also by own IDs', async () => {
    const [one, other] = [await start(), await start()] as const
    const id = await publish(one, '1')
    const own = await publish(one, '2', { id: 'mine' })
    await publish(one, '3')
    expect(own).toBe('mine')
    const resumed = await open(other, id)
    const byOwn = await open(other, own)
    expect([resumed.data, byOwn.data]).toEqual([['2', '3'], ['3']])
    expect([...gapsIn(resumed), ...gapsIn(byOwn)]).toEqual([])
  })

  it('wait for their log if a client is ahead of it, instead of sending a gap', async () => {
    const port = await SwitchedPort.open(redis.port)
    const [one, other] = [await start(), await start({ url: port.url })] as const
    await publish(one, '1')
    await (await open(other)).waitFor(({ event }) => event === 'sse-ready')
    await publish(other, '2')
    const release = port.holdAnswers()
    const id = await publish(one, '3')
    const ahead = await openStream(other, { path: '/a', headers: { 'last-event-id': id } })
    await until(() => ahead.comments.length > 0)
    expect(ahead.events).toEqual([])
    release()
    await publish(one, '4')
    await ahead.waitForData('4')
    expect([ahead.data, gapsIn(ahead)]).toEqual([['4'], []])
    expect(other.live.registry.stats().resumes).toMatchObject({ resumed: 1, unknown: 0 })
  })

  it('wait for Redis if it is away when a client is ahead', async () => {
    const port = await SwitchedPort.open(redis.port)
    const [one, other] = [await start(), await start({ url: port.url })] as const
    await publish(one, '1')
    await (await open(other)).waitFor(({ event }) => event === 'sse-ready')
    port.cut()
    await publish(one, '2')
    const id = await publish(one, '3')
    const ahead = await openStream(other, { path: '/a', headers: { 'last-event-id': id } })
    await until(() => ahead.comments.length > 1)
    port.restore()
    await publish(one, '4')
    await ahead.waitForData('4')
    expect([ahead.data, gapsIn(ahead)]).toEqual([['4'], []])
  })

  it('send a gap for an ID from the future', async () => {
    const server = await start()
    const { epoch, position } = parseId(await publish(server, '1'))!
    const client = await open(server, formatId({ ms: position.ms + 1_000_000, seq: 0 }, epoch))
    expect(gapsIn(client).map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      { channels: ['a'], reason: 'unknown', complete: true },
    ])
  })

  it('resume from memory, so that resumes add no Redis commands', async () => {
    const server = await start()
    const id = await publish(server, '1')
    await publish(server, '2')
    await (await open(server, id)).waitForData('2')
    await redis.command('CONFIG', 'RESETSTAT')
    const clients = await Promise.all(Array.from({ length: 200 }, () => open(server, id)))
    const stats = String(await redis.command('INFO', 'commandstats'))
    expect(clients.every(({ data }) => data[0] === '2')).toBe(true)
    const calls = [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(([, name, count]) => [name, Number(count)])
    // A process reads and checks the state once a second. The connection of this test adds a few commands.
    expect(calls.reduce((sum, [, count]) => sum + Number(count), 0)).toBeLessThan(50)
  })

  it('send the latest events that the stream has trimmed, and a gap for the others', async () => {
    const one = await start({ maxLength: 1 })
    const id = await publish(one, 'kept', { key: 'k' })
    await Promise.all(Array.from({ length: 500 }, (_, i) => publish(one, String(i))))
    const other = await start({ maxLength: 1 })
    const newcomer = await open(other)
    expect(newcomer.data).toEqual(['kept'])
    expect(newcomer.ids).toEqual([id])
    const late = await open(other, id)
    expect(gapsIn(late).map(({ data }) => JSON.parse(data) as unknown)).toEqual([
      { channels: ['a'], reason: 'evicted', complete: true },
    ])
  })

  it('keep the latest events of maxKeys keys, and evict the oldest', async () => {
    const one = await start({ maxKeys: 2 })
    await Promise.all(['x', 'y', 'x', 'z'].map((key) => publish(one, key, { key })))
    expect(await redis.command('HLEN', `{${stream}}:latest`)).toBe(2)
    const keys = (await redis.command('HKEYS', `{${stream}}:latest`)) as string[]
    expect(keys.map((key) => key.slice(-1)).sort()).toEqual(['x', 'z'])
  })

  it('leave out foreign entries of the stream, and report them once', async () => {
    const server = await start()
    const client = await open(server)
    const forge = (...fields: string[]) => redis.command('XADD', `{${stream}}:events`, '*', ...fields)
    await publish(server, '1')
    const previous = client.lastEventId
    expect(previous).not.toBe('')
    await forge('any', 'thing')
    for (const body of [
      'data: x\n\nevent: sse-gap\ndata: {}\n',
      'data: x',
      'id: 1\n',
      'event: sse-gap\n',
      'data: \r\n',
    ]) {
      await forge('p', '0-0', 'c', 'a', 'b', body)
    }
    await publish(server, '2')
    await client.waitForData('2')
    expect([client.data, gapsIn(client)]).toEqual([['1', '2'], []])
    expect(server.reports.map(({ message }) => message)).toEqual([
      expect.stringMatching(/was not written by this package; it is left out/),
    ])
  })

  it('refuse two registries with one store', async () => {
    const store = redisStore({ url: redis.url, stream })
    const registry = createRegistry({ store })
    expect(() => createRegistry({ store })).toThrow(/a store belongs to one registry/)
    await registry.close()
  })

  it('reject a publish that Redis refuses, with the reason', async () => {
    const server = await start()
    await redis.command('SET', `{${stream}}:latest`, 'of another type')
    await expect(publish(server, '1', { key: 'k' })).rejects.toMatchObject({ code: 'ERR_SSE_STORE' })
  })
})

describeWithEachRedis('a Redis Cluster', ({ createCluster }) => {
  it('holds all keys of a registry in one slot', async () => {
    const node = await RedisServer.start('--cluster-enabled', 'yes')
    afterTest(() => node.close())
    await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    const client = createCluster({ rootNodes: [{ url: node.url }] })
    const servers = [await startLive({ client }), await startLive({ client })] as const
    const stream = await open(servers[1])
    await publish(servers[0], '1', { key: 'k' })
    await stream.waitForData('1')
    const slots = ['events', 'state', 'latest', 'order'].map((key) =>
      node.command('CLUSTER', 'KEYSLOT', `{sse}:${key}`),
    )
    expect(new Set(await Promise.all(slots)).size).toBe(1)
    expect(gapsIn(stream)).toEqual([])
  })
})

describeWithRedis('Sentinel', () => {
  it('leads to the new master after a fail-over, without a gap', async () => {
    const master = await RedisServer.start('--repl-diskless-sync-delay', '0')
    afterTest(() => master.close())
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(master.port))
    afterTest(() => replica.close())
    const sentinel = await startSentinel(master)
    const client = createSentinel({ name: 'm', sentinelRootNodes: [{ host: '127.0.0.1', port: sentinel.port }] })
    const server = await startLive({ client, publishTimeout: 20_000 })
    const stream = await open(server)
    await publish(server, '1')
    await stream.waitForData('1')
    await untilTrue(async () => String(await sentinel.command('SENTINEL', 'REPLICAS', 'm')).includes(`${replica.port}`))
    await untilTrue(async () => (await replica.command('XLEN', '{sse}:events')) === 1)
    await untilTrue(() =>
      sentinel.command('SENTINEL', 'FAILOVER', 'm').then(
        () => true,
        () => false,
      ),
    )
    await untilTrue(async () => String(await replica.command('ROLE')).startsWith('master'))
    await publish(server, '2')
    await stream.waitForData('2')
    expect([stream.data, gapsIn(stream)]).toEqual([['1', '2'], []])
  }, 60_000)
})

async function startSentinel(master: RedisServer): Promise<RedisServer> {
  const file = join(master.folder, `sentinel-${await freePort()}.conf`)
  await writeFile(file, `sentinel monitor m 127.0.0.1 ${master.port} 1\nsentinel down-after-milliseconds m 1000\n`)
  const sentinel = await RedisServer.startSentinel(file)
  afterTest(() => sentinel.close())
  return sentinel
}

async function untilTrue(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await condition().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited in vain until ${condition.toString()}`)
}
