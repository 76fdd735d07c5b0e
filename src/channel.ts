/** A channel as the app sees it: a name to publish to. It holds nothing itself; the log does. */
import type { AnyEvents, Message } from './event-stream.js'
import { checkKey } from './message-form.js'
import type { PublishedEvent } from './published-event.js'

export interface ChannelHost {
  publish(channel: string, message: Message): Promise<string>
  subscribers(channel: string): number
  latest(channel: string, key: string): PublishedEvent | undefined
}

export class Channel<E extends object = AnyEvents> {
  readonly name: string
  readonly #host: ChannelHost

  /** @internal */
  constructor(name: string, host: ChannelHost) {
    this.name = name
    this.#host = host
  }

  /** How many connections are subscribed now, in this process. */
  get subscribers(): number {
    return this.#host.subscribers(this.name)
  }

  /**
   * Publishes a message to every subscriber, and to the log. Settles with the event's ID as soon as the event has its
   * place in the log; clients get it in the same turn of the event loop or, when they are slow, later.
   *
   * Rejects with an `SseError` when the message cannot be sent, when the registry is closed, or when the store fails;
   * then nobody gets anything. A rejection that nobody awaits goes to the registry's `onError`.
   */
  publish(message: Message<E>): Promise<string> {
    return this.#host.publish(this.name, message)
  }

  /** The newest event with a key, as long as the log keeps it. Throws an `SseError` for a key that no event can have. */
  latest(key: string): PublishedEvent | undefined {
    checkKey(key)
    return this.#host.latest(this.name, key)
  }
}
