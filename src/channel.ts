/** What an app holds to publish: a channel. It is only a name; the log holds the events. */
import type { Scheduler } from './delivery/scheduler.js'
import type { Log } from './log/log.js'
import { PublishedEvent } from './log/published-event.js'
import type { Publisher } from './publisher.js'
import type { AnyEvents, Message } from './wire/format.js'
import { checkKey } from './wire/message-form.js'

/** What the channels of a registry share. */
export interface ChannelContext {
  readonly publisher: Publisher
  readonly scheduler: Scheduler
  readonly log: Log
}

export class Channel<E extends object = AnyEvents> {
  readonly name: string
  readonly #context: ChannelContext

  constructor(name: string, context: ChannelContext) {
    this.name = name
    this.#context = context
  }

  /** How many connections are subscribed now, in this process. */
  get subscribers(): number {
    const { scheduler, log } = this.#context
    return scheduler.subscribers(log.channels.get(this.name))
  }

  /**
   * Publishes a message to every subscriber, and to the log. Settles with the event's ID when the event has its place in
   * the log. Clients get it in the same turn of the event loop or, when they are slow, later.
   *
   * ```ts
   * const id = await live.channel('game:42').publish({ event: 'score', data: { home: 2, away: 1 }, key: 'score' })
   * ```
   *
   * Rejects with `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent, with `ERR_SSE_CLOSED` when the
   * registry is closed, and with `ERR_SSE_STORE`, `ERR_SSE_STORE_TIMEOUT` or `ERR_SSE_STORE_FULL` when the store fails. A
   * rejection that nobody awaits goes to the registry's `onError`.
   */
  publish(message: Message<E>): Promise<string> {
    return this.#context.publisher.publish(this.name, message)
  }

  /**
   * The newest event with a key, as long as the log keeps it.
   *
   * ```ts
   * res.json(live.channel('game:42').latest('score')?.json() ?? null)
   * ```
   *
   * @throws `ERR_SSE_MESSAGE` for a key that no event can have
   */
  latest(key: string): PublishedEvent | undefined {
    checkKey(key)
    const { log } = this.#context
    const event = log.channels.get(this.name)?.latest(key)
    return event && new PublishedEvent(event, log.epoch)
  }
}
