/** `redisStore()`: the log in Redis Streams, which all processes with the same stream share. */
import { SseError } from '../errors.js'
import type { LogEntry } from '../log/store.js'
import { createEpoch } from '../log/position.js'
import type { Store, StoredPosition, StoreLog } from '../log/store.js'
import { Database } from './database.js'
import { keysOf } from './keys.js'
import { Link } from './link.js'
import { BLOCK, Mirror } from './mirror.js'
import { resolveRedisOptions, type RedisStoreOptions, type ResolvedRedisOptions } from './options.js'
import { Outbox } from './outbox.js'
import { Progress } from './catch-up.js'

/** Milliseconds without a byte, while an answer is due, after which the connection that reads is taken for dead. */
const IDLE = 3000
/** Milliseconds that an answer may take in all; it bounds a Sentinel client, of which it is not seen when it is idle. */
const ANSWER = 60_000

/**
 * Keeps a registry's log in Redis, so that any number of processes share it:
 * `createRegistry({ store: redisStore({ url, stream: 'shop-production-scores' }) })`.
 * Throws an `SseError` for a wrong option; that Redis cannot be reached is no error here, since it may come.
 */
export function redisStore(options: RedisStoreOptions): Store {
  return new RedisStore(resolveRedisOptions(options))
}

class RedisStore implements Store {
  readonly #options: ResolvedRedisOptions
  readonly #publishing: Link
  readonly #reading: Link
  readonly #outbox: Outbox
  readonly #progress: Progress
  readonly #database: (link: Link, timeout: number) => Database
  #mirror: Mirror | undefined
  #running: Promise<void> | undefined

  constructor(options: ResolvedRedisOptions) {
    const { client, stream, publishTimeout: timeout, ...bounds } = options
    const keys = keysOf(stream, createEpoch() + createEpoch())
    this.#options = options
    this.#publishing = new Link(client)
    this.#reading = new Link(client, { idle: IDLE + BLOCK })
    this.#database = (link, timeout) => new Database(link, { keys, timeout, maxLength: options.maxLength })
    this.#outbox = new Outbox({
      ...bounds,
      link: this.#publishing,
      keys,
      timeout,
      confirmed: (state) => this.#mirror?.confirmed(state),
    })
    this.#progress = new Progress(() => this.#database(this.#publishing, timeout).state(), timeout)
  }

  start(log: StoreLog): Promise<void> {
    if (this.#mirror !== undefined) {
      throw new SseError('ERR_SSE_OPTION', 'redisStore(): a store belongs to one registry; make one for each')
    }
    const mirror = new Mirror(log, this.#reading, this.#database(this.#reading, ANSWER))
    this.#mirror = mirror
    this.#running = mirror.run()
    return this.#progress.begun(mirror, this.#options.startTimeout)
  }

  append(entry: LogEntry): Promise<StoredPosition> {
    return this.#outbox.add(entry)
  }

  catchUp(): Promise<void> {
    return this.#mirror === undefined ? Promise.resolve() : this.#progress.catchUp(this.#mirror)
  }

  async close(): Promise<void> {
    await this.#outbox.close()
    this.#mirror?.close()
    // Asking how far Redis has come may have opened it again.
    this.#publishing.reset()
    await this.#running
  }
}
