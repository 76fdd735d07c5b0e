// Several messages in one step over Redis: one command, all or none, also in retries.
import { createRegistry, type ChannelMessage } from '../../../src/index.js'
import { redisStore, type RedisStoreOptions } from '../../../src/redis/index.js'
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { SwitchedPort } from '../../helpers/switched-port.js'

let redis: RedisServer
let streams = 0

describeWithRedis('several messages over Redis', () => {
  beforeAll(async () => (redis = await RedisServer.start('--appendonly', 'no')))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `several-${streams++}`))

  function start(options: Partial<RedisStoreOptions> = {}) {
    const registry = createRegistry({ store: redisStore({ url: redis.url, stream, ...options }) })
    afterTest(() => registry.close())
    return registry
  }

  const list = (count: number, name = ''): ChannelMessage[] =>
    Array.from({ length: count }, (_, i) => ({ channel: 'a', data: `${name}${i}` }))

  /** How often a publish script has run, by the two keys that each sets. */
  async function scripts(): Promise<number> {
    const stats = String(await redis.command('INFO', 'commandstats'))
    return Number(/cmdstat_set:calls=(\d+)/.exec(stats)?.[1] ?? 0) / 2
  }

  it('take one round trip', async () => {
    const registry = start()
    await registry.publish(list(1))
    await redis.command('CONFIG', 'RESETSTAT')
    expect(await registry.publish(list(100))).toHaveLength(100)
    expect(await scripts()).toBe(1)
  })

  it('are never split over two batches, which hold at most 1,000 events otherwise', async () => {
    const { store, log } = await openLog({ url: redis.url, stream })
    await store.append(entry(dataOf('first')))
    await redis.command('CONFIG', 'RESETSTAT')
    const single = Array.from({ length: 950 }, (_, i) => entry(dataOf(String(i))))
    const several = list(100).map(({ data }) => entry(dataOf(String(data))))
    const appends = [...single.map(async (each) => store.append(each)), store.appendAll?.(several)]
    await Promise.all([...appends, store.append(entry(dataOf('last')))])
    await log.until(() => log.bodies.at(-1) === dataOf('last'))
    // 950 and 100 together, and the last one.
    expect(await scripts()).toBe(2)
    expect(log.bodies).toHaveLength(1 + 950 + 100 + 1)
  })

  it('are published once and together, although the connection broke before the reply', async () => {
    const port = await SwitchedPort.open(redis.port)
    const registry = start({ url: port.url })
    const { log } = await openLog({ url: redis.url, stream })
    await registry.publish(list(1, 'first'))
    port.dropAnswers()
    const publishing = registry.publish(list(50, 'lost'))
    await log.until(() => log.bodies.length === 51)
    port.cut()
    port.restore()
    const ids = await publishing
    expect(new Set(ids).size).toBe(50)
    await registry.publish(list(1, 'last'))
    await log.until(() => log.bodies.at(-1) === dataOf('last0'))
    expect(log.bodies.slice(1, -1)).toEqual(list(50, 'lost').map(({ data }) => dataOf(String(data))))
  })

  it('count one by one in maxWaiting, and all are refused if one is too many', async () => {
    const { store } = await openLog({
      ...{ url: 'redis://127.0.0.1:1', stream, startTimeout: 1, publishTimeout: 60_000 },
      maxWaiting: { publishes: 10 },
    })
    const entries = (count: number) => Array.from({ length: count }, () => entry(dataOf('x')))
    const codeOf = (error: unknown) => (error as { code: string }).code
    const waiting = Promise.resolve(store.appendAll?.(entries(6))).catch(codeOf)
    await expect(store.appendAll?.(entries(5))).rejects.toMatchObject({ code: 'ERR_SSE_STORE_FULL' })
    const more = Promise.resolve(store.appendAll?.(entries(4))).catch(codeOf)
    await expect(store.append(entry(dataOf('x')))).rejects.toMatchObject({ code: 'ERR_SSE_STORE_FULL' })
    await store.close()
    expect(await Promise.all([waiting, more])).toEqual(['ERR_SSE_CLOSED', 'ERR_SSE_CLOSED'])
  })

  it('all time out together', async () => {
    const registry = start({ url: 'redis://127.0.0.1:1', startTimeout: 1, publishTimeout: 100 })
    await expect(registry.publish(list(100))).rejects.toMatchObject({ code: 'ERR_SSE_STORE_TIMEOUT' })
    expect(registry.stats().published).toBe(0)
  })
})
