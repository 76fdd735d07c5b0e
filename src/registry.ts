/** A registry: the named channels of one route, or of several that share it, over one log. It puts the parts together. */
import { AsyncResource } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { CatchUp } from './catch-up.js'
import { Channel, type ChannelHost } from './channel.js'
import { requireChannelName } from './channel-name.js'
import { StreamConnection, type StreamOrigin } from './connection.js'
import { Connections } from './connections.js'
import { Delivery } from './delivery.js'
import type { AnyEvents } from './event-stream.js'
import { SseError } from './errors.js'
import { Expiry } from './expiry.js'
import { Log } from './log.js'
import type { LogEntry } from './store.js'
import { MemoryStore } from './memory-store.js'
import { resolveDrainOptions, resolveGrace, type CloseOptions, type DrainOptions } from './leave-options.js'
import { resolveRegistryOptions, type RegistryOptions } from './options.js'
import { reportTo } from './report.js'
import type { Position } from './position.js'
import { PublishedEvent } from './published-event.js'
import { Publisher } from './publisher.js'
import { Reader, type ReaderHost } from './reader.js'
import { Counters, type RegistryStats } from './stats.js'
import type { Store } from './store.js'
import { createWarn, type Warn } from './warnings.js'
import { isOneOfSeveral } from './workers.js'

/** A connection as handlers see it: `res.sse`. */
export type Connection<E extends object = AnyEvents> = StreamConnection<E, ChannelRegistry<E>>

/** Makes a registry, for several routes to share or to be kept apart from any. Throws an `SseError` for a wrong option. */
export function createRegistry<E extends object = AnyEvents>(options: RegistryOptions = {}): ChannelRegistry<E> {
  return new ChannelRegistry<E>(options)
}

export class ChannelRegistry<E extends object = AnyEvents> {
  /** Whether the store still fills the log, so that requests have to wait. @internal */
  isStarting = false
  readonly #waiting = new Set<() => void>()
  /** Warns once of each thing. @internal */
  readonly warn: Warn = createWarn()
  readonly #log: Log
  readonly #store: Store
  readonly #counters = new Counters()
  readonly #delivery: Delivery
  readonly #connections: Connections<ChannelRegistry>
  readonly #publisher: Publisher
  readonly #channelHost: ChannelHost
  readonly #expiry: Expiry
  #hasReportedEviction = false

  /** @internal */
  constructor(options: RegistryOptions) {
    const { log: bounds, onError, ...resolved } = resolveRegistryOptions(options)
    const store: Store = (this.#store = resolved.store ?? new MemoryStore())
    const report = reportTo(onError)
    const { warn } = this
    if (resolved.store === undefined && isOneOfSeveral()) warn('SSE_WORKERS')
    const counters = (this.#counters = new Counters())
    const log = (this.#log = new Log(bounds))
    const delivery = (this.#delivery = new Delivery(log))
    const catchUp = store.catchUp && new CatchUp(store.catchUp.bind(store), report)
    const readerHost: ReaderHost = { log, counters, delivery, report, catchUp }
    const createReader = (connection: Connection) => new Reader(connection, readerHost)
    this.#connections = new Connections<ChannelRegistry>({
      registry: this as ChannelRegistry,
      counters,
      createReader,
      report,
      warn,
    })
    this.#publisher = new Publisher({ store, log, delivery, counters, report, warn })
    this.#channelHost = {
      publish: (channel, message) => this.#publisher.publish(channel, message),
      subscribers: (channel) => delivery.subscribers(log.channels.get(channel)),
      latest: (channel, key) => this.#latest(channel, key),
    }
    this.#expiry = new Expiry(log)
    this.#start(report)
  }

  /** The channel of a name. It need not exist: it does as long as somebody subscribes or the log holds its events. */
  channel(name: string): Channel<E> {
    requireChannelName(name)
    return new Channel<E>(name, this.#channelHost)
  }

  /** Whether a channel has a subscriber, history or a latest event. */
  has(name: string): boolean {
    requireChannelName(name)
    return this.#log.channels.has(name)
  }

  /** The names of all such channels. */
  names(): string[] {
    return [...this.#log.channels.keys()]
  }

  /** What the registry holds and has done, as plain counts. */
  stats(): RegistryStats {
    const { published, delivered, conflated, destroyed, shed, gaps, resumes, closed } = this.#counters
    const { events, bytes, channels, evictedKeys } = this.#log
    const { open: connections, stalled } = this.#connections
    const now = { connections, channels: channels.size, events, bytes, stalled }
    return {
      ...now,
      published,
      delivered,
      conflated,
      evictedKeys,
      destroyed,
      shed,
      gaps: { ...gaps },
      resumes: { ...resumes },
      closed: { ...closed },
    }
  }

  /**
   * Prepares for the process to leave: sheds new requests and ends each open connection at a random moment of the
   * window, so that clients do not all come back in one instant. Settles when the last one has gone, at the latest when
   * the grace behind the window is over; `close()` and `server.close()` may follow. Throws an `SseError` for a wrong option.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    return this.#connections.drain(resolveDrainOptions(options))
  }

  /**
   * Ends all connections and the store, sheds new requests and rejects what is published. Settles when that is done: the
   * connections are gone when the grace is over. Rejects with an `SseError` for a wrong option.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const grace = resolveGrace(options)
    this.#publisher.close()
    this.#expiry.close()
    await this.#connections.close(grace)
    await this.#store.close()
  }

  /** Calls back when the store has filled the log. Returns the function that takes it back. @internal */
  onceStarted(callback: () => void): () => void {
    const bound = AsyncResource.bind(callback)
    this.#waiting.add(bound)
    return () => void this.#waiting.delete(bound)
  }

  /** Takes a response in; undefined when it was shed. @internal */
  connect(res: ServerResponse, lastEventId: string, origin: StreamOrigin): Connection | undefined {
    const connection = new StreamConnection<AnyEvents, ChannelRegistry>(res, lastEventId, origin, this.#connections)
    if (!this.#connections.isFull(origin)) {
      this.#connections.expect(connection)
      return connection
    }
    this.#connections.shed(connection)
    return undefined
  }

  /** Tells `onError` of a failure that nobody awaits. @internal */
  report(error: unknown): void {
    this.#connections.report(error)
  }

  /** Ends the connections of one `sse()`. @internal */
  async disconnect(origin: StreamOrigin, options: CloseOptions = {}): Promise<void> {
    await this.#connections.closeOrigin(origin, resolveGrace(options))
  }

  #start(report: (error: unknown) => void): void {
    const log = this.#log
    log.isPending = true
    const starting = this.#store.start({
      bounds: log.bounds,
      begin: (epoch, position, held) => {
        log.begin(epoch, position, held)
        this.#expiry.watch()
        this.#delivery.allDue()
      },
      append: (position, entry) => this.#append(position, entry, report),
      skip: (position, latest) => {
        log.skip(position, latest)
        this.#delivery.allDue()
      },
      report,
    })
    if (starting === undefined) return
    this.isStarting = true
    void starting.catch(report).finally(() => {
      this.isStarting = false
      for (const callback of this.#waiting) callback()
      this.#waiting.clear()
    })
  }

  #append(position: Position, entry: LogEntry, report: (error: unknown) => void): void {
    const log = this.#log
    const event = log.append(position, entry)
    this.#delivery.published(event)
    log.trim(event.channel)
    this.#expiry.watch()
    if (log.evictedKeys === 0 || this.#hasReportedEviction) return
    this.#hasReportedEviction = true
    report(evictionOf(event.channel.name))
  }

  #latest(channel: string, key: string): PublishedEvent | undefined {
    const event = this.#log.channels.get(channel)?.latest(key)
    return event && new PublishedEvent(event, this.#log.epoch)
  }
}

/** Said once: from here on newcomers may be told of a gap, in this channel or another. */
function evictionOf(channel: string): SseError {
  return new SseError(
    'ERR_SSE_LIMIT',
    `a latest event was evicted when "${channel}" was published to; newcomers of its channel get a gap. Raise keys or bytes, or use fewer keys`,
  )
}
