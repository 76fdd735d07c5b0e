/** A registry: the named channels of one route, or of several that share it, over one log. It only connects the parts. */
import { Admission } from './admission.js'
import { requireChannelName } from './channel-name.js'
import { Channel, type ChannelContext } from './channel.js'
import type { Connection as ConnectionOf } from './connection.js'
import { CatchUp } from './delivery/catch-up.js'
import { Reader, type ReaderContext } from './delivery/reader.js'
import { Scheduler } from './delivery/scheduler.js'
import { ConnectionSet } from './http/connection-set.js'
import { resolveDrainOptions, resolveGrace, type CloseOptions, type DrainOptions } from './leave-options.js'
import { Log } from './log/log.js'
import { memoryStore } from './log/memory-store.js'
import type { Store } from './log/store.js'
import { resolveRegistryOptions, type RegistryOptions } from './options.js'
import { Publisher } from './publisher.js'
import { reportTo } from './report.js'
import { Counters, type RegistryStats } from './stats.js'
import { createWarn } from './warnings.js'
import { isOneOfSeveral } from './workers.js'
import type { AnyEvents } from './wire/format.js'

/** A connection as handlers see it: `res.sse`. */
export type Connection<E extends object = AnyEvents> = ConnectionOf<E, ChannelRegistry<E>>

/**
 * Makes a registry, for several routes to share.
 *
 * ```ts
 * const registry = createRegistry({ history: { age: 60_000 } })
 * app.get('/games', sse({ registry }), (req, res) => res.sse?.subscribe('games'))
 * app.get('/shop', sse({ registry }), (req, res) => res.sse?.subscribe('shop'))
 * ```
 *
 * @throws `ERR_SSE_OPTION` for a wrong option
 */
export function createRegistry<E extends object = AnyEvents>(options: RegistryOptions = {}): ChannelRegistry<E> {
  return new ChannelRegistry<E>(options)
}

/**
 * The key under which `sse()` finds the way in for requests. A symbol of the whole process, because an ESM and a CJS copy
 * of the package may meet in one app.
 */
const ADMISSION = Symbol.for('express-sse-channels.admission')

/** The way in for requests to a registry. */
export function admissionOf(registry: object): Admission<ChannelRegistry> {
  return (registry as { [ADMISSION]: Admission<ChannelRegistry> })[ADMISSION]
}

export class ChannelRegistry<E extends object = AnyEvents> {
  readonly #log: Log
  readonly #store: Store
  readonly #counters = new Counters()
  readonly #connections: ConnectionSet
  readonly #publisher: Publisher
  readonly #channelContext: ChannelContext

  constructor(options: RegistryOptions) {
    const { log: bounds, onError, store } = resolveRegistryOptions(options)
    const counters = this.#counters
    const report = reportTo(onError)
    const warn = createWarn()
    if (store === undefined && isOneOfSeveral()) warn('SSE_WORKERS')
    this.#store = store ?? memoryStore()
    const log = (this.#log = new Log(bounds))
    const scheduler = new Scheduler(log)
    const publisher = (this.#publisher = new Publisher({ store: this.#store, log, scheduler, counters, report, warn }))
    this.#channelContext = { publisher, scheduler, log }
    this.#connections = new ConnectionSet({ counters, report, warn })
    const catchUp = this.#store.catchUp && new CatchUp(this.#store.catchUp.bind(this.#store), report)
    const readerContext: ReaderContext = { log, counters, scheduler, report, catchUp }
    const admission = new Admission<ChannelRegistry>(this.#connections, {
      registry: this as ChannelRegistry,
      report,
      warn,
      createReader: (stream) => new Reader(stream, readerContext),
    })
    // Not a member: apps hold registries, and requests come in through `sse()` alone.
    Object.defineProperty(this, ADMISSION, { value: admission })
    const starting = publisher.start()
    if (starting !== undefined) admission.hold(starting)
  }

  /**
   * The channel of a name. A channel is created on first use, and removed once it has no subscribers and no history.
   *
   * ```ts
   * await registry.channel('game:42').publish({ event: 'goal', data: { minute: 12 } })
   * ```
   *
   * @throws `ERR_SSE_CHANNEL` for a wrong name
   */
  channel(name: string): Channel<E> {
    requireChannelName(name)
    return new Channel<E>(name, this.#channelContext)
  }

  /**
   * Whether a channel has a subscriber, history or a latest event.
   *
   * @throws `ERR_SSE_CHANNEL` for a wrong name
   */
  has(name: string): boolean {
    requireChannelName(name)
    return this.#log.channels.has(name)
  }

  /** The names of the channels that have a subscriber, history or a latest event. */
  names(): string[] {
    return [...this.#log.channels.keys()]
  }

  /**
   * What the registry holds and has done, as plain counts.
   *
   * ```ts
   * app.get('/healthz', (req, res) => res.json(registry.stats()))
   * ```
   */
  stats(): RegistryStats {
    const { gaps, resumes, closed, ...counts } = this.#counters
    const { events, bytes, channels, evictedKeys } = this.#log
    const { open: connections, stalled } = this.#connections
    const now = { connections, channels: channels.size, events, bytes, stalled, evictedKeys }
    return { ...now, ...counts, gaps: { ...gaps }, resumes: { ...resumes }, closed: { ...closed } }
  }

  /**
   * Prepares for the process to leave. Sheds new requests and ends each open connection at a random moment of the window,
   * so that clients do not all come back at once. Settles when the last one is gone, at the latest when the grace behind
   * the window is over. `close()` and `server.close()` may follow.
   *
   * ```ts
   * process.once('SIGTERM', async () => {
   *   await registry.drain({ window: 10_000 })
   *   await registry.close()
   *   server.close()
   * })
   * ```
   *
   * @throws `ERR_SSE_OPTION` for a wrong option
   */
  drain(options: DrainOptions = {}): Promise<void> {
    return this.#connections.drain(resolveDrainOptions(options))
  }

  /**
   * Ends all connections and the store, sheds new requests and rejects what is published. Settles when that is done: the
   * connections are gone when the grace is over. Rejects with `ERR_SSE_OPTION` for a wrong option.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const grace = resolveGrace(options)
    this.#publisher.close()
    await this.#connections.close(grace)
    await this.#store.close()
  }
}
