/** The contract of a store, which keeps the published events of a registry. */
import type { Position } from './position.js'

/** Bounds on the history of each channel. At the first bound that is reached, the oldest event is evicted. */
export interface HistoryBounds {
  /** The most events. `Infinity` sets no bound. */
  events: number
  /** The most bytes. An event counts its text, key and own ID, and at least 256 bytes. `Infinity` sets no bound. */
  bytes: number
  /** The age in milliseconds after which an event is evicted. `Infinity` sets no bound. */
  age: number
}

/** What a log keeps: the options `history`, `bytes` and `keys` of the registry, resolved. */
export interface LogBounds {
  /** The bounds on the history of each channel. */
  history: HistoryBounds
  /** Whether history is replayed to clients that resume. If not, it only serves connected clients that are slow. */
  replay: boolean
  /** The most bytes of all channels together. */
  bytes: number
  /** The most keys of one channel whose latest event is kept. */
  keys: number
}

/**
 * What a store keeps: a published event, or another step that every process takes at the same place. Told apart by `kind`.
 * Keep entries as they are, also those of a kind that you do not know: later versions of the package may have more.
 */
export type LogEntry = EventEntry | ForgetEntry | DisconnectEntry | UnknownEntry

/** A published event without its position. */
export interface EventEntry {
  /** Only other entries have a kind. */
  kind?: undefined
  /** The name of the channel. */
  channel: string
  /** The key of the event. An empty string is a key too. */
  key?: string | undefined
  /** The app's own event ID. Without it, the event gets the ID of its position. */
  id?: string | undefined
  /** The encoded message without its ID: whole lines of the event stream format, without the blank line at the end. */
  body: string
}

/** `channel.forget(key)`: the key has no latest event from here on. */
export interface ForgetEntry {
  /** Tells the entry from others. */
  kind: 'forget'
  /** The name of the channel. */
  channel: string
  /** The key. An empty string is a key too. */
  key: string
}

/** `registry.disconnect()`: the connections of an owner end, in every process that reads this. See `begin` of the log. */
export interface DisconnectEntry {
  /** Tells the entry from others. */
  kind: 'disconnect'
  /** Whose connections end. */
  owner: string
  /** The registry that has ended its own ones already. */
  by: string
}

/** An entry that this version of the package cannot read, such as one of a later version. Only its position counts. */
export interface UnknownEntry {
  /** Tells the entry from others. */
  kind: 'unknown'
}

/** An entry with its position. */
export interface StoredEntry {
  /** The place of the entry in the log. */
  readonly position: Position
  /** The entry itself. */
  readonly entry: LogEntry
}

/** An event with its position. */
export interface StoredEvent extends StoredEntry {
  readonly entry: EventEntry
}

/** What a store already holds when a log begins. */
export interface HeldEvents {
  /** The latest event of each key that is older than `events`, in ascending positions. */
  readonly latest: readonly StoredEvent[]
  /** The newest entries, without a hole, in ascending positions. */
  readonly events: readonly StoredEntry[]
  /** The position up to which clients may have read these events before the log was replaced. */
  readonly readUpTo: Position
  /** Milliseconds now, on the clock of the positions. Without it, the newest event counts as new. */
  readonly now?: number | undefined
  /** Channels that lack the latest event of some key. New subscribers are told of a gap. An empty name: all channels. */
  readonly incomplete?: readonly string[] | undefined
}

/** A position, with the epoch of its log. */
export interface StoredPosition extends Position {
  /** Needed only if the log may have begun again since, with another epoch. Without it, the log's epoch counts. */
  readonly epoch?: string
}

/**
 * The log of a registry, which a store fills.
 *
 * @example
 * ```ts
 * import { createEpoch, nextPosition, type StoreLog } from 'express-sse-channels'
 *
 * export function fill(log: StoreLog): void {
 *   const floor = { ms: Date.now(), seq: 0 }
 *   log.begin(createEpoch(), floor)
 *   log.append(nextPosition(floor, Date.now()), { channel: 'game:42', body: 'event: goal\ndata: {"minute":12}\n' })
 * }
 * ```
 */
export interface StoreLog {
  /** How much the log keeps, so that the store loads no more. */
  readonly bounds: LogBounds
  /**
   * Begins the log at a position, with an epoch from `createEpoch()`. Call it before `append`. A store that has lost events
   * calls it again with a new epoch. The log then holds only `held`, and every open stream is told of a gap. Connections end
   * whose owners were disconnected after `held.readUpTo`. When the log begins for the first time, all connections stay.
   */
  begin(epoch: string, position: Position, held?: HeldEvents): void
  /** Appends an entry. Positions must rise from one call to the next: another entry is reported and left out. */
  append(position: Position, entry: LogEntry): void
  /**
   * Skips entries that the store no longer has: all after the newest one in the log, up to a position. `latest` is the latest
   * event of every key up to that position, in ascending positions. The log forgets other keys. `incomplete` names channels
   * that lack the latest event of some key. Every open stream is told of a gap.
   */
  skip(position: Position, latest: readonly StoredEvent[], incomplete?: readonly string[]): void
  /** Says that the store cannot be read now, and why. For a store that is elsewhere: see `registry.metrics()`. */
  unavailable(cause: unknown): void
  /** Says that the store can be read again. */
  available(): void
  /** Passes an error that no caller awaits to the option `onError`. */
  report(error: unknown): void
}

/**
 * Where published events are kept: the option `store`. A store belongs to one registry. Stores in several processes may
 * share events. `storeContract` of `express-sse-channels/store-contract` tests a store.
 *
 * @example
 * ```ts
 * import { createEpoch, createRegistry, nextPosition } from 'express-sse-channels'
 * import type { LogEntry, Store, StoreLog } from 'express-sse-channels'
 *
 * class MyStore implements Store {
 *   #log: StoreLog | undefined
 *   #last = { ms: Date.now(), seq: 0 }
 *
 *   start(log: StoreLog) {
 *     this.#log = log
 *     log.begin(createEpoch(), this.#last)
 *   }
 *   append(entry: LogEntry) {
 *     this.#last = nextPosition(this.#last, Date.now())
 *     this.#log?.append(this.#last, entry)
 *     return this.#last
 *   }
 *   close() {
 *     this.#log = undefined
 *   }
 * }
 * const registry = createRegistry({ store: new MyStore() })
 * ```
 */
export interface Store {
  /**
   * Fills a log with what the store holds, and then with everything that this process or another appends. Requests wait
   * until this has returned or its promise has settled. Streams that open before `begin` is called get no events until then.
   *
   * If it throws, `createRegistry()` throws. If it rejects, the error goes to `onError`.
   */
  start(log: StoreLog): void | Promise<void>
  /**
   * Appends an entry. Returns its position, which the log gets before that, or soon after. If this throws or rejects,
   * `publish()`, `forget()` or `disconnect()` rejects with the same error. A store that cannot keep entries of some kind rejects them with
   * the code `ERR_SSE_STORE_UNSUPPORTED`, and does nothing else.
   */
  append(entry: LogEntry): StoredPosition | Promise<StoredPosition>
  /**
   * Appends several entries, all or none, in one step: their positions follow each other, and no other entry lies between
   * them. Returns the positions. Leave it out if the store cannot do it: `registry.publish()` then rejects.
   */
  appendAll?(entries: readonly LogEntry[]): readonly StoredPosition[] | Promise<readonly StoredPosition[]>
  /**
   * Settles when the log has everything that the store held at the call. Must not reject. Called when a client sends an ID
   * that this log has not reached, because the ID comes from another process. Leave it out if the log is never behind.
   */
  catchUp?(): Promise<void>
  /** Stops filling the log. Called by `registry.close()`, possibly more than once. */
  close(): void | Promise<void>
}
