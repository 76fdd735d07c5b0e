// How many bytes of publishes may wait for Redis.
import { sizeOfEntry } from '../../src/log/sizes.js'
import type { EventEntry } from '../../src/log/store.js'
import { openLog } from '../helpers/redis-log.js'

describe('waiting publishes', () => {
  const small: EventEntry = { channel: 'a', body: 'data: 1\n' }

  it.each<[string, Partial<EventEntry>, number]>([
    ['the body, in bytes', { body: `data: ${'é'.repeat(5000)}\n` }, 10_000 + 7],
    ['the key, in bytes', { key: '⚽'.repeat(3000) }, 9000 + 8],
    ['the name of the channel, in bytes', { channel: '⚽'.repeat(3000) }, 9000 + 8],
    ['the own ID, in bytes', { id: 'é'.repeat(500) }, 1000 + 8],
  ])('count %s towards maxWaiting.bytes', async (_name, large, bytes) => {
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
