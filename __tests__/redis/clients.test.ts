// The clients that redisStore() accepts, and its errors for others.
import { Cluster as IoredisCluster, Redis as Ioredis } from 'ioredis'
import { createClient, createClientPool, createSentinel } from 'redis'
import { createClient as createClient4, createCluster as createCluster4 } from 'redis4'
import {
  createClient as createClient5,
  createClientPool as createClientPool5,
  createSentinel as createSentinel5,
} from 'redis5'
import { SseError } from '../../src/index.js'
import { redisStore, type RedisStoreOptions } from '../../src/redis/index.js'
import { REDIS_VERSIONS } from '../helpers/redis-clients.js'

const url = 'redis://127.0.0.1:1'
const sentinel = { name: 'm', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] }

function refusal(options: unknown): SseError {
  try {
    redisStore(options as RedisStoreOptions)
  } catch (error) {
    if (error instanceof SseError) return error
  }
  throw new Error('the options were not refused')
}

describe('redisStore()', () => {
  it.each(REDIS_VERSIONS)('accepts a client and a cluster of $version', ({ createClient, createCluster }) => {
    for (const client of [createClient({ url }), createCluster({ rootNodes: [{ url }] })]) {
      expect(() => redisStore({ client, stream: 'a' })).not.toThrow()
    }
  })

  it('accepts a Sentinel client of redis 6, and any client with a type mapping', () => {
    expect(() => redisStore({ client: createSentinel(sentinel), stream: 'a' })).not.toThrow()
    expect(() => redisStore({ client: createClient({ url }).withTypeMapping({}), stream: 'a' })).not.toThrow()
  })

  it.each<[string, () => unknown, RegExp]>([
    ['ioredis', () => new Ioredis({ lazyConnect: true }), /got a client of ioredis$/],
    [
      'a cluster of ioredis',
      () => new IoredisCluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true }),
      /got a client of ioredis$/,
    ],
    ['redis 4', () => createClient4({ url }), /got a client of redis 4$/],
    ['a cluster of redis 4', () => createCluster4({ rootNodes: [{ url }] }), /got a client of redis 4$/],
    ['a pool of redis 6', () => createClientPool({ url }), /got a pool; pass createClient\(\)/],
    ['a pool of redis 5', () => createClientPool5({ url }), /got a pool; pass createClient\(\)/],
    ['a Sentinel client of redis 5', () => createSentinel5(sentinel), /Sentinel client of redis 5, .*redis 6 can/],
    ['a plain object', () => ({ duplicate() {}, sendCommand() {}, password: 'secret' }), /got \[Object\]$/],
    ['a factory', () => () => createClient5({ url }), /got a function$/],
    ['a URL', () => url, /got 'redis:/],
    ['null', () => null, /got null$/],
  ])('refuses %s at once, and names it', (_name, create, message) => {
    const { code, message: text } = refusal({ client: create(), stream: 'a' })
    expect([code, text]).toEqual(['ERR_SSE_OPTION', expect.stringMatching(message)])
    expect(text).toMatch(/client must be a client made by createClient, createCluster or createSentinel/)
    expect(text).not.toContain('secret')
  })

  it.each([{}, { stream: undefined }])('requires a stream name and shows an example, given %j', (stream) => {
    const { code, message } = refusal({ url, ...stream })
    expect([code, message]).toEqual([
      'ERR_SSE_OPTION',
      expect.stringMatching(/stream must be a name .*got undefined; write \{ stream: 'shop-/),
    ])
  })

  it('refuses an empty stream name', () => {
    expect(refusal({ url, stream: '' }).message).toMatch(/stream must be a name .*got ''; write/)
  })
})
