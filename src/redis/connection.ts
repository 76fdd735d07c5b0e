/**
 * A connection to Redis that replaces its client whenever the client fails or does not reply. The same code serves one
 * server, a cluster and Sentinel, because a new client finds the servers of its keys again.
 */
import { SseError } from '../errors.js'
import { copyClient, type ClientCopy, type RedisClient } from './client-kinds.js'

export interface ConnectionOptions {
  /** Milliseconds without a byte from Redis, while a reply is due, after which the client counts as dead. */
  idle?: number
}

export class RedisConnection {
  /** The client of the app, which is only copied. */
  readonly #original: RedisClient
  readonly #idle: number | undefined
  #client: ClientCopy | undefined
  #connecting: Promise<unknown> | undefined
  #lastError: unknown

  constructor(original: RedisClient, { idle }: ConnectionOptions = {}) {
    this.#original = original
    this.#idle = idle
  }

  get isOpen(): boolean {
    return this.#client !== undefined && this.#connecting === undefined
  }

  /** Sends a command, and connects first if necessary. Rejects after `timeout` milliseconds. */
  async send(key: string, args: readonly string[], timeout: number): Promise<unknown> {
    const client = this.#client ?? this.#open()
    try {
      const forConnecting = Math.min(timeout, this.#idle ?? timeout)
      if (this.#connecting !== undefined) await this.#within(forConnecting, this.#connecting)
      return await this.#within(timeout, client.send(key, args))
    } catch (error) {
      if (!isReply(error)) this.#discard(client)
      throw error
    }
  }

  /** Disconnects and rejects pending commands. The next command connects again. */
  reset(): void {
    if (this.#client !== undefined) this.#discard(this.#client)
  }

  #open(): ClientCopy {
    const client = copyClient(this.#original, {
      idle: this.#idle,
      onError: (error) => (this.#lastError = error),
    })
    this.#client = client
    const connecting = client.connect().then(() => {
      if (this.#client === client) this.#connecting = undefined
      // Discarded while it connected: `destroy` had no effect then.
      else client.destroy()
    })
    this.#connecting = connecting
    return client
  }

  #discard(client: ClientCopy): void {
    client.destroy()
    if (this.#client === client) this.#client = this.#connecting = undefined
  }

  async #within<T>(timeout: number, reply: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      const cause = this.#lastError
      timer = setTimeout(() => {
        reject(new SseError('ERR_SSE_STORE_TIMEOUT', `Redis did not answer within ${timeout} ms`, { cause }))
      }, timeout)
    })
    try {
      return await Promise.race([reply, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Whether an error is a reply of Redis, so that the connection is intact. Error replies begin with a code. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof SseError) && /^[A-Z]{2,}( |$)/.test(error.message)
}
