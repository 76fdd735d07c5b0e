/** A registry: the named channels of one or more routes, over one log. Its parts do the work. */
import { requireChannelName } from './channel-name.js'
import { Channel } from './channel.js'
import type { Connection as ConnectionOf } from './connection.js'
import type { OccupancyListener } from './delivery/occupancy.js'
import { resolveDrainOptions, resolveGrace, type CloseOptions, type DrainOptions } from './drain-options.js'
import type { ChannelMessage } from './message-list.js'
import { resolveOwner, type ConnectionsOptions, type DisconnectOptions } from './owner-options.js'
import type { RegistryOptions } from './registry-options.js'
import { metricsOf, type MetricsOptions } from './registry-metrics.js'
import { closeParts, createParts, type RegistryParts } from './registry-parts.js'
import { lastEventIdOf, statsOf } from './registry-state.js'
import type { RegistryStats } from './stats.js'
import type { AnyEvents } from './wire/format.js'

/** One open event stream, as handlers see it: `res.sse`. */
export type Connection<E extends object = AnyEvents> = ConnectionOf<E, ChannelRegistry<E>>

/**
 * The named channels of one or more routes, and everything published to them. `createRegistry()` makes it. Also found on
 * `live.registry` and `res.sse.registry`.
 *
 * @example
 * ```ts
 * import { createRegistry } from 'express-sse-channels'
 *
 * const registry = createRegistry()
 * await registry.channel('game:42').publish({ event: 'goal', data: { minute: 12 } })
 * console.log(registry.has('game:42'), registry.names()) // true [ 'game:42' ]
 * await registry.close()
 * ```
 */
export class ChannelRegistry<E extends object = AnyEvents> {
  readonly #parts: RegistryParts

  constructor(options: RegistryOptions<E>) {
    this.#parts = createParts(this as ChannelRegistry, options)
  }

  /**
   * Returns the channel with a name. A channel is created on first use, and removed once it has no subscribers, no history
   * and no latest event.
   *
   * @throws `ERR_SSE_CHANNEL` for a name that is empty, not a string or not well-formed Unicode
   */
  channel(name: string): Channel<E> {
    requireChannelName(name)
    return new Channel<E>(name, this.#parts.channelContext)
  }

  /**
   * Whether a channel has a subscriber in this process, history or a latest event.
   *
   * @throws `ERR_SSE_CHANNEL` for a name that is empty, not a string or not well-formed Unicode
   */
  has(name: string): boolean {
    requireChannelName(name)
    return this.#parts.log.channels.has(name)
  }

  /** Returns the names of the channels for which `has` is true. */
  names(): string[] {
    return [...this.#parts.log.channels.keys()]
  }

  /**
   * Publishes several messages in one step, to one or several channels: either all or none of them. They are next to each
   * other in the log, and take one round trip to a store. Settles with their event IDs, in order. At most 100 messages and
   * 256 KiB. A client may still get them in several writes, or the last ones only after it has reconnected.
   *
   * @throws Rejects with `ERR_SSE_LIMIT` for too many or too large messages, with `ERR_SSE_CHANNEL` for a wrong name, and with
   * `ERR_SSE_STORE_UNSUPPORTED` for a store of the app that cannot do it. Otherwise as `publish` of a channel. The error
   * names the index of the message.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * await registry.publish([
   *   { channel: 'shop', event: 'stock', data: { sku: 7, left: 2 }, key: 'sku:7' },
   *   { channel: 'shop', event: 'stock', data: { sku: 8, left: 0 }, key: 'sku:8' },
   * ])
   * ```
   */
  publish(messages: readonly ChannelMessage<E>[]): Promise<string[]> {
    return this.#parts.publisher.publishAll(messages)
  }

  /**
   * Resolves with the event ID that means "now": a client that opens a stream with it gets every later event. Read it before
   * the state that you render, so that no event between rendering and opening is lost. Events that are replayed may be older
   * than that state. With Redis, it is how far this process has read. Always the package's own ID.
   *
   * @throws Rejects with `ERR_SSE_STORE` before the store has begun
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * const lastEventId = await registry.lastEventId()
   * const score = registry.channel('game:42').latest('score')?.json()
   * console.log({ score, stream: `/games/42/stream?lastEventId=${lastEventId}` })
   * ```
   */
  lastEventId(): Promise<string> {
    return lastEventIdOf(this.#parts)
  }

  /**
   * Calls a listener for each channel that gets its first subscriber in this process, and for channels that have one now. The
   * signal is aborted when the channel has had no subscriber for `linger`. Calls the listener again when one comes back.
   *
   * Returns a function that removes the listener and aborts its signals. `close()` does so too. Errors and rejections go to
   * `onError`, except for an `AbortError` after the signal is aborted.
   *
   * @throws `ERR_SSE_OPTION` for a listener that is not a function
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * registry.whileOccupied((name, signal) => {
   *   const channel = registry.channel(name)
   *   const timer = setInterval(() => void channel.publish({ data: new Date(), key: 'time' }), 1000)
   *   signal.addEventListener('abort', () => clearInterval(timer))
   * })
   * ```
   */
  whileOccupied(listener: OccupancyListener): () => void {
    return this.#parts.occupancy.add(listener)
  }

  /**
   * Returns the counts of this process, as a plain object: what the registry holds now, and what it has done.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * console.log(createRegistry().stats().connections) // 0
   * ```
   */
  stats(): RegistryStats {
    return statsOf(this.#parts)
  }

  /**
   * Returns the counts of `stats()` and two histograms, as text that Prometheus reads (text format 0.0.4): how late events
   * were written, and how long connections were open. The histograms count from the first call on.
   *
   * @throws `ERR_SSE_OPTION` for a wrong option
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { createRegistry } from 'express-sse-channels'
   *
   * const app = express()
   * const registry = createRegistry()
   * app.get('/metrics', (req, res) => res.type('text/plain; version=0.0.4').send(registry.metrics()))
   * ```
   */
  metrics(options: MetricsOptions = {}): string {
    return metricsOf(this.#parts, options)
  }

  /**
   * Iterates over the open connections of this process: the objects that handlers have as `res.sse`. Connections may close
   * meanwhile.
   *
   * @throws `ERR_SSE_OPTION` for a wrong option
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * for (const { owner, channels, openedAt, unsentBytes } of registry.connections()) {
   *   console.log(owner, channels, openedAt, unsentBytes)
   * }
   * ```
   */
  connections(options: ConnectionsOptions = {}): IterableIterator<Connection<E>> {
    return this.#parts.connections.connections(resolveOwner(options)) as IterableIterator<Connection<E>>
  }

  /**
   * Ends all connections of an owner, in every process that shares the store, such as when a user logs out. Revoke the
   * session first: the client comes straight back, and your handler must then refuse it. A connection that its handler has
   * not opened yet ends when it opens. Connections that are made after the call stay.
   *
   * Those of this process end in the next turn, even while the store is away. Settles when the store has told the others,
   * with the number of connections here. If no caller awaits the promise, its rejection goes to `onError`.
   *
   * @throws Rejects with `ERR_SSE_OPTION` for a wrong option, with `ERR_SSE_CLOSED` if the registry is closed, and with
   * `ERR_SSE_STORE_UNSUPPORTED`, before any has ended, for a store of the app that cannot tell the others. With Redis, also
   * with `ERR_SSE_STORE`, `ERR_SSE_STORE_TIMEOUT` or `ERR_SSE_STORE_FULL`.
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * const sessions = new Map([['a-secret', 'ann']])
   * export async function signOut(session: string): Promise<void> {
   *   const owner = sessions.get(session)
   *   sessions.delete(session)
   *   if (owner) await registry.disconnect({ owner })
   * }
   * ```
   */
  disconnect(options: DisconnectOptions): Promise<number> {
    return this.#parts.disconnects.request(options)
  }

  /**
   * Ends all connections before the process exits. Sheds new requests, and ends each open connection at a random moment of
   * `window`, so that clients do not all reconnect at once. Settles when the last one is gone, at the latest `grace` after
   * the window. Publishing still works: call `close()` next.
   *
   * @throws `ERR_SSE_OPTION` for a wrong option
   *
   * @example
   * ```ts
   * import { createRegistry } from 'express-sse-channels'
   *
   * const registry = createRegistry()
   * process.once('SIGTERM', async () => {
   *   await registry.drain({ window: 10_000 })
   *   await registry.close()
   * })
   * ```
   */
  drain(options: DrainOptions = {}): Promise<void> {
    return this.#parts.connections.drain(resolveDrainOptions(options))
  }

  /**
   * Ends all connections now, sheds new requests, rejects further publishes and closes the store. Settles when that is done.
   * Connections are gone after `grace` at the latest.
   *
   * @throws Rejects with `ERR_SSE_OPTION` for a wrong option, and with the error of a store that cannot be closed
   */
  async close(options: CloseOptions = {}): Promise<void> {
    await closeParts(this.#parts, resolveGrace(options))
  }
}
