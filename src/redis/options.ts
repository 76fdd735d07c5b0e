/** Options of `redisStore()`: meaning, defaults and checks. */
import { createClient } from 'redis'
import { check, count, given, invalid, isObject, milliseconds, type Form } from '../check.js'
import type { RedisClient } from './client-kinds.js'
import { describeClient, isRedisClient } from './client-form.js'

/** Options of `redisStore()`. Either `url` or `client` must be given, and `stream`. */
export interface RedisStoreOptions {
  /**
   * The address of Redis: `redis[s]://[user:password@]host[:port][/database]`. For other settings, pass `client` instead.
   * @default none: `client` is needed
   */
  url?: string
  /**
   * A client made by `createClient`, `createCluster` or `createSentinel` of npm `redis` 5 or 6 (Sentinel: 6). The store
   * copies its settings for two connections. The client itself is not used and need not be connected.
   * @default none: `url` is needed
   */
  client?: RedisClient
  /**
   * The name of the stream. Processes that share a registry use the same name. Use different names for different
   * registries, apps and environments on one Redis. The Redis keys are `{name}:events` and so on. A name that contains a
   * hash tag is kept as it is.
   */
  stream: string
  /**
   * How many events Redis keeps, approximately, for processes that start or have fallen behind. Must be finite. More than
   * `history` of all channels together has no use. Fewer than a few seconds of publishing cause gaps.
   * @default 100_000
   */
  maxLength?: number
  /**
   * The most keys whose latest event Redis keeps, over all channels. Must be finite. Beyond that, the key that has not
   * changed for longest is evicted.
   * @default 100_000
   */
  maxKeys?: number
  /**
   * Milliseconds that a publish waits for Redis. After that, it rejects with `ERR_SSE_STORE_TIMEOUT`. Must be finite.
   * @default 5000
   */
  publishTimeout?: number
  /**
   * Milliseconds that requests wait for the log to load when the process starts. After that, streams open and get
   * keep-alive comments until Redis can be reached. Must be finite.
   * @default 5000
   */
  startTimeout?: number
  /**
   * Bounds on the publishes that wait for Redis: their number and their bytes. An event counts its encoded bytes, channel
   * name, key and own ID, and 256 bytes or more of overhead. Beyond a bound, a publish rejects with `ERR_SSE_STORE_FULL`.
   * `Infinity` sets no bound.
   * @default { publishes: 100_000, bytes: 67_108_864 }
   */
  maxWaiting?: { publishes?: number; bytes?: number }
}

export interface ResolvedRedisOptions {
  client: RedisClient
  stream: string
  maxLength: number
  maxKeys: number
  publishTimeout: number
  startTimeout: number
  maxWaiting: { publishes: number; bytes: number }
}

const MAX_WAITING = { publishes: 100_000, bytes: 64 * 1024 * 1024 }

const DEFAULTS = { maxLength: 100_000, maxKeys: 100_000, publishTimeout: 5000, startTimeout: 5000 }

const text: Form = { is: 'a non-empty string', test: (value) => typeof value === 'string' && value !== '' }
const finiteCount: Form = {
  is: 'a whole number of 1 or more',
  test: (value) => count.test(value) && value !== Infinity,
}

/** `setTimeout` takes at most 2³¹ − 1 ms. */
const MAX_TIMEOUT = 2 ** 31 - 1
const timeout: Form = {
  is: `${milliseconds.is}, and below ${MAX_TIMEOUT}`,
  test: (value) => milliseconds.test(value) && Number(value) < MAX_TIMEOUT,
}

const FORMS: Record<keyof RedisStoreOptions, Form> = {
  url: text,
  client: { is: 'a client', test: () => true },
  stream: {
    is: 'a name for each registry, app and environment',
    isRequired: true,
    test: (value) => text.test(value),
    instead: () => "write { stream: 'shop-production-scores' }",
  },
  maxLength: finiteCount,
  maxKeys: finiteCount,
  publishTimeout: timeout,
  startTimeout: timeout,
  maxWaiting: { is: 'an object of bounds', test: isObject },
}

export function resolveRedisOptions(options: RedisStoreOptions): ResolvedRedisOptions {
  check('redisStore()', options, FORMS)
  const { url, client, stream, maxWaiting = {}, ...rest } = options
  check('redisStore()', maxWaiting, { publishes: count, bytes: count }, 'maxWaiting.')
  return {
    ...DEFAULTS,
    ...given(rest),
    stream,
    maxWaiting: { ...MAX_WAITING, ...given(maxWaiting) },
    client: chooseClient(url, client),
  }
}

function chooseClient(url: string | undefined, client: RedisClient | undefined): RedisClient {
  if (client !== undefined && !isRedisClient(client)) {
    const wanted = 'a client made by createClient, createCluster or createSentinel of npm redis 5 or 6'
    throw invalid(`redisStore(): client must be ${wanted}; got ${describeClient(client)}`)
  }
  if (client !== undefined && url === undefined) return client
  if (client !== undefined || url === undefined) {
    throw invalid(`redisStore(): pass either url or client; got ${client === undefined ? 'neither' : 'both'}`)
  }
  try {
    return createClient({ url })
  } catch (cause) {
    // The message leaves out the URL, because it may hold a password.
    throw invalid(`redisStore(): url must be of the form redis://host:port (${String(cause)})`)
  }
}
