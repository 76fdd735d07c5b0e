/** The options of `sse()` and `createRegistry()`: their meaning, their defaults, and the one place where they are checked. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { HistoryBounds, LogBounds } from './log/store.js'
import { check, count, given, isCount, isObject, milliseconds, type Form } from './check.js'
import { insteadOfRegistry, insteadOfRegistryOptions, insteadOfStore, insteadOfStreamOptions } from './mistakes.js'
import { createWarner } from './report.js'
import type { Store } from './log/store.js'

/** Options of one route of event streams. */
export interface StreamOptions {
  /**
   * Which requests are SSE requests. `explicit`: those whose `Accept` names `text/event-stream`. `any`: also those that
   * would take it, with `text/*`, with `*` + `/*`, or because they have no `Accept`.
   * @default 'explicit'
   */
  accept?: 'explicit' | 'any'
  /**
   * What happens to any other request. `true`: it goes on to the next handler, without `res.sse`. `false`: `next` is
   * called with a 406 `HttpError`.
   * @default true
   */
  fallthrough?: boolean
  /**
   * Reconnection time in milliseconds, sent when a stream opens; HTML standard, 9.2.6, field `retry`. It is varied by
   * ±50 % for each connection, so that clients do not come back in one instant. `false` sends none.
   * @default 3000
   */
  retry?: number | false
  /**
   * Milliseconds of silence after which a comment line is sent, at the latest, to keep middleboxes from cutting the
   * stream. `false` for none.
   * @default 15_000
   */
  keepAlive?: number | false
  /**
   * Milliseconds after which a connection is ended, varied by up to −20 %, so that its client comes back and is
   * authorised anew. `false` for no end.
   * @default false
   */
  maxAge?: number | false
  /**
   * How many connections may be open at once; a request beyond that is answered with a stream that ends at once and
   * asks to come back later. `Infinity` for no limit.
   * @default Infinity
   */
  maxConnections?: number
  /**
   * Milliseconds without any progress on a socket that has something to send; then it is destroyed. `false` waits for
   * the operating system to give up.
   * @default 30_000
   */
  stallTimeout?: number | false
  /**
   * Bytes that `send()` may leave unsent on one connection, beyond its largest message; then the connection is
   * destroyed. `Infinity` for no limit.
   * @default 4_194_304 (4 MiB)
   */
  maxBufferedBytes?: number
  /**
   * How many channels one connection may be subscribed to; `subscribe` throws `ERR_SSE_LIMIT` beyond it. `Infinity` for
   * no limit.
   * @default 1000
   */
  maxSubscriptions?: number
  /**
   * Whether `sse-open`, `sse-ready` and `sse-gap` are sent. `false` is for clients that take every event for the app's.
   * It gives up the promise: a gap is no longer announced, a client that drops before its first event loses what comes
   * meanwhile, and WebKit may glue a half-received event to the next. `EventStream` then knows neither `gap` nor
   * `resumed`.
   * @default true
   */
  controlEvents?: boolean
  /**
   * Response headers to send beside the package's own.
   * @default {}
   */
  headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Options of a registry. */
export interface RegistryOptions {
  /**
   * How far back a client can resume: bounds of each channel's history, of which the first that is reached lets the
   * oldest event go. An event counts with its encoded bytes and 256 more for book-keeping; `age` is in milliseconds.
   * `false`: nothing is replayed; a reader that is connected and slow still has these default bounds.
   * @default { events: 1000, bytes: 4_194_304, age: 300_000 }
   */
  history?: Partial<HistoryBounds> | false
  /**
   * Bytes that the whole log may occupy, counted in the same way; beyond that the oldest event anywhere goes first.
   * @default 67_108_864 (64 MiB)
   */
  bytes?: number
  /**
   * How many keys a channel keeps the latest event of; beyond that the key that has not changed for longest goes.
   * @default 10_000
   */
  keys?: number
  /**
   * Where the log lives.
   * @default memoryStore(): in memory, in this process
   */
  store?: Store
  /**
   * Gets the failures that nobody awaits: a rejected `publish`, a filter or listener that threw.
   * @default process.emitWarning, for failures of the store once a minute
   */
  onError?: (error: Error) => void
}

export type ResolvedStreamOptions = Required<StreamOptions>

export interface ResolvedRegistryOptions {
  log: LogBounds
  store: Store | undefined
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
  stallTimeout: 30_000,
  maxBufferedBytes: 4 * MIB,
  maxSubscriptions: 1000,
  controlEvents: true,
  headers: {},
}

const HISTORY_DEFAULTS: HistoryBounds = { events: 1000, bytes: 4 * MIB, age: 5 * 60_000 }

const REGISTRY_DEFAULTS = {
  history: HISTORY_DEFAULTS,
  bytes: 64 * MIB,
  keys: 10_000,
  store: undefined,
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
  stallTimeout: timeout,
  maxBufferedBytes: count,
  maxSubscriptions: count,
  controlEvents: boolean,
  headers: { is: 'an object of valid header names and values', test: isHeaders },
}

const REGISTRY_FORMS: Record<keyof RegistryOptions, Form> = {
  history: { is: 'an object of bounds, or false', test: (value) => value === false || isObject(value) },
  bytes: count,
  keys: count,
  store: { is: 'a store, with start, append and close', test: isStore, instead: insteadOfStore },
  onError: { is: 'a function', test: (value) => typeof value === 'function' },
}

const HISTORY_FORMS: Record<keyof HistoryBounds, Form> = { events: count, bytes: count, age: milliseconds }

/** Options of the one function that were passed to the other, and what to write. */
const OF_REGISTRY = Object.fromEntries(
  Object.keys(REGISTRY_FORMS).map((name) => [name, `write sse({ registry: { ${name} } })`]),
)
const OF_STREAM = Object.fromEntries(Object.keys(STREAM_FORMS).map((name) => [name, `${name} is an option of sse()`]))

export function resolveStreamOptions(options: StreamOptions): ResolvedStreamOptions {
  check('sse()', options, STREAM_FORMS, '', { instead: insteadOfStreamOptions, elsewhere: OF_REGISTRY })
  return { ...STREAM_DEFAULTS, ...given(options) }
}

export function resolveRegistryOptions(options: RegistryOptions): ResolvedRegistryOptions {
  check('createRegistry()', options, REGISTRY_FORMS, '', { instead: insteadOfRegistryOptions, elsewhere: OF_STREAM })
  const { history, bytes, keys, store, onError } = { ...REGISTRY_DEFAULTS, ...given(options) }
  if (history !== false) check('createRegistry()', history, HISTORY_FORMS, 'history.')
  const bounds = { ...HISTORY_DEFAULTS, ...(history === false ? {} : given(history)) }
  const log = { history: bounds, replay: history !== false, bytes, keys }
  return { log, store, onError: onError ?? createWarner() }
}
