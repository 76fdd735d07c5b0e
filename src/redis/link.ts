/**
 * One connection to Redis that is thrown away and made anew whenever it fails or does not answer. That is the same for
 * one server, a cluster and Sentinel: a new client finds out for itself where its keys are now.
 */
import { SseError } from '../errors.js'
import { connectionLike, type Connection, type RedisClient } from './client.js'

export interface LinkOptions {
  /** Milliseconds without a byte from Redis, while an answer is due, after which the connection is taken for dead. */
  idle?: number
}

export class Link {
  readonly #client: RedisClient
  readonly #idle: number | undefined
  #connection: Connection | undefined
  #connecting: Promise<unknown> | undefined
  #lastError: unknown

  constructor(client: RedisClient, { idle }: LinkOptions = {}) {
    this.#client = client
    this.#idle = idle
  }

  get isOpen(): boolean {
    return this.#connection !== undefined && this.#connecting === undefined
  }

  /** Sends a command, connecting first where there is no connection. Rejects when that takes longer than `timeout`, in ms. */
  async send(key: string, args: readonly string[], timeout: number): Promise<unknown> {
    const connection = this.#connection ?? this.#open()
    try {
      const forConnecting = Math.min(timeout, this.#idle ?? timeout)
      if (this.#connecting !== undefined) await this.#within(forConnecting, this.#connecting)
      return await this.#within(timeout, connection.send(key, args))
    } catch (error) {
      if (!isReply(error)) this.#discard(connection)
      throw error
    }
  }

  /** Ends the connection; commands that wait for an answer are rejected. The next one connects anew. */
  reset(): void {
    if (this.#connection !== undefined) this.#discard(this.#connection)
  }

  #open(): Connection {
    const connection = connectionLike(this.#client, {
      idle: this.#idle,
      onError: (error) => (this.#lastError = error),
    })
    this.#connection = connection
    const connecting = connection.connect().then(() => {
      if (this.#connection === connection) this.#connecting = undefined
      // Given up in the meantime, when there was nothing to be destroyed yet.
      else connection.destroy()
    })
    this.#connecting = connecting
    return connection
  }

  #discard(connection: Connection): void {
    connection.destroy()
    if (this.#connection === connection) this.#connection = this.#connecting = undefined
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

/** Whether Redis itself has answered with an error: then the connection is sound. Redis's errors begin with a code. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof SseError) && /^[A-Z]{2,}( |$)/.test(error.message)
}
