/** The options of `redisStore()`: their meaning, their defaults and their check. */
import { createClient } from 'redis'
import { check, count, given, invalid, isObject, milliseconds, type Form } from '../check.js'
import type { RedisClient } from './client.js'
import { describeClient, isRedisClient } from './client-form.js'

export interface RedisStoreOptions {
  /**
   * Where Redis is: `redis[s]://[user:password@]host[:port][/database]`. For all else, pass a `client`.
   */
  url?: string
  /**
   * A client made by `createClient`, `createCluster` or `createSentinel` of npm `redis` 5 or 6 (Sentinel: 6). The store
   * copies its settings for two connections of its own. The client itself is not used and need not be connected.
   */
  client?: RedisClient
  /**
   * Name of the stream: the same in every process that shares it, another for each registry, and another for each app
   * and environment on one Redis. The keys in Redis are `{name}:events` and so on; a name with a hash tag of its own is
   * kept as it is.
   */
  stream: string
  /**
   * About how many events Redis keeps for processes that start and for those that have fallen behind. More than all
   * channels' `history` together is of no use; less than what is published in some seconds makes gaps.
   * @default 100_000
   */
  maxLength?: number
  /**
   * How many keys Redis keeps the latest event of, over all channels; beyond that the key that has not changed for
   * longest goes.
   * @default 100_000
   */
  maxKeys?: number
  /**
   * Milliseconds that a publish waits for Redis; then it rejects with `ERR_SSE_STORE_TIMEOUT`.
   * @default 5000
   */
  publishTimeout?: number
  /**
   * Milliseconds that requests wait, when the process starts, for the log to be loaded. Streams that are opened then
   * get keep-alives until Redis is there.
   * @default 5000
   */
  startTimeout?: number
  /**
   * How many publishes may wait for Redis, and how many bytes they may occupy. An event counts with its encoded bytes,
   * its channel's name, its key and its own ID, and 256 more. Beyond that a publish rejects with `ERR_SSE_STORE_FULL`.
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
  stream: text,
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
    stream: requireStream(stream),
    maxWaiting: { ...MAX_WAITING, ...given(maxWaiting) },
    client: chooseClient(url, client),
  }
}

/** In plain JavaScript it may be missing. */
function requireStream(stream: string | undefined): string {
  if (stream !== undefined) return stream
  throw invalid(
    "redisStore(): pass stream, a name for each registry, app and environment, such as { stream: 'shop-production-scores' }",
  )
}

function chooseClient(url: string | undefined, client: RedisClient | undefined): RedisClient {
  if (client !== undefined && !isRedisClient(client)) {
    const wanted = 'a client made by createClient, createCluster or createSentinel of npm redis 5 or 6'
    throw invalid(`redisStore(): client must be ${wanted}; got ${describeClient(client)}`)
  }
  if (client !== undefined && url === undefined) return client
  if (client !== undefined || url === undefined) throw invalid('redisStore(): pass either url or client')
  try {
    return createClient({ url })
  } catch (cause) {
    // The URL itself is left out of the message: it may hold a password.
    throw invalid(`redisStore(): url must be of the form redis://host:port (${String(cause)})`)
  }
}
