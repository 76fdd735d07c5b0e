/**
 * Sends publishes to Redis in the order of the calls, one batch at a time. Publishes that arrive meanwhile form the next
 * batch. The queue is bounded in number, bytes and time.
 *
 * If the connection breaks before the reply, the batch is sent again. Redis recognises it by its number, so events are
 * neither lost nor published twice.
 */
import { SseError } from '../errors.js'
import { createEpoch } from '../log/position.js'
import { Ring } from '../log/ring.js'
import { sizeOfEntry } from '../log/sizes.js'
import type { StoredPosition } from '../log/store.js'
import { Backoff } from './backoff.js'
import {
  batchArguments,
  batchSize,
  type PublishBatch,
  type WaitingPublish,
  type WritableEntry,
} from './publish-batch.js'
import type { State } from './database.js'
import type { Keys } from './keys.js'
import { isReply, type RedisConnection } from './connection.js'
import { run } from './script.js'
import { positionOf } from './stream-id.js'
import { PUBLISH } from './writing-scripts.js'

export interface OutboxOptions {
  connection: RedisConnection
  keys: Keys
  maxLength: number
  maxKeys: number
  maxWaiting: { publishes: number; bytes: number }
  /** Milliseconds that a publish may wait. */
  timeout: number
  /** Called with the state that Redis has confirmed. */
  confirmed: (state: State) => void
}

/** Error replies after which a retry makes sense: Redis did nothing, but may do it a moment later. */
const NOT_NOW = /^(LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|NOREPLICAS|MISCONF|READONLY|UNBLOCKED)\b/
/** Milliseconds that Redis remembers a batch, in addition to the time that a publish may wait. */
const REMEMBERED = 60_000

export class Outbox {
  readonly #options: OutboxOptions
  readonly #waiting = new Ring<WaitingPublish>()
  readonly #backoff = new Backoff()
  readonly #closed = new AbortController()
  /** The batch that was sent last. Empty after its reply. */
  #batch: PublishBatch = { number: 0, publishes: [] }
  /** The number of unsettled publishes, and their bytes. Both are bounded by `maxWaiting`. */
  #count = 0
  #bytes = 0
  /** The last error of the batch that was sent. */
  #problem: unknown
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  add(entry: WritableEntry): Promise<StoredPosition> {
    const bytes = sizeOfEntry(entry)
    return this.#refuse([entry], bytes) ?? this.#wait(entry, { bytes, deadline: this.#deadline, isJoined: false })
  }

  /** Adds entries that Redis appends in one step, or none of them. */
  addAll(entries: readonly WritableEntry[]): Promise<StoredPosition[]> {
    const sizes = entries.map(sizeOfEntry)
    const sum = sizes.reduce((a, b) => a + b, 0)
    // One deadline, so that they do not expire one by one.
    const deadline = this.#deadline
    const wait = (entry: WritableEntry, i: number) =>
      this.#wait(entry, { bytes: sizes[i] ?? 0, deadline, isJoined: i > 0 })
    return this.#refuse(entries, sum) ?? Promise.all(entries.map(wait))
  }

  /** Delivers what waits if Redis is connected, and rejects the rest. */
  async close(): Promise<void> {
    if (this.#options.connection.isOpen) await this.#running
    this.#closed.abort()
    clearTimeout(this.#timer)
    const waiting = this.#waiting.take(this.#waiting.length)
    for (const { reject } of [...this.#batch.publishes, ...waiting]) reject(closed())
    this.#options.connection.reset()
  }

  get #deadline(): number {
    return performance.now() + this.#options.timeout
  }

  /** Returns a rejection if the entries may not wait. */
  #refuse(entries: readonly WritableEntry[], bytes: number): Promise<never> | undefined {
    const { maxWaiting } = this.#options
    if (this.#closed.signal.aborted) return Promise.reject(closed())
    if (!entries.every(isWellFormed)) return Promise.reject(malformed())
    const isOverBound = this.#count + entries.length > maxWaiting.publishes || this.#bytes + bytes > maxWaiting.bytes
    return isOverBound ? Promise.reject(full(maxWaiting)) : undefined
  }

  #wait(entry: WritableEntry, place: Pick<WaitingPublish, 'bytes' | 'deadline' | 'isJoined'>): Promise<StoredPosition> {
    this.#count++
    this.#bytes += place.bytes
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, ...place, isSettled: false, resolve, reject })
      this.#timer ??= setTimeout(() => this.#expire(), this.#options.timeout)
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // Waits a microtask, so that publishes of one loop form one batch.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      this.#batch = {
        number: this.#batch.number + 1,
        publishes: this.#waiting.take(batchSize(this.#waiting)),
      }
      await this.#deliver(this.#batch)
      this.#batch = { number: this.#batch.number, publishes: [] }
    }
    clearTimeout(this.#timer)
    this.#timer = this.#running = undefined
  }

  /** Settles when the batch is confirmed or refused, or when all of its publishes have timed out. */
  async #deliver(batch: PublishBatch): Promise<void> {
    const args = this.#arguments(batch)
    while (!this.#closed.signal.aborted && isDue(batch)) {
      try {
        this.#settle(batch, await this.#send(args))
        this.#backoff.reset()
        this.#problem = undefined
        return
      } catch (error) {
        if (isReply(error) && !NOT_NOW.test(error.message)) {
          this.#release(batch, refused(error))
          return
        }
        this.#problem = error
        if (isReply(error) && error.message.startsWith('READONLY')) this.#options.connection.reset()
        await this.#backoff.wait(this.#closed.signal)
      }
    }
    this.#release(batch, this.#late())
  }

  #arguments(batch: PublishBatch): string[] {
    const { maxLength, maxKeys, timeout } = this.#options
    const remembered = Math.ceil(timeout) + REMEMBERED
    return [...[maxLength, maxKeys, createEpoch(), batch.number, remembered].map(String), ...batchArguments(batch)]
  }

  async #send(args: string[]): Promise<string[]> {
    const { connection, keys, timeout } = this.#options
    const { events, state, receipt, latest, order, incomplete } = keys
    // Half of the time, so that a second attempt can replace a connection that is silently dead.
    const reply = await run(
      connection,
      PUBLISH,
      [events, state, receipt, latest, order, incomplete],
      args,
      Math.max(500, timeout / 2),
    )
    return String(reply).split(' ')
  }

  #settle(batch: PublishBatch, [epoch = '', ...ids]: string[]): void {
    batch.publishes.forEach((publish, i) => {
      const id = ids[i]
      if (id === undefined) return this.#reject(publish, this.#late())
      this.#free(publish)
      publish.resolve({ ...positionOf(id), epoch })
    })
    const last = ids.at(-1)
    if (last !== undefined) this.#options.confirmed({ epoch, last })
  }

  #release(batch: PublishBatch, error: Error): void {
    for (const publish of batch.publishes) this.#reject(publish, error)
  }

  #reject(publish: WaitingPublish, error: Error): void {
    this.#free(publish)
    publish.reject(error)
  }

  #free(publish: WaitingPublish): void {
    if (publish.isSettled) return
    publish.isSettled = true
    this.#count--
    this.#bytes -= publish.bytes
  }

  /** Rejects publishes that have waited too long. A batch that was sent may still be published. */
  #expire(): void {
    const now = performance.now()
    for (const publish of this.#batch.publishes) if (publish.deadline <= now) this.#reject(publish, this.#late())
    for (let next = this.#waiting.at(0); next !== undefined && next.deadline <= now;) {
      this.#waiting.shift()
      this.#reject(next, this.#late())
      next = this.#waiting.at(0)
    }
    const deadlines = [this.#batch.publishes.find(({ deadline }) => deadline > now), this.#waiting.at(0)]
    const next = deadlines.find((publish) => publish !== undefined)?.deadline
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#expire(), Math.ceil(next - now))
  }

  #late(): SseError {
    const message = 'Redis has not confirmed the event in time; the event may have been published'
    return new SseError('ERR_SSE_STORE_TIMEOUT', message, { cause: this.#problem })
  }
}

function isDue({ publishes }: PublishBatch): boolean {
  const now = performance.now()
  return publishes.some(({ deadline }) => deadline > now)
}

/** Lone surrogates would become another character in Redis, so the event would reach another channel. */
function isWellFormed(entry: WritableEntry): boolean {
  if (entry.kind === 'disconnect') return entry.owner.isWellFormed()
  const { channel, key = '', id = '' } = entry as { channel: string; key?: string; id?: string }
  return channel.isWellFormed() && key.isWellFormed() && id.isWellFormed()
}

function malformed(): SseError {
  return new SseError('ERR_SSE_MESSAGE', 'channel, key and id must be well-formed Unicode; got a lone surrogate')
}

function full({ publishes, bytes }: OutboxOptions['maxWaiting']): SseError {
  const bounds = `more than ${publishes} publishes or ${bytes} bytes would wait for Redis`
  return new SseError(
    'ERR_SSE_STORE_FULL',
    `${bounds}; the event is not published. Try again later, or raise maxWaiting`,
  )
}

function closed(): SseError {
  return new SseError('ERR_SSE_CLOSED', 'the store is closed; the event may not have been published')
}

function refused(cause: Error): SseError {
  return new SseError('ERR_SSE_STORE', `Redis has refused the event: ${cause.message}`, { cause })
}
