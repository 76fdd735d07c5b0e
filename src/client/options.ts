// The options of an EventStream, checked and completed once, when it is created.
import { longestTimer } from './backoff.js'

type FetchInit = NonNullable<Parameters<typeof fetch>[1]>
/** Node's own types of fetch do not name `cache`. */
type StreamInit = FetchInit & { cache: 'no-store' }

/** What can be sent again with every try: anything `fetch` takes but a stream. */
export type StreamBody = Exclude<FetchInit['body'], ReadableStream | null | undefined>

export interface EventStreamOptions {
  /** Cookies also to other origins, as with `EventSource`; the same as `credentials: 'include'`. @default false */
  withCredentials?: boolean | undefined
  /** As for `fetch`. @default 'same-origin' */
  credentials?: FetchInit['credentials'] | undefined
  /** Request headers, or a function that makes them for each try: an `Authorization` that is always fresh. */
  headers?: FetchInit['headers'] | (() => FetchInit['headers'] | Promise<FetchInit['headers']>)
  /** @default 'GET', or 'POST' with a `body`, also an empty one */
  method?: string | undefined
  /** Sent with every try, so it cannot be a stream. */
  body?: StreamBody | undefined
  /** Used instead of the global `fetch`, with which it must share the way it is called and the body it returns. */
  fetch?: ((url: string, init: FetchInit) => Promise<Response>) | undefined
  /** Closes the stream when it is aborted. */
  signal?: AbortSignal | undefined
  /**
   * How often the server sends at least something, in ms: its own `keepAlive`. After two and a half times as long without a byte
   * the connection counts as lost. `false` waits for ever. @default 15000
   */
  keepAlive?: number | false | undefined
  /**
   * The longest event that is accepted; a longer one, or a line that does not end, closes the stream. Counted in the UTF-16
   * units of the decoded text, of which there are never more than bytes. `Infinity` for no bound. @default 16777216
   */
  maxEventBytes?: number | undefined
  /**
   * The longest `Retry-After` that is waited for, in ms; a longer one counts as this long. `reason.retryAfter` says what the
   * server asked for. `0` ignores `Retry-After`, `Infinity` sets no bound. @default 300000
   */
  maxRetryAfter?: number | undefined
}

export interface Settings {
  readonly url: string
  readonly headers: () => FetchInit['headers'] | Promise<FetchInit['headers']>
  readonly init: StreamInit
  readonly fetch: (url: string, init: FetchInit) => Promise<Response>
  /** ms; 0 for no watchdog. */
  readonly silence: number
  readonly maxEventBytes: number
  readonly maxRetryAfter: number
}

export function settings(url: string, options: EventStreamOptions): Settings {
  const { headers, body, keepAlive = 15_000, maxEventBytes = 2 ** 24, maxRetryAfter = 300_000 } = options
  const silence = Number(keepAlive) * 2.5
  if (!(silence >= 0 && maxEventBytes > 0 && maxRetryAfter >= 0)) {
    throw new TypeError('keepAlive, maxEventBytes and maxRetryAfter must be numbers over 0')
  }
  const init: StreamInit = {
    method: options.method ?? (body == null ? 'GET' : 'POST'),
    body: body ?? null,
    credentials: options.credentials ?? (options.withCredentials ? 'include' : 'same-origin'),
    cache: 'no-store',
  }
  const fixed = typeof headers === 'function' ? {} : (headers ?? {})
  // What fetch would refuse at every try would look like a network that is down. This refuses it here: a password in the
  // URL, a GET with a body, a body that is a stream, a header name with a space in it.
  new Request(url, { ...init, headers: fixed })
  return {
    url,
    headers: typeof headers === 'function' ? headers : () => fixed,
    init,
    // Looked up at each try, and never called as a method: browsers refuse that.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    silence: Math.min(silence, longestTimer),
    maxEventBytes,
    maxRetryAfter,
  }
}
