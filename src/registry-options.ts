/** Options of a registry: meaning, defaults and valid values. */
import { count, isObject, milliseconds, millisecondsUpTo, type Form } from './check.js'
import type { HistoryBounds, LogBounds, Store } from './log/store.js'
import { insteadOfStore } from './mistakes.js'
import type { ResolvedSnapshotOptions, SnapshotOptions } from './snapshot-options.js'
import type { AnyEvents } from './wire/format.js'

/** Options of a registry. */
export interface RegistryOptions<E extends object = AnyEvents> {
  /**
   * Bounds on the history of each channel: how far back a client can resume. At the first bound that is reached, the
   * oldest event is evicted. `age` is in milliseconds. `bytes` counts text, key and own ID of each event, and at least 256
   * bytes. `Infinity` turns a bound off. `false` replays nothing. Slow connected clients still get up to the default bounds.
   * @default { events: 1000, bytes: 4_194_304, age: 300_000 }
   */
  history?: Partial<HistoryBounds> | false
  /**
   * Bytes that all channels together may hold, counted as in `history`. Above that, the oldest events of all channels are
   * evicted. `Infinity` sets no limit.
   * @default 67_108_864 (64 MiB)
   */
  bytes?: number
  /**
   * The most keys of one channel whose latest event is kept. Beyond that, the key that has not changed for longest is
   * evicted. `Infinity` sets no limit.
   * @default 10_000
   */
  keys?: number
  /**
   * Loads the state of a channel from the app, for new subscribers and after gaps. Without it, they get the latest event of
   * each key.
   * @default no snapshots
   */
  snapshot?: SnapshotOptions<E> | undefined
  /**
   * Where published events are kept. A store belongs to one registry.
   * @default memoryStore(): in the memory of this process
   */
  store?: Store
  /**
   * Milliseconds between writes while many events are published: connections are served at most this often, so that one
   * write carries several events. Above 0, at most 1000. The first event after a quiet time goes out at once. What a new
   * subscriber gets does not wait. `false` serves in each turn of the event loop. 25 takes half of the CPU time at 100
   * events a second.
   * @default false
   */
  coalesce?: number | false
  /**
   * Milliseconds for which a channel must be without subscribers before `whileOccupied` ends. A client that reconnects
   * meanwhile changes nothing. `0` ends at once.
   * @default 5000
   */
  linger?: number
  /**
   * Gets errors that no caller awaits, such as a rejected `publish`, or a filter or listener that throws. `() => {}` ignores
   * them.
   * @default process.emitWarning, for errors of the store at most once a minute for each code
   */
  onError?: (error: Error) => void
}

export interface ResolvedRegistryOptions {
  log: LogBounds
  store: Store | undefined
  snapshot: ResolvedSnapshotOptions | undefined
  coalesce: number | false
  linger: number
  onError: (error: Error) => void
}

/** A longer wait is for `conflate` of subscribe(), which leaves outdated events out. */
const MAX_COALESCE = 1000

const MIB = 1024 * 1024

export const HISTORY_DEFAULTS: HistoryBounds = { events: 1000, bytes: 4 * MIB, age: 5 * 60_000 }

export const REGISTRY_DEFAULTS = {
  history: HISTORY_DEFAULTS,
  bytes: 64 * MIB,
  keys: 10_000,
  store: undefined,
  snapshot: undefined,
  coalesce: false as const,
  linger: 5000,
  onError: undefined,
}

function isStore(value: unknown): boolean {
  const store = isObject(value) ? (value as Partial<Record<keyof Store, unknown>>) : {}
  return [store.start, store.append, store.close].every((method) => typeof method === 'function')
}

/** Valid values of the options of `createRegistry()`. */
export const REGISTRY_FORMS: Record<keyof RegistryOptions, Form> = {
  history: { is: 'an object of bounds, or false', test: (value) => value === false || isObject(value) },
  bytes: count,
  keys: count,
  snapshot: { is: 'an object with load and timeout', test: isObject },
  store: { is: 'a store, with start, append and close', test: isStore, instead: insteadOfStore },
  coalesce: millisecondsUpTo(MAX_COALESCE),
  linger: {
    is: 'a number of milliseconds, 0 or more',
    test: (value) => Number.isFinite(value) && Number(value) >= 0,
  },
  onError: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** Valid bounds of `history`. */
export const HISTORY_FORMS: Record<keyof HistoryBounds, Form> = { events: count, bytes: count, age: milliseconds }
