// In which batches waiting publishes go to Redis.
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { ThrottledPort } from '../../helpers/throttled-port.js'

describeWithRedis('publishes to a Redis that is far away', () => {
  it('go in batches that grow with what waits', async () => {
    const redis = await RedisServer.start('--appendonly', 'no')
    afterTest(() => redis.close())
    const port = await ThrottledPort.open(redis.port, { delay: 40 })
    const { store, log } = await openLog({ url: port.url, stream: 's' })
    await store.append(entry(dataOf('first')))
    const bodies = Array.from({ length: 5000 }, (_, i) => dataOf(String(i)))
    await redis.command('CONFIG', 'RESETSTAT')
    await Promise.all(bodies.map(async (body) => store.append(entry(body))))
    const stats = String(await redis.command('INFO', 'commandstats'))
    // All wait at once, so each batch is full. What reads takes some commands as well.
    const scripts = /cmdstat_set:calls=(\d+)/.exec(stats)?.[1]
    expect(Number(scripts)).toBe(2 * 5)
    await log.until(() => log.bodies.length === 5001)
    expect(log.bodies.slice(1)).toEqual(bodies)
  })

  it('go in batches of a MiB at most, and a larger one alone', async () => {
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
