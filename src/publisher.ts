/**
 * Takes in messages. `publish` encodes a message and passes it to the store. The store calls `append`, which appends it to
 * the log and asks the scheduler to serve the subscribers.
 */
import { diagnostics } from './diagnostics.js'
import type { Scheduler } from './delivery/scheduler.js'
import { SseError } from './errors.js'
import { Expiry } from './log/expiry.js'
import type { Log } from './log/log.js'
import { comparePositions, formatId, type Position } from './log/position.js'
import type {
  DisconnectEntry,
  EventEntry,
  HeldEvents,
  LogBounds,
  LogEntry,
  Store,
  StoredEvent,
  StoredPosition,
  StoreLog,
} from './log/store.js'
import { encodeList, type ChannelMessage } from './message-list.js'
import type { Report } from './report.js'
import { ReportedPromise } from './reported-promise.js'
import type { Counters, StoreState } from './stats.js'
import { nextTurn, now } from './timers.js'
import type { Warn } from './warnings.js'
import { encodeBody, lacksData, type Message } from './wire/format.js'
import { checkKey } from './wire/message-form.js'

export interface PublisherOptions {
  /** The registry that publishes. */
  registry: object
  store: Store
  log: Log
  scheduler: Scheduler
  counters: Counters
  report: Report
  warn: Warn
  /** Another process or this one has disconnected an owner. */
  onDisconnect: (entry: DisconnectEntry) => void
}

export class Publisher implements StoreLog {
  readonly bounds: LogBounds
  readonly report: Report
  /** Whether the store can be read, as it says. */
  isStoreAvailable = true
  /** Whether `close` was called. */
  isClosed = false
  readonly #options: PublisherOptions
  readonly #log: Log
  readonly #scheduler: Scheduler
  readonly #expiry: Expiry
  /** Whether an entry was appended that the store did not hold when the log began. */
  #hasAppended = false
  #hasReportedEviction = false

  constructor(options: PublisherOptions) {
    const { log, scheduler, report } = options
    this.bounds = log.bounds
    this.report = report
    this.#options = options
    this.#log = log
    this.#scheduler = scheduler
    this.#expiry = new Expiry(log)
  }

  /** Publishes a message to a channel. Settles with the event's ID. */
  publish(channel: string, message: Message): Promise<string> {
    const { store } = this.#options
    try {
      this.#requireOpen('publish', channel)
      const entry = this.#encode(channel, message)
      const position = store.append(entry)
      if (position instanceof Promise) {
        const published = position.then((p) => this.#published(p, entry, message))
        return ReportedPromise.from(published, this.report)
      }
      const id = this.#published(position, entry, message)
      return this.#scheduler.isOverloaded ? inNextTurn(id) : Promise.resolve(id)
    } catch (error) {
      return ReportedPromise.from(Promise.reject(error as Error), this.report)
    }
  }

  /** Publishes several messages in one step. Settles with their IDs. */
  publishAll(messages: readonly ChannelMessage[]): Promise<string[]> {
    return ReportedPromise.from(this.#publishAll(messages), this.report)
  }

  /** Forgets the latest event of a key. Settles when that has its place in the log. */
  forget(channel: string, key: string): Promise<void> {
    return ReportedPromise.from(this.#forget(channel, key), this.report)
  }

  /** Passes to the store that an owner is disconnected. Returns what the store returns. */
  disconnect(entry: DisconnectEntry): unknown {
    this.#requireOpen('disconnect')
    return this.#options.store.append(entry)
  }

  /** Starts the store, which fills the log. Returns a promise if requests have to wait. */
  start(): void | Promise<void> {
    return this.#options.store.start(this)
  }

  /** Rejects what is published from now on. */
  close(): void {
    this.isClosed = true
    this.#expiry.close()
  }

  begin(epoch: string, position: Position, held?: HeldEvents): void {
    this.#log.begin(epoch, position, held)
    this.#hasAppended = false
    this.#tell(this.#log.generation === 1 ? 'begun' : 'restarted')
    this.#expiry.watch()
    this.#scheduler.enqueueAll()
    if (held !== undefined && this.#log.generation > 1) this.#endDisconnected(held)
  }

  /** Milliseconds from the place of the newest event in the log until this process got it; 0 before it gets any. */
  get storeLag(): number {
    if (!this.#hasAppended) return 0
    const { appendedAt, last } = this.#log
    return Math.max(0, Math.round(Date.now() - (now() - appendedAt) - last.ms))
  }

  append(position: Position, entry: LogEntry): void {
    this.#hasAppended = true
    const event = this.#log.append(position, entry)
    if (event === undefined) return this.#appendOther(entry)
    this.#scheduler.published(event)
    this.#log.trim(event.channel)
    this.#expiry.watch()
    if (this.#log.evictedKeys > 0 && !this.#hasReportedEviction) this.#reportEviction(event.channel.name)
  }

  skip(position: Position, latest: readonly StoredEvent[], incomplete?: readonly string[]): void {
    this.#log.skip(position, latest, incomplete)
    this.#hasAppended = false
    this.#tell('skipped')
    this.#scheduler.enqueueAll()
  }

  available(): void {
    this.isStoreAvailable = true
    this.#tell('available')
  }

  unavailable(cause: unknown): void {
    this.isStoreAvailable = false
    this.#tell('unavailable', cause)
  }

  /** Ends connections whose owner was disconnected while this process could not read the store. */
  #endDisconnected({ events, readUpTo }: HeldEvents): void {
    for (const { position, entry } of events)
      if (entry.kind === 'disconnect' && comparePositions(position, readUpTo) > 0) this.#options.onDisconnect(entry)
  }

  #appendOther(entry: LogEntry): void {
    if (entry.kind === 'disconnect') this.#options.onDisconnect(entry)
    // A batch for new subscribers may hold an event that is forgotten now.
    else this.#scheduler.batches.clear()
  }

  async #publishAll(messages: readonly ChannelMessage[]): Promise<string[]> {
    this.#requireOpen('publish')
    const entries = encodeList(messages, (channel, message) => this.#encode(channel, message))
    const { store } = this.#options
    if (entries.length === 0) return []
    if (store.appendAll === undefined) {
      const message =
        'publish(): the store cannot append several messages in one step; none is published. Publish them one by one'
      throw new SseError('ERR_SSE_STORE_UNSUPPORTED', message)
    }
    const positions = await store.appendAll(entries)
    const ids = entries.map((entry, i) =>
      this.#published(positions[i] ?? this.#log.last, entry, messages[i] as Message),
    )
    return this.#scheduler.isOverloaded ? inNextTurn(ids) : ids
  }

  async #forget(channel: string, key: string): Promise<void> {
    this.#requireOpen('forget', channel)
    checkKey(key)
    await this.#options.store.append({ kind: 'forget', channel, key })
  }

  #requireOpen(method: string, channel?: string): void {
    if (!this.isClosed) return
    const registry = channel === undefined ? 'the registry' : `the registry of channel "${channel}"`
    const message = `${method}(): ${registry} is closed; call it before close(), or on another registry`
    throw new SseError('ERR_SSE_CLOSED', message)
  }

  #encode(channel: string, message: Message): EventEntry {
    const body = encodeBody(message)
    const { key, id } = message
    if (lacksData(message)) this.#options.warn('SSE_NO_DATA')
    if (id === '')
      throw new SseError(
        'ERR_SSE_MESSAGE',
        'id must not be empty, because no client could resume after it; got "". Leave it out to get an ID of the log',
      )
    return { channel, key, id, body }
  }

  #published(position: StoredPosition, entry: EventEntry, message: Message): string {
    this.#options.counters.published++
    const id = entry.id ?? this.#idOf(position)
    if (diagnostics.publish.hasSubscribers) {
      const { registry } = this.#options
      const { channel, body } = entry
      diagnostics.publish.publish({ registry, channel, message, id, bytes: Buffer.byteLength(body) })
    }
    return id
  }

  #idOf(position: StoredPosition): string {
    return position.epoch === undefined ? this.#log.ids.of(position) : formatId(position, position.epoch)
  }

  #tell(state: StoreState, error?: unknown): void {
    if (!diagnostics.store.hasSubscribers) return
    diagnostics.store.publish({ registry: this.#options.registry, state, error })
  }

  /** Reports the first eviction of a latest event, because new subscribers may then get gaps. */
  #reportEviction(channel: string): void {
    this.#hasReportedEviction = true
    this.report(
      new SseError(
        'ERR_SSE_LIMIT',
        `a publish to "${channel}" evicted a latest event; new subscribers of the event's channel get a gap. Raise keys or bytes, or use fewer keys`,
      ),
    )
  }
}

/** Settles in the next turn. A loop that awaits each publish then lets sockets drain, so subscribers can keep up. */
function inNextTurn<T>(result: T): Promise<T> {
  return new Promise((resolve) => nextTurn(() => resolve(result)))
}
