/** `redisStore()`: keeps the log in a Redis stream, which several processes share. */
import { SseError } from '../errors.js'
import type { LogEntry } from '../log/store.js'
import { createEpoch } from '../log/position.js'
import type { Store, StoredPosition, StoreLog } from '../log/store.js'
import { Database } from './database.js'
import { keysOf } from './keys.js'
import { RedisConnection } from './connection.js'
import { BLOCK, Mirror } from './mirror.js'
import { resolveRedisOptions, type RedisStoreOptions, type ResolvedRedisOptions } from './options.js'
import { Outbox } from './outbox.js'
import { Progress } from './catch-up.js'
import type { WritableEntry } from './publish-batch.js'

/** Milliseconds without a byte, while a reply is due, after which the reading connection counts as dead. */
const IDLE = 3000
/** Milliseconds that a whole reply may take. Needed for Sentinel clients, which have no idle timeout. */
const ANSWER = 60_000

/**
 * Makes a store that keeps the log in Redis, so that any number of processes share a registry. Needs the package `redis`.
 * A store belongs to one registry: a second `createRegistry()` with it throws `ERR_SSE_OPTION`.
 *
 * Connects when the registry is made. An unreachable Redis throws nothing: `onError` is told, and the store tries again.
 *
 * @throws `ERR_SSE_OPTION` for a wrong option
 *
 * @example
 * ```ts
 * import { createRegistry } from 'express-sse-channels'
 * import { redisStore } from 'express-sse-channels/redis'
 *
 * const store = redisStore({ url: 'redis://localhost:6379', stream: 'shop-production-scores' })
 * const registry = createRegistry({ store })
 * ```
 */
export function redisStore(options: RedisStoreOptions): Store {
  return new RedisStore(resolveRedisOptions(options))
}

class RedisStore implements Store {
  readonly #options: ResolvedRedisOptions
  readonly #publishing: RedisConnection
  readonly #reading: RedisConnection
  readonly #outbox: Outbox
  readonly #progress: Progress
  readonly #database: (connection: RedisConnection, timeout: number) => Database
  #mirror: Mirror | undefined
  #running: Promise<void> | undefined

  constructor(options: ResolvedRedisOptions) {
    const { client, stream, publishTimeout: timeout, ...bounds } = options
    const keys = keysOf(stream, createEpoch() + createEpoch())
    this.#options = options
    this.#publishing = new RedisConnection(client)
    this.#reading = new RedisConnection(client, { idle: IDLE + BLOCK })
    this.#database = (connection, timeout) => new Database(connection, { keys, timeout, maxLength: options.maxLength })
    this.#outbox = new Outbox({
      ...bounds,
      connection: this.#publishing,
      keys,
      timeout,
      confirmed: (state) => this.#mirror?.confirmed(state),
    })
    this.#progress = new Progress(() => this.#database(this.#publishing, timeout).state(), timeout)
  }

  start(log: StoreLog): Promise<void> {
    if (this.#mirror !== undefined) {
      throw new SseError(
        'ERR_SSE_OPTION',
        'redisStore(): a store belongs to one registry; got a second one. Call redisStore() for each registry',
      )
    }
    const mirror = new Mirror(log, this.#reading, this.#database(this.#reading, ANSWER))
    this.#mirror = mirror
    this.#running = mirror.run()
    return this.#progress.begun(mirror, this.#options.startTimeout)
  }

  append(entry: LogEntry): Promise<StoredPosition> {
    return isWritable(entry) ? this.#outbox.add(entry) : Promise.reject(unsupported())
  }

  appendAll(entries: readonly LogEntry[]): Promise<StoredPosition[]> {
    return entries.every(isWritable) ? this.#outbox.addAll(entries) : Promise.reject(unsupported())
  }

  catchUp(): Promise<void> {
    return this.#mirror === undefined ? Promise.resolve() : this.#progress.catchUp(this.#mirror)
  }

  async close(): Promise<void> {
    await this.#outbox.close()
    this.#mirror?.close()
    // A pending `catchUp` may have opened the connection again.
    this.#publishing.reset()
    await this.#running
  }
}

function isWritable(entry: LogEntry): entry is WritableEntry {
  return entry.kind !== 'unknown'
}

function unsupported(): SseError {
  const message = 'redisStore() cannot write entries of a kind that this version of the package does not know'
  return new SseError('ERR_SSE_STORE_UNSUPPORTED', message)
}
