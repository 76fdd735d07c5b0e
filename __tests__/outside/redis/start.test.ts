// What a process makes of what it finds in Redis when it starts.
import { createClient } from 'redis'
import type { RegistryOptions } from '../../../src/index.js'
import { redisStore } from '../../../src/redis/index.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { until } from '../../helpers/until.js'

let redis: RedisServer
let streams = 0

const publish = ({ live }: Live, data: string, key?: string) =>
  live.channel('a').publish(key === undefined ? { data } : { data, key })

/** What a client reads until it is told that it is up to date; gaps by their reason. */
async function read(server: Live, lastEventId?: string): Promise<string[]> {
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
  const stream: OpenStream = await openStream(server, { path: '/a', headers })
  await stream.waitFor(({ event }) => event === 'sse-ready')
  return stream.events
    .filter(({ event }) => event !== 'sse-ready')
    .map(({ event, data }) => (event === 'sse-gap' ? (JSON.parse(data) as { reason: string }).reason : data))
}

describeWithRedis('a process that starts beside others', () => {
  beforeAll(async () => (redis = await RedisServer.start()))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `start-${streams++}`))
  const start = (registry: RegistryOptions = {}) => startLive({ stream, url: redis.url }, registry)
  const keyOf = (name: string) => `{${stream}}:${name}`

  it('finds all of history, however many replies it takes', async () => {
    const history = { events: 3000 }
    const one = await start({ history })
    const id = await publish(one, 'first')
    const numbers = Array.from({ length: 2500 }, (_, i) => `${i}`)
    await Promise.all(numbers.map((data) => publish(one, data)))
    expect(await read(await start({ history }), id)).toEqual(numbers)
  })

  it('loads no more than its log may hold, and knows that there was more', async () => {
    const one = await start()
    const id = await publish(one, 'first')
    for (const name of ['1', '2', '3']) await publish(one, name + 'x'.repeat(10_000))
    const [gap, ...events] = await read(await start({ bytes: 25_000 }), id)
    expect(gap).toBe('evicted')
    expect(events.map((data) => data[0])).toEqual(['2', '3'])
    expect(await read(await start(), id)).toHaveLength(3)
  })

  it('knows the latest events alone, where it replays nothing', async () => {
    const one = await start()
    const id = await publish(one, 'k1', 'k')
    await publish(one, 'plain')
    await publish(one, 'k2', 'k')
    expect(await read(await start({ history: false }))).toEqual(['k2'])
    expect(await read(await start({ history: false }), id)).toEqual(['evicted', 'k2'])
  })

  it('leaves out what somebody else has put between the events and beside the latest', async () => {
    const one = await start()
    const id = await publish(one, '1')
    await redis.command('XADD', keyOf('events'), '*', 'any', 'thing')
    await publish(one, '2', 'k')
    await redis.command('HSET', keyOf('latest'), 'any', 'thing')
    const other = await start()
    expect(await read(other, id)).toEqual(['2'])
    expect(await read(other)).toEqual(['2'])
  })

  it('tells of a gap where an event is missing from the middle of the stream', async () => {
    const one = await start()
    const id = await publish(one, '1')
    await publish(one, '2')
    const [[entry]] = (await redis.command('XREVRANGE', keyOf('events'), '+', '-', 'COUNT', '1')) as [[string]]
    await publish(one, '3')
    await redis.command('XDEL', keyOf('events'), entry)
    const other = await start()
    expect(await read(other, id)).toEqual(['evicted', '3'])
    expect(await read(one, id)).toEqual(['2', '3'])
  })

  it('waits, and says why, while somebody else’s data stands where the state belongs', async () => {
    await redis.command('SET', keyOf('state'), 'something else')
    const server = await startLive({ stream, url: redis.url, startTimeout: 1 })
    await until(() => server.reports.length > 0)
    expect(server.reports[0]).toMatchObject({
      cause: { message: expect.stringContaining(`${keyOf('state')} was not written by this package`) as string },
    })
    await redis.command('DEL', keyOf('state'))
    await publish(server, '1', 'k')
    expect(await read(server)).toEqual(['1'])
  })

  it('understands a client of the older protocol', async () => {
    const client = createClient({ url: redis.url, RESP: 2 })
    const server = await startLive({ stream, client })
    const open = await openStream(server, { path: '/a' })
    await open.waitFor(({ event }) => event === 'sse-ready')
    await publish(server, '1')
    await open.waitForData('1')
  })

  it('publishes in order what is too much for one batch', async () => {
    const server = await start()
    const open = await openStream(server, { path: '/a' })
    await open.waitFor(({ event }) => event === 'sse-ready')
    const large = Array.from({ length: 8 }, (_, i) => `${i}${'x'.repeat(100_000)}`)
    await Promise.all(large.map((data) => publish(server, data)))
    await open.waitForData(large.at(-1)!)
    expect(open.data.map((data) => data[0])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  })
})

it('a store is made of a URL or of a client, one of them', () => {
  const url = 'redis://127.0.0.1'
  expect(() => redisStore({ stream: 'a' })).toThrow('pass either url or client; got neither')
  expect(() => redisStore({ url, client: createClient({ url }), stream: 'a' })).toThrow(
    'pass either url or client; got both',
  )
})
