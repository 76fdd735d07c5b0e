// The batches in which waiting publishes are sent to Redis.
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { ThrottledPort } from '../../helpers/throttled-port.js'

describeWithRedis('publishes to a distant Redis', () => {
  it('are sent in batches that grow with the number of waiting ones', async () => {
    const redis = await RedisServer.start('--appendonly', 'no')
    afterTest(() => redis.close())
    const port = await ThrottledPort.open(redis.port, { delay: 40 })
    const { store, log } = await openLog({ url: port.url, stream: 's' })
    await store.append(entry(dataOf('first')))
    const bodies = Array.from({ length: 5000 }, (_, i) => dataOf(String(i)))
    await redis.command('CONFIG', 'RESETSTAT')
    await Promise.all(bodies.map(async (body) => store.append(entry(body))))
    const stats = String(await redis.command('INFO', 'commandstats'))
    // All wait at once, so each batch is full.
    const scripts = /cmdstat_set:calls=(\d+)/.exec(stats)?.[1]
    expect(Number(scripts)).toBe(2 * 5)
    await log.until(() => log.bodies.length === 5001)
    expect(log.bodies.slice(1)).toEqual(bodies)
  })

  it('are sent in batches of at most 1 MiB, and a larger one alone', async () => {
    const redis = await RedisServer.start('--appendonly', 'no')
    afterTest(() => redis.close())
    const { store } = await openLog({ url: redis.url, stream: 's' })
    await store.append(entry(dataOf('first')))
    await redis.command('CONFIG', 'RESETSTAT')
    const sizes = [400_000, 400_000, 2_000_000, 10, 10]
    await Promise.all(sizes.map(async (size) => store.append(entry(dataOf('x'.repeat(size))))))
    const stats = String(await redis.command('INFO', 'commandstats'))
    expect(/cmdstat_set:calls=(\d+)/.exec(stats)?.[1]).toBe(String(2 * 3))
  })
})
