/** A registry: the named channels of one route, or of several that share it, over one log. It puts the parts together. */
import type { ServerResponse } from 'node:http'
import { Channel, type ChannelHost } from './channel.js'
import { requireChannelName } from './channel-name.js'
import { StreamConnection, type StreamOrigin } from './connection.js'
import { Connections } from './connections.js'
import { Delivery } from './delivery.js'
import type { AnyEvents } from './event-stream.js'
import { Log, type LogEntry } from './log.js'
import { MemoryStore } from './memory-store.js'
import { resolveDrainWindow, resolveRegistryOptions, type RegistryOptions } from './options.js'
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
  /** Settles when the store has filled the log, so that streams can open; undefined as soon as it has. @internal */
  starting: Promise<void> | undefined
  /** Warns once of each thing. @internal */
  readonly warn: Warn = createWarn()
  readonly #log: Log
  readonly #store: Store
  readonly #counters = new Counters()
  readonly #delivery: Delivery
  readonly #connections: Connections<ChannelRegistry>
  readonly #publisher: Publisher
  readonly #channelHost: ChannelHost

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
    const readerHost: ReaderHost = { log, counters, delivery, report, catchUp: store.catchUp?.bind(store) }
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
    const { published, delivered, conflated, shed, gaps, resumes, closed } = this.#counters
    const { events, bytes, channels } = this.#log
    const { open: connections, stalled } = this.#connections
    const now = { connections, channels: channels.size, events, bytes, stalled }
    return {
      ...now,
      published,
      delivered,
      conflated,
      shed,
      gaps: { ...gaps },
      resumes: { ...resumes },
      closed: { ...closed },
    }
  }

  /**
   * Prepares for the process to leave: sheds new requests and ends each open connection at a random moment of the
   * window, in milliseconds, 10 seconds by default, so that clients do not all come back in one instant. Settles when
   * the last one has gone; `close()` and `server.close()` may follow.
   */
  drain({ window = 10_000 }: { window?: number } = {}): Promise<void> {
    return this.#connections.drain(resolveDrainWindow(window))
  }

  /** Ends all connections and the store, sheds new requests and rejects what is published. Settles when that is done. */
  async close(): Promise<void> {
    this.#publisher.close()
    await this.#connections.close()
    await this.#store.close()
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

  /** Ends the connections of one `sse()`. @internal */
  disconnect(origin: StreamOrigin): Promise<void> {
    return this.#connections.closeOrigin(origin)
  }

  #start(report: (error: unknown) => void): void {
    const log = this.#log
    log.isPending = true
    const starting = this.#store.start({
      bounds: log.bounds,
      begin: (epoch, position, held) => {
        log.begin(epoch, position, held)
        this.#delivery.allDue()
      },
      append: (position, entry) => this.#append(position, entry),
      skip: (position, latest) => {
        log.skip(position, latest)
        this.#delivery.allDue()
      },
      report,
    })
    if (starting === undefined) return
    this.starting = starting.catch(report).finally(() => (this.starting = undefined))
  }

  #append(position: Position, entry: LogEntry): void {
    const event = this.#log.append(position, entry)
    this.#delivery.published(event)
    this.#log.trim(event.channel, position.ms)
  }

  #latest(channel: string, key: string): PublishedEvent | undefined {
    const event = this.#log.channels.get(channel)?.latest(key)
    return event && new PublishedEvent(event, this.#log.epoch)
  }
}
