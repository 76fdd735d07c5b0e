/** Options of `sse()` and `createRegistry()`: meaning, defaults and checks. */
import { validateHeaderName, validateHeaderValue, type IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { HistoryBounds, LogBounds } from './log/store.js'
import { check, count, given, isCount, isObject, milliseconds, type Form } from './check.js'
import { insteadOfRegistry, insteadOfRegistryOptions, insteadOfStore, insteadOfStreamOptions } from './mistakes.js'
import { createWarner } from './report.js'
import type { Store } from './log/store.js'
import { resolveSnapshotOptions, type ResolvedSnapshotOptions, type SnapshotOptions } from './snapshot-options.js'
import type { AnyEvents } from './wire/format.js'

/** Options of the event streams of one `sse()`. */
export interface StreamOptions {
  /**
   * Which requests count as requests for an event stream.
   * - `explicit`: `Accept` names `text/event-stream`.
   * - `any`: also `text/*`, `*` + `/*`, and requests without `Accept`.
   * @default 'explicit'
   */
  accept?: 'explicit' | 'any'
  /**
   * What happens to other requests. `true`: the next handler gets them, without `res.sse`. `false`: `next` gets a 406
   * `HttpError`.
   * @default true
   */
  fallthrough?: boolean
  /**
   * Reconnection time in milliseconds, sent when a stream opens (HTML standard, 9.2.6, field `retry`). Each connection
   * gets a random value within ±50 %, so that clients do not all reconnect at once. `false` sends none.
   * @default 3000
   */
  retry?: number | false
  /**
   * The longest silence in milliseconds before a comment line is sent. Without it, middleboxes cut silent streams.
   * `false` sends none.
   * @default 15_000
   */
  keepAlive?: number | false
  /**
   * Milliseconds after which a connection is ended, so the client reconnects and is authorised again. Each connection
   * gets a random value of up to 20 % less. `false` sets no limit.
   * @default false
   */
  maxAge?: number | false
  /**
   * The most connections of this route that may be open at once. Further requests are shed: their stream ends at once
   * and tells the client to reconnect later. `0` sheds all. `Infinity` sets no limit.
   * @default Infinity
   */
  maxConnections?: number
  /**
   * Returns whose connection a request makes, such as the ID of a user or a session. Called once for each request for an
   * event stream. Must return a non-empty string or undefined, not a promise. Errors go to `next`. Annotate `req` to use what
   * Express adds to it. `registry.disconnect({ owner })` ends all connections of an owner.
   * @default connections have no owner
   *
   * @example
   * ```ts
   * import type { Request } from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const live = sse({ owner: (req: Request) => req.get('x-user'), maxPerOwner: 10 })
   * ```
   */
  owner?(req: IncomingMessage | Http2ServerRequest): string | undefined
  /**
   * The most connections of this route that an owner may have open in this process at once. A further request is shed: its
   * stream ends at once and tells the client to reconnect later. `Infinity` sets no limit.
   * @default Infinity
   */
  maxPerOwner?: number
  /**
   * Milliseconds without progress on a socket with unsent bytes. After that, the connection is destroyed. `false` waits
   * until the operating system gives up.
   * @default 30_000
   */
  stallTimeout?: number | false
  /**
   * Bytes that `send()` may leave unsent on one connection, beyond its largest message. Above that, the connection is
   * destroyed. `Infinity` sets no limit.
   * @default 4_194_304 (4 MiB)
   */
  maxBufferedBytes?: number
  /**
   * The most channels that one connection may subscribe to. Beyond that, `subscribe` throws `ERR_SSE_LIMIT`. `Infinity`
   * sets no limit.
   * @default 1000
   */
  maxSubscriptions?: number
  /**
   * Whether the control events `sse-open`, `sse-ready`, `sse-gap` and `sse-end` are sent. `false` is for clients that hand
   * every event to the app. Updates may then be lost silently:
   * - Clients are not told of gaps. `EventStream` reports neither `gap` nor `resumed`.
   * - A client that disconnects before its first event misses what is published until it reconnects.
   * - WebKit may join a half-received event to the next one.
   * - After `finish()`, clients reconnect.
   * @default true
   */
  controlEvents?: boolean
  /**
   * Whether a client that has received the end of a stream (`res.sse.finish()`) may open it again. `false` answers 204, so
   * that `EventSource` stops. `true` opens the stream, which resumes after the last event.
   * @default false
   */
  reopenFinished?: boolean
  /**
   * Response headers to send in addition to those of the package. A header of the same name replaces the package's.
   * `Vary` and `Set-Cookie` are added.
   * @default {}
   */
  headers?: Readonly<Record<string, string | readonly string[]>>
}

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
   * Milliseconds for which a channel must be without subscribers before `whileOccupied` ends. A client that reconnects
   * meanwhile changes nothing. `0` ends at once.
   * @default 5000
   */
  linger?: number
  /**
   * Gets errors that no caller awaits, such as a rejected `publish`, or a filter or listener that throws. `() => {}` ignores
   * them.
   * @default process.emitWarning, for errors of the store at most once a minute
   */
  onError?: (error: Error) => void
}

export type ResolvedStreamOptions = Required<Omit<StreamOptions, 'owner'>> & Pick<StreamOptions, 'owner'>

export interface ResolvedRegistryOptions {
  log: LogBounds
  store: Store | undefined
  snapshot: ResolvedSnapshotOptions | undefined
  linger: number
  onError: (error: Error) => void
}

const MIB = 1024 * 1024

const STREAM_DEFAULTS: ResolvedStreamOptions = {
  accept: 'explicit',
  fallthrough: true,
  retry: 3000,
  keepAlive: 15_000,
  maxAge: false,
  maxConnections: Infinity,
  maxPerOwner: Infinity,
  stallTimeout: 30_000,
  maxBufferedBytes: 4 * MIB,
  maxSubscriptions: 1000,
  controlEvents: true,
  reopenFinished: false,
  headers: {},
}

const HISTORY_DEFAULTS: HistoryBounds = { events: 1000, bytes: 4 * MIB, age: 5 * 60_000 }

const REGISTRY_DEFAULTS = {
  history: HISTORY_DEFAULTS,
  bytes: 64 * MIB,
  keys: 10_000,
  store: undefined,
  snapshot: undefined,
  linger: 5000,
  onError: undefined,
}

function isStore(value: unknown): boolean {
  const store = isObject(value) ? (value as Partial<Record<keyof Store, unknown>>) : {}
  return [store.start, store.append, store.close].every((method) => typeof method === 'function')
}

function isHeaders(value: unknown): boolean {
  if (!isObject(value)) return false
  try {
    for (const [name, values] of Object.entries(value)) {
      validateHeaderName(name)
      for (const one of [values].flat()) validateHeaderValue(name, one as string)
    }
    return true
  } catch {
    return false
  }
}

const boolean: Form = { is: 'true or false', test: (value) => typeof value === 'boolean' }
const timeout: Form = {
  is: `${milliseconds.is}, or false`,
  test: (value) => value === false || (milliseconds.test(value) && value !== Infinity),
}

const STREAM_FORMS: Record<keyof StreamOptions | 'registry', Form> = {
  registry: { is: 'a registry, or the options to make one', test: isObject, instead: insteadOfRegistry },
  accept: { is: "'explicit' or 'any'", test: (value) => value === 'explicit' || value === 'any' },
  fallthrough: boolean,
  retry: {
    is: 'a whole number of milliseconds, 0 or more, or false',
    test: (value) => value === false || (Number.isSafeInteger(value) && Number(value) >= 0),
  },
  keepAlive: timeout,
  maxAge: timeout,
  maxConnections: {
    is: 'a whole number of 0 or more, or Infinity',
    test: (value) => isCount(value) && Number(value) >= 0,
  },
  owner: { is: 'a function', test: (value) => typeof value === 'function' },
  maxPerOwner: count,
  stallTimeout: timeout,
  maxBufferedBytes: count,
  maxSubscriptions: count,
  controlEvents: boolean,
  reopenFinished: boolean,
  headers: { is: 'an object of valid header names and values', test: isHeaders },
}

const REGISTRY_FORMS: Record<keyof RegistryOptions, Form> = {
  history: { is: 'an object of bounds, or false', test: (value) => value === false || isObject(value) },
  bytes: count,
  keys: count,
  snapshot: { is: 'an object with load and timeout', test: isObject },
  store: { is: 'a store, with start, append and close', test: isStore, instead: insteadOfStore },
  linger: {
    is: 'a number of milliseconds, 0 or more',
    test: (value) => Number.isFinite(value) && Number(value) >= 0,
  },
  onError: { is: 'a function', test: (value) => typeof value === 'function' },
}

const HISTORY_FORMS: Record<keyof HistoryBounds, Form> = { events: count, bytes: count, age: milliseconds }

/** Hints for options that were passed to the wrong one of the two functions. */
const OF_REGISTRY = Object.fromEntries(
  Object.keys(REGISTRY_FORMS).map((name) => [name, `write sse({ registry: { ${name} } })`]),
)
const OF_STREAM = Object.fromEntries(Object.keys(STREAM_FORMS).map((name) => [name, `${name} is an option of sse()`]))

export function resolveStreamOptions(options: StreamOptions): ResolvedStreamOptions {
  check('sse()', options, STREAM_FORMS, '', { instead: insteadOfStreamOptions, elsewhere: OF_REGISTRY })
  return { ...STREAM_DEFAULTS, ...given(options) }
}

export function resolveRegistryOptions<E extends object>(options: RegistryOptions<E>): ResolvedRegistryOptions {
  check('createRegistry()', options, REGISTRY_FORMS, '', { instead: insteadOfRegistryOptions, elsewhere: OF_STREAM })
  const { history, bytes, keys, store, snapshot, linger, onError } = { ...REGISTRY_DEFAULTS, ...given(options) }
  if (history !== false) check('createRegistry()', history, HISTORY_FORMS, 'history.')
  const bounds = { ...HISTORY_DEFAULTS, ...(history === false ? {} : given(history)) }
  const log = { history: bounds, replay: history !== false, bytes, keys }
  return {
    log,
    store,
    linger,
    snapshot: snapshot && resolveSnapshotOptions(snapshot as SnapshotOptions),
    onError: onError ?? createWarner(),
  }
}
