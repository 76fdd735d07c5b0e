/** The part of a connection that describes it: whose it is, what it reads, and how far it has been served. */
import type { Reader } from './delivery/reader.js'
import type { Stream } from './http/stream.js'
import { now } from './timers.js'

export class ConnectionState {
  readonly #stream: Stream

  constructor(stream: Stream) {
    this.#stream = stream
  }

  /** The last event ID that the client sent; an empty string without one. Equals `req.lastEventId`. */
  get lastEventId(): string {
    return this.#stream.lastEventId
  }

  /** Whose connection it is: what the option `owner` of `sse()` returned. Undefined without one. */
  get owner(): string | undefined {
    return this.#stream.owner
  }

  /** The names of the channels that the connection is subscribed to now. */
  get channels(): string[] {
    return readerOf(this.#stream)?.channels ?? []
  }

  /** When the stream opened; undefined before. */
  get openedAt(): Date | undefined {
    const { openedAt } = this.#stream
    return openedAt === undefined ? undefined : new Date(Date.now() - (now() - openedAt))
  }

  /**
   * The event ID up to which everything was written to the socket: a client that has read all of that resumes after it.
   * Always the package's own ID. An empty string without subscriptions, before their first events are due, and while a
   * snapshot is missing.
   */
  get sentUpTo(): string {
    return readerOf(this.#stream)?.sentUpTo ?? ''
  }

  /** Bytes that were written, and that the operating system has not accepted yet. */
  get unsentBytes(): number {
    return this.#stream.output.unsent
  }
}

/** Undefined before the first subscription. Kept by the stream, so that a connection takes less memory. */
export function readerOf(stream: Stream): Reader | undefined {
  return stream.reader as Reader | undefined
}
