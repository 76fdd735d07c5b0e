// A user logs out: the connections end in every process that shares the stream of Redis.
import type { IncomingMessage } from 'node:http'
import { sse } from '../../../src/index.js'
import { redisStore } from '../../../src/redis/index.js'
import { afterTest } from '../../helpers/after-test.js'
import { openStream } from '../../helpers/open-stream.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { bareHttp, bareHttp2, startServer, type ServerKind } from '../../helpers/servers.js'
import { SwitchedPort } from '../../helpers/switched-port.js'
import { until } from '../../helpers/until.js'

let redis: RedisServer
let streams = 0

const ownerOf = ({ headers }: Pick<IncomingMessage, 'headers'>) => headers['x-owner'] as string | undefined

describeWithRedis('disconnect() over Redis', () => {
  beforeAll(async () => (redis = await RedisServer.start('--appendonly', 'no')))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `disconnect-${streams++}`))

  /** Starts a server with two connections to Redis of its own, as a process has. */
  async function start(kind: ServerKind = bareHttp, url = redis.url) {
    const onError = () => undefined
    const live = sse({ owner: ownerOf, registry: { store: redisStore({ url, stream }), onError } })
    const server = await startServer(kind, live, (_req, res) => res.sse?.subscribe('a'))
    afterTest(() => live.close())
    const open = async (owner: string) => {
      const client = await openStream(server, { headers: { 'x-owner': owner } })
      await client.waitFor(({ event }) => event === 'sse-ready')
      return client
    }
    return { live, open, connections: () => live.registry.stats().connections }
  }

  it.each([bareHttp, bareHttp2])('ends 100 streams of a user in three processes, on $name', async (kind) => {
    const processes = [await start(kind), await start(kind), await start(kind)] as const
    const openMany = (owner: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, i) => processes[i % processes.length]!.open(owner)))
    const ann = await openMany('ann', 100)
    const others = [...(await openMany('bob', 30)), ...(await openMany('annie', 3))]
    expect(await processes[0].live.registry.disconnect({ owner: 'ann' })).toBe(34)
    expect(new Set(await Promise.all(ann.map(({ ended }) => ended)))).toEqual(new Set(['ended']))
    await processes[1].live.channel('a').publish({ data: 'after' })
    for (const client of others) await client.waitForData('after')
    await until(() => processes.every(({ connections }) => connections() === 11))
    const counts = processes.map(({ live }) => live.registry.stats().closed.disconnected)
    expect(counts).toEqual([34, 33, 33])
    expect(ann.flatMap(({ data }) => data)).toEqual([])
  })

  it('reaches a process that finds a new stream, because Redis has lost the old one', async () => {
    const port = await SwitchedPort.open(redis.port)
    const [one, away] = [await start(), await start(bareHttp, port.url)]
    const client = await away.open('ann')
    await one.live.channel('a').publish({ data: 'lost' })
    await client.waitForData('lost')
    port.cut()
    await redis.command('FLUSHALL')
    await one.live.channel('a').publish({ data: 'new' })
    await one.live.registry.disconnect({ owner: 'ann' })
    port.restore()
    expect(await client.ended).toBe('ended')
    expect(away.live.registry.stats().closed.disconnected).toBe(1)
  })

  it('does not affect who connects later, also to a process that joins later', async () => {
    const [one, other] = [await start(), await start()]
    const before = await other.open('ann')
    await one.live.registry.disconnect({ owner: 'ann' })
    await before.ended
    const joined = await start()
    const later = [await one.open('ann'), await other.open('ann'), await joined.open('ann')]
    await one.live.channel('a').publish({ data: 'later' })
    for (const client of later) {
      await client.waitForData('later')
      expect(client.state).toBe('open')
    }
  })

  it('ends the connections here while Redis is away, and those elsewhere once it is back', async () => {
    const port = await SwitchedPort.open(redis.port)
    const [away, other] = [await start(bareHttp, port.url), await start()]
    const [here, there] = [await away.open('ann'), await other.open('ann')]
    port.cut()
    const disconnecting = away.live.registry.disconnect({ owner: 'ann' })
    await here.ended
    expect(there.state).toBe('open')
    port.restore()
    expect(await disconnecting).toBe(1)
    await there.ended
  })
})
