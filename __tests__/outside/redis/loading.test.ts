// How much a starting process loads from Redis, also over slow networks.
import { createRegistry } from '../../../src/index.js'
import { redisStore } from '../../../src/redis/index.js'
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { ThrottledPort } from '../../helpers/throttled-port.js'

const KIB = 1024
const MIB = 1024 * KIB

let redis: RedisServer
let streams = 0

describeWithRedis('a process that starts', () => {
  beforeAll(async () => (redis = await RedisServer.start('--appendonly', 'no')))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `loading-${streams++}`))

  const open = (url = redis.url, bounds: Parameters<typeof openLog>[1] = {}, rest = {}) =>
    openLog({ url, stream, startTimeout: 60_000, ...rest }, bounds)

  /** Publishes events of one size. */
  async function fill(
    count: number,
    size: number,
    nameOf: (i: number) => { key?: string; channel?: string },
    rest = {},
  ) {
    const { store } = await open(redis.url, { bytes: 1 }, rest)
    const body = dataOf('x'.repeat(size))
    for (let i = 0; i < count; i += 100) {
      const batch = Array.from({ length: Math.min(100, count - i) }, (_, j) => nameOf(i + j))
      await Promise.all(batch.map(async (name) => store.append(entry(body, name))))
    }
    await store.close()
  }

  it('loads an entry of 1 MiB even if it takes longer than all time-outs', async () => {
    await fill(1, MIB, () => ({}))
    const port = await ThrottledPort.open(redis.port, { bytesPerSecond: 128 * KIB })
    const { log } = await open(port.url)
    expect(log.held?.events).toHaveLength(1)
    expect([log.errors, port.connections]).toEqual([[], 1])
  }, 60_000)

  it('loads large entries a few at a time, and no more than its log may hold', async () => {
    await fill(200, 50 * KIB, () => ({}))
    const port = await ThrottledPort.open(redis.port)
    const { log } = await open(port.url, { bytes: MIB })
    expect(log.held?.events.length).toBeGreaterThanOrEqual(19)
    expect(log.held?.events.length).toBeLessThanOrEqual(22)
    // The last page may exceed the bound by half a MiB.
    expect(port.received).toBeLessThan(1.7 * MIB)
  })

  it('loads the newest latest events if its log cannot hold all, and marks the channels', async () => {
    await fill(1000, 10 * KIB, (i) => ({ key: `k${i}`, channel: i < 10 ? 'old' : 'new' }))
    await fill(1, 10, () => ({ channel: 'last' }))
    const port = await ThrottledPort.open(redis.port)
    const { log } = await open(port.url, { bytes: 2 * MIB, replay: false })
    const { latest = [], incomplete = [] } = log.held ?? {}
    const keys = latest.map(({ entry: { key } }) => key)
    expect(keys).toEqual(Array.from({ length: keys.length }, (_, i) => `k${1000 - keys.length + i}`))
    expect(keys.length).toBeGreaterThan(100)
    expect(port.received).toBeLessThan(3 * MIB)
    expect([...incomplete].sort()).toEqual(['new', 'old'])
  })

  it('gives half of the bound to latest events, and half to history', async () => {
    await fill(300, 10 * KIB, (i) => ({ key: `k${i}` }))
    await fill(300, 10 * KIB, () => ({}))
    const { log } = await open(redis.url, { bytes: MIB })
    const { latest = [], events = [] } = log.held ?? {}
    expect(events.length).toBeGreaterThan(90)
    expect(latest.length).toBeGreaterThanOrEqual(49)
    expect(latest.length).toBeLessThanOrEqual(51)
  })

  it('loads as many latest events of a channel as keys allows, and marks the channel', async () => {
    await fill(30, 10, (i) => ({ key: `k${i}`, channel: i < 10 ? 'few' : 'many' }))
    await fill(1, 10, () => ({}))
    const { log } = await open(redis.url, { keys: 15, replay: false })
    const keys = log.held?.latest.map(({ entry: { key } }) => key)
    expect(keys).toEqual(Array.from({ length: 25 }, (_, i) => (i < 10 ? `k${i}` : `k${i + 5}`)))
    expect(log.held?.incomplete).toEqual(['many'])
  })

  it('marks the channels of which maxKeys has evicted a latest event, whatever their names', async () => {
    const names = ['é⚽:1', '7:a', 'kept']
    await fill(6, 10, (i) => ({ key: `k${i}`, channel: names[Math.floor(i / 2)]! }), { maxKeys: 3 })
    const { log } = await open(redis.url)
    expect([...(log.held?.incomplete ?? [])].sort()).toEqual(['7:a', 'é⚽:1'])
    expect(await redis.command('HLEN', `{${stream}}:latest`)).toBe(3)
  })

  it('marks the channels whose latest events Redis has evicted', async () => {
    await fill(4, 10, (i) => ({ key: `k${i}`, channel: i < 2 ? 'old' : 'new' }))
    await redis.command('DEL', `{${stream}}:latest`)
    await fill(1, 10, () => ({ key: 'k2', channel: 'new' }))
    await redis.command('DEL', `{${stream}}:events`)
    const { log } = await open(redis.url)
    expect(log.held?.latest.map(({ entry: { key } }) => key)).toEqual(['k2'])
    expect([...(log.held?.incomplete ?? [])].sort()).toEqual(['new', 'old'])
  })

  it('marks every channel as incomplete if too many channels were evicted to remember', async () => {
    await fill(2, 10, (i) => ({ key: 'k', channel: `c${i}` }))
    await redis.command('ZADD', `{${stream}}:incomplete`, '+inf', '', '1', 'gone')
    const { log } = await open(redis.url)
    expect([...(log.held?.incomplete ?? [])].sort()).toEqual(['', 'gone'])
  })

  it('remembers a bounded number of incomplete channels, and that there are more', async () => {
    const members = Array.from({ length: 10_000 }, (_, i) => ['1', `c${i}`]).flat()
    await redis.command('ZADD', `{${stream}}:incomplete`, ...members)
    await fill(2, 10, (i) => ({ key: 'k', channel: `new${i}` }), { maxKeys: 1 })
    expect(await redis.command('ZCARD', `{${stream}}:incomplete`)).toBeLessThanOrEqual(10_001)
    expect(await redis.command('ZSCORE', `{${stream}}:incomplete`, '')).toBe('inf')
    expect(await redis.command('ZSCORE', `{${stream}}:incomplete`, 'new0')).not.toBeNull()
  })

  it('reads the clock of Redis, to compute the age of events', async () => {
    const before = Date.now()
    const { log } = await open()
    expect(log.held?.now).toBeGreaterThanOrEqual(before - 1)
    expect(log.held?.now).toBeLessThanOrEqual(Date.now() + 1)
  })

  it('has the events that were published while it was loading', async () => {
    await fill(40, 10 * KIB, (i) => ({ key: `k${i}` }))
    const writer = await open()
    const port = await ThrottledPort.open(redis.port, { bytesPerSecond: 256 * KIB })
    const opening = open(port.url)
    const numbers = Array.from({ length: 50 }, (_, i) => dataOf(String(i)))
    for (const body of numbers) await writer.store.append(entry(body, { key: 'new' }))
    const { log } = await opening
    await log.until(() => log.bodies.at(-1) === numbers.at(-1))
    expect(log.bodies.slice(-50)).toEqual(numbers)
    expect(log.skipped).toBe(0)
  })
})

describeWithRedis('a process that falls behind', () => {
  it('catches up by pages of bytes, in order', async () => {
    const server = await RedisServer.start('--appendonly', 'no')
    afterTest(() => server.close())
    const registry = createRegistry({ store: redisStore({ url: server.url, stream: 's' }) })
    afterTest(() => registry.close())
    const { log } = await openLog({ url: server.url, stream: 's' }, { bytes: Infinity })
    const sizes = [...Array.from({ length: 300 }, () => 10), ...Array.from({ length: 100 }, () => 50 * KIB), 2 * MIB, 5]
    const datas = sizes.map((size, i) => `${i}${'x'.repeat(size)}`)
    await Promise.all(datas.map((data) => registry.channel('a').publish({ data })))
    await log.until(() => log.events.length === datas.length)
    expect(log.bodies).toEqual(datas.map(dataOf))
  })
})
