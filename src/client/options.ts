// Options of an EventStream: meaning, defaults and checks.
import { longestTimer } from './backoff.js'
import type { Reason } from './state.js'

/** After how many times `keepAlive` without a byte a connection counts as lost. */
export const patience = 2.5

type FetchInit = NonNullable<Parameters<typeof fetch>[1]>
/** The fetch types of Node lack `cache`. */
type StreamInit = FetchInit & { cache: 'no-store' }

/** A body that can be sent again with each attempt: anything that `fetch` takes except a stream. */
export type StreamBody = Exclude<FetchInit['body'], ReadableStream | null | undefined>

/** Options of an `EventStream`. */
export interface EventStreamOptions {
  /**
   * Whether cookies are sent to other origins too, as with `EventSource`. Means `credentials: 'include'`.
   * @default false
   */
  withCredentials?: boolean | undefined
  /**
   * The `credentials` of `fetch`. Overrides `withCredentials`.
   * @default 'same-origin'
   */
  credentials?: FetchInit['credentials'] | undefined
  /**
   * Request headers, or a function that makes them for each attempt, such as for a fresh `Authorization`.
   * @default {}
   */
  headers?: FetchInit['headers'] | (() => FetchInit['headers'] | Promise<FetchInit['headers']>)
  /**
   * The request method.
   * @default 'GET', or 'POST' with a `body`, even an empty one
   */
  method?: string | undefined
  /**
   * The request body. Sent with each attempt, so it cannot be a stream.
   * @default none
   */
  body?: StreamBody | undefined
  /**
   * What follows when the server has ended the response. A broken connection is no end: the client always reconnects.
   * - `always`: reconnects
   * - `unless-finished`: reconnects, unless the server has finished the stream (`res.sse.finish()`)
   * - `never`: closes the stream, so that the request is not made again, unless the last line is the server's `retry`. So the
   *   client comes back after a drain, and if it was shed.
   * @default 'unless-finished', or 'never' with a `body`
   */
  afterEnd?: 'always' | 'unless-finished' | 'never' | undefined
  /**
   * Asked before the stream closes because of a response: with the reasons `status`, `content-type` and `no-stream`, but not
   * for a status after which it tries again anyway. `true` tries again after the backoff, a number after so many
   * milliseconds; anything else closes the stream, as does an error. May return a promise, such as to renew a token first.
   * @default none: the stream closes
   */
  shouldReconnect?: ((reason: Reason) => boolean | number | Promise<boolean | number>) | undefined
  /**
   * The last event ID of the first request, such as that of a rendered page, or of an earlier stream.
   * @default none
   */
  lastEventId?: string | undefined
  /**
   * A parameter of the URL that carries the last event ID instead of the header. From another origin, the request then needs
   * no preflight. The server of this package reads `lastEventId`.
   * @default none: the header `Last-Event-ID`
   */
  lastEventIdParam?: string | undefined
  /**
   * After how many milliseconds a hidden page closes its connection. It connects again, and resumes, when it is shown.
   * `false` keeps the connection.
   * @default false
   */
  closeWhenHidden?: number | false | undefined
  /**
   * Used instead of the global `fetch`. Must take the same arguments. `response.body` must have `getReader()`.
   * @default the global `fetch` at each attempt
   */
  fetch?: ((url: string, init: FetchInit) => Promise<Response>) | undefined
  /**
   * Closes the stream when the signal is aborted.
   * @default none: only `close()` closes it
   */
  signal?: AbortSignal | undefined
  /**
   * The longest silence of the server in milliseconds: its option `keepAlive`. After two and a half times as long without a
   * byte, the connection counts as lost. `false` waits forever.
   * @default 15_000
   */
  keepAlive?: number | false | undefined
  /**
   * The longest accepted event, in UTF-16 units of the decoded text, which are never more than its bytes. A longer event or
   * line closes the stream with the reason `too-large`. `Infinity` sets no bound.
   * @default 16_777_216
   */
  maxEventBytes?: number | undefined
  /**
   * The longest `Retry-After` in milliseconds. A longer one is shortened to this. `reason.retryAfter` has the original value.
   * `0` ignores `Retry-After`. `Infinity` sets no bound.
   * @default 300_000
   */
  maxRetryAfter?: number | undefined
}

export interface Settings {
  readonly url: string
  readonly headers: () => FetchInit['headers'] | Promise<FetchInit['headers']>
  readonly init: StreamInit
  readonly fetch: (url: string, init: FetchInit) => Promise<Response>
  /** ms without a byte after which the connection counts as lost; 0 for no limit. */
  readonly silence: number
  readonly maxEventBytes: number
  readonly maxRetryAfter: number
  readonly afterEnd: NonNullable<EventStreamOptions['afterEnd']>
  readonly shouldReconnect: EventStreamOptions['shouldReconnect']
  readonly lastEventId: string | undefined
  readonly lastEventIdParam: string | undefined
  readonly closeWhenHidden: number | false
}

export function settings(url: string, options: EventStreamOptions): Settings {
  const { headers, body, maxEventBytes = 2 ** 24, maxRetryAfter = 300_000, closeWhenHidden = false } = options
  const keepAlive = Number(options.keepAlive ?? 15_000)
  const afterEnd = options.afterEnd ?? (body == null ? 'unless-finished' : 'never')
  const globals = globalThis as Partial<typeof globalThis>
  if (!options.fetch && !globals.fetch) throw new TypeError('EventStream needs the global fetch, or the option fetch')
  requireAtLeast(0, { keepAlive, maxRetryAfter, closeWhenHidden: Number(closeWhenHidden) })
  requireAtLeast(1, { maxEventBytes })
  if (!/^(always|unless-finished|never)$/.test(afterEnd)) {
    throw new TypeError(`afterEnd must be 'always', 'unless-finished' or 'never'; got ${afterEnd}`)
  }
  const init: StreamInit = {
    method: options.method ?? (body == null ? 'GET' : 'POST'),
    body: body ?? null,
    credentials: options.credentials ?? (options.withCredentials ? 'include' : 'same-origin'),
    cache: 'no-store',
  }
  const fixed = typeof headers === 'function' ? {} : (headers ?? {})
  // Throws at once for a request that fetch refuses. Otherwise, each attempt would fail as if the network were down. Such are
  // a password in the URL, a GET with a body, a stream as body, or a header name with a space.
  // The global is missing in jsdom.
  if (globals.Request) new Request(url, { ...init, headers: fixed })
  return {
    url,
    headers: typeof headers === 'function' ? headers : () => fixed,
    init,
    // Looks up the global at each attempt. Never called as a method, which browsers refuse.
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    silence: Math.min(keepAlive * patience, longestTimer),
    maxEventBytes,
    maxRetryAfter,
    afterEnd,
    shouldReconnect: options.shouldReconnect,
    lastEventId: options.lastEventId,
    lastEventIdParam: options.lastEventIdParam,
    closeWhenHidden,
  }
}

function requireAtLeast(least: number, values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= least)) throw new TypeError(`${name} must be at least ${least}; got ${value}`)
  }
}
