/** Options of the event streams of `sse()`: meaning, defaults and valid values. */
import { validateHeaderName, validateHeaderValue, type IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { count, isCount, isObject, milliseconds, type Form } from './check.js'
import { insteadOfRegistry } from './mistakes.js'
import type { CompressionSettings } from './wire/compression.js'

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
   * Compresses the stream with gzip, for clients that accept it: once for all connections that get the same events. Leave
   * it off for streams that hold a secret beside text that others can choose: the length tells something of the secret.
   * @default false
   */
  compress?: boolean | CompressOptions
  /**
   * Response headers to send in addition to those of the package. A header of the same name replaces the package's.
   * `Vary` and `Set-Cookie` are added.
   * @default {}
   */
  headers?: Readonly<Record<string, string | readonly string[]>>
}

/** The option `compress`. */
export interface CompressOptions {
  /**
   * Level of DEFLATE, from 1 to 9: higher ones take longer, and send less.
   * @default 6
   */
  level?: number
  /**
   * Bytes that a block may refer back to: a power of two from 512 to 32,768. A larger one sends less. A client takes longer
   * to share blocks with others after it has connected.
   * @default 4096
   */
  window?: number
}

export interface ResolvedStreamOptions
  extends Required<Omit<StreamOptions, 'owner' | 'compress'>>, Pick<StreamOptions, 'owner'> {
  /** Undefined if streams are not compressed. */
  compress: CompressionSettings | undefined
}

export const STREAM_DEFAULTS: ResolvedStreamOptions = {
  accept: 'explicit',
  fallthrough: true,
  retry: 3000,
  keepAlive: 15_000,
  maxAge: false,
  maxConnections: Infinity,
  maxPerOwner: Infinity,
  stallTimeout: 30_000,
  maxBufferedBytes: 4 * 1024 * 1024,
  maxSubscriptions: 1000,
  controlEvents: true,
  reopenFinished: false,
  compress: undefined,
  headers: {},
}

export const COMPRESS_DEFAULTS: CompressionSettings = { level: 6, window: 4096 }

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

/** Valid values of the options of `sse()`. */
export const STREAM_FORMS: Record<keyof StreamOptions | 'registry', Form> = {
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
  compress: {
    is: 'true, false, or an object with level and window',
    test: (value) => typeof value === 'boolean' || isObject(value),
  },
  headers: { is: 'an object of valid header names and values', test: isHeaders },
}

/** Valid values of the option `compress`. */
export const COMPRESS_FORMS: Record<keyof CompressOptions, Form> = {
  level: {
    is: 'a whole number from 1 to 9',
    test: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 9,
  },
  window: {
    is: 'a power of two from 512 to 32,768',
    test: (value) => [512, 1024, 2048, 4096, 8192, 16_384, 32_768].includes(value as number),
  },
}
