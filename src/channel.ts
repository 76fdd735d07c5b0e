/** The object that an app publishes with. A channel holds only its name. The log holds the events. */
import type { Log } from './log/log.js'
import { publishedEvent, type PublishedEvent } from './log/published-event.js'
import type { Publisher } from './publisher.js'
import type { AnyEvents, Message } from './wire/format.js'
import { checkKey } from './wire/message-form.js'

/** What the channels of a registry share. */
export interface ChannelContext {
  readonly publisher: Publisher
  readonly log: Log
}

/**
 * Events that clients subscribe to by name. `registry.channel(name)` and `live.channel(name)` return it. It holds no
 * events, so an app may keep it or ask for it again each time.
 *
 * @example
 * ```ts
 * import { createRegistry } from 'express-sse-channels'
 *
 * const game = createRegistry().channel('game:42')
 * if (game.subscribers > 0) await game.publish({ event: 'goal', data: { minute: 12 } })
 * ```
 */
export class Channel<E extends object = AnyEvents> {
  /** The name that clients are subscribed to. */
  readonly name: string
  readonly #context: ChannelContext

  constructor(name: string, context: ChannelContext) {
    this.name = name
    this.#context = context
  }

  /** How many connections of this process are subscribed now. */
  get subscribers(): number {
    return this.#context.log.channels.get(this.name)?.readers ?? 0
  }

  /**
   * Publishes a message to the log and to every subscriber. Settles with the event's ID when the event has its place in
   * the log. Clients get the event in the next turn of the event loop, or later if they are slow.
   *
   * If no caller awaits the promise, its rejection goes to the registry's `onError`.
   *
   * @throws Rejects with `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent, and with `ERR_SSE_CLOSED`
   * if the registry is closed. With Redis, also with `ERR_SSE_STORE`, `ERR_SSE_STORE_TIMEOUT` or `ERR_SSE_STORE_FULL`.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const game = createRegistry().channel('game:42')
   * const id = await game.publish({ event: 'score', data: { home: 2, away: 1 }, key: 'score' })
   * ```
   */
  publish(message: Message<E>): Promise<string> {
    return this.#context.publisher.publish(this.name, message)
  }

  /**
   * Forgets the latest event of a key, in every process: new clients and clients with a gap no longer get it, and
   * `latest(key)` is undefined. Clients that have it are told nothing, so publish a last event first. Clients that resume
   * may still get the events of the key in history. A key that has no latest event is no error.
   *
   * Keeps its order with publishes, and settles as they do. If no caller awaits the promise, its rejection goes to the
   * registry's `onError`.
   *
   * @throws Rejects with `ERR_SSE_MESSAGE` for a key that no event can have, with `ERR_SSE_CLOSED` if the registry is closed,
   * and with `ERR_SSE_STORE_UNSUPPORTED` if a store of the app cannot do it. With Redis, also with `ERR_SSE_STORE`,
   * `ERR_SSE_STORE_TIMEOUT` or `ERR_SSE_STORE_FULL`.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const games = createRegistry().channel('games')
   * await games.publish({ event: 'score', data: { home: 2, away: 1, over: true }, key: 'game:42' })
   * await games.forget('game:42')
   * console.log(games.keys()) // []
   * ```
   */
  forget(key: string): Promise<void> {
    return this.#context.publisher.forget(this.name, key)
  }

  /**
   * Returns the newest event with a key. Undefined if there is none, if it was forgotten, or if the log has evicted it (option
   * `keys`).
   *
   * @throws `ERR_SSE_MESSAGE` for a key that no event can have: not a string, or not well-formed Unicode
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const game = createRegistry().channel('game:42')
   * await game.publish({ event: 'score', data: { home: 2, away: 1 }, key: 'score' })
   * console.log(game.latest('score')?.json()) // { home: 2, away: 1 }
   * ```
   */
  latest(key: string): PublishedEvent | undefined
  /**
   * Returns the newest event of every key, oldest first: what a new client is sent.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const shop = createRegistry().channel('shop')
   * await shop.publish({ event: 'stock', data: { sku: 7, stock: 3 }, key: 'sku:7' })
   * console.log(shop.latest().map((event) => event.json())) // [ { sku: 7, stock: 3 } ]
   * ```
   */
  latest(): PublishedEvent[]
  latest(...args: [key?: string]): PublishedEvent | PublishedEvent[] | undefined {
    const { log } = this.#context
    const channel = log.channels.get(this.name)
    // Not `key === undefined`: a missing key by mistake must not return all of them.
    if (args.length === 0) return channel?.allLatest.map((event) => publishedEvent(event, log.epoch)) ?? []
    const [key] = args as [key: string]
    checkKey(key)
    const event = channel?.latest(key)
    return event && publishedEvent(event, log.epoch)
  }

  /**
   * Returns the keys of which the log holds the newest event, the one that has not changed for longest first.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const game = createRegistry().channel('game:42')
   * await game.publish({ event: 'score', data: { home: 2, away: 1 }, key: 'score' })
   * console.log(game.keys()) // [ 'score' ]
   * ```
   */
  keys(): string[] {
    const { log } = this.#context
    return log.channels.get(this.name)?.allLatest.flatMap(({ key }) => key ?? []) ?? []
  }
}
