// Publishes that wait for Redis: how much may wait, and how many go at once.
import { sizeOfEntry } from '../src/log/sizes.js'
import type { LogEntry } from '../src/log/store.js'
import { dataOf, entry } from '../src/store-contract/one-store.js'
import { afterTest } from './helpers/after-test.js'
import { openLog } from './helpers/redis-log.js'
import { describeWithRedis, RedisServer } from './helpers/redis-server.js'
import { ThrottledPort } from './helpers/throttled-port.js'

describe('publishes that wait for Redis', () => {
  const small: LogEntry = { channel: 'a', body: 'data: 1\n' }

  it.each<[string, Partial<LogEntry>, number]>([
    ['the body, in bytes', { body: `data: ${'é'.repeat(5000)}\n` }, 10_000 + 7],
    ['the key, in bytes', { key: '⚽'.repeat(3000) }, 9000 + 8],
    ['the name of the channel, in bytes', { channel: '⚽'.repeat(3000) }, 9000 + 8],
    ['the own ID, in bytes', { id: 'é'.repeat(500) }, 1000 + 8],
  ])('count with %s', async (_name, large, bytes) => {
    const whole = { ...small, ...large }
    const size = sizeOfEntry(whole)
    expect(size).toBeGreaterThanOrEqual(bytes + 256)
    const refusals = async (maxBytes: number) => {
      const { store } = await openLog({
        ...{ url: 'redis://127.0.0.1:1', stream: 'a', startTimeout: 1, publishTimeout: 60_000 },
        maxWaiting: { bytes: maxBytes },
      })
      const codes: unknown[] = []
      for (let i = 0; i < 2; i++) {
        void Promise.resolve(store.append(whole)).catch((error: unknown) =>
          codes.push((error as { code: string }).code),
        )
      }
      await Promise.resolve()
      await Promise.resolve()
      const soFar = [...codes]
      await store.close()
      return soFar
    }
    expect(await refusals(2 * size)).toEqual([])
    expect(await refusals(2 * size - 1)).toEqual(['ERR_SSE_STORE_FULL'])
  })
})

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
