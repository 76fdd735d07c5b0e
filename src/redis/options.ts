/** The options of `redisStore()`: their meaning, their defaults and their check. */
import { createClient } from 'redis'
import { check, count, given, invalid, isObject, milliseconds, type Form } from '../option-form.js'
import type { RedisClient } from './client.js'

export interface RedisStoreOptions {
  /**
   * Where Redis is: `redis[s]://[user:password@]host[:port][/database]`. For all else, pass a `client`.
   */
  url?: string
  /**
   * A client made by `createClient`, `createCluster` or `createSentinel` of npm `redis`, whose settings are used. It is
   * not used itself and need not be connected: the store makes two connections of its own like it.
   */
  client?: RedisClient
  /**
   * Name of the stream, the same in every process that shares it, and another for every registry. The keys in Redis are
   * `{name}:events` and so on; a name that has a hash tag of its own is left as it is.
   * @default 'sse'
   */
  stream?: string
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
   * How many publishes may wait for Redis, and how many bytes they may occupy; an event counts with its encoded
   * bytes and 256 more. Beyond that a publish rejects with `ERR_SSE_STORE_FULL`.
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

const DEFAULTS = { stream: 'sse', maxLength: 100_000, maxKeys: 100_000, publishTimeout: 5000, startTimeout: 5000 }

const text: Form = { is: 'a non-empty string', test: (value) => typeof value === 'string' && value !== '' }
const client: Form = {
  is: 'a client made by createClient, createCluster or createSentinel of npm redis',
  test: (value) => isObject(value) && 'duplicate' in value && 'sendCommand' in value,
}
const finiteCount: Form = {
  is: 'a whole number of 1 or more',
  test: (value) => count.test(value) && value !== Infinity,
}

/** Timers know no more. */
const MAX_TIMEOUT = 2 ** 31 - 1
const timeout: Form = {
  is: `${milliseconds.is}, and below ${MAX_TIMEOUT}`,
  test: (value) => milliseconds.test(value) && Number(value) < MAX_TIMEOUT,
}

const FORMS: Record<keyof RedisStoreOptions, Form> = {
  url: text,
  client,
  stream: text,
  maxLength: finiteCount,
  maxKeys: finiteCount,
  publishTimeout: timeout,
  startTimeout: timeout,
  maxWaiting: { is: 'an object of bounds', test: isObject },
}

export function resolveRedisOptions(options: RedisStoreOptions): ResolvedRedisOptions {
  check('redisStore()', options, FORMS)
  const { url, client, maxWaiting = {}, ...rest } = options
  check('redisStore()', maxWaiting, { publishes: count, bytes: count }, 'maxWaiting.')
  return {
    ...DEFAULTS,
    ...given(rest),
    maxWaiting: { ...MAX_WAITING, ...given(maxWaiting) },
    client: chooseClient(url, client),
  }
}

function chooseClient(url: string | undefined, client: RedisClient | undefined): RedisClient {
  if (client !== undefined && url === undefined) return client
  if (client !== undefined || url === undefined) throw invalid('redisStore(): pass either url or client')
  try {
    return createClient({ url })
  } catch (cause) {
    // The URL itself is left out of the message: it may hold a password.
    throw invalid(`redisStore(): url must be of the form redis://host:port (${String(cause)})`)
  }
}
