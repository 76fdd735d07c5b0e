/** Options of `openStream()`. */
import { check, invalid, isObject, type Form } from '../check.js'

/** Options of `openStream()`: those of the request, and the time-out. */
export interface OpenStreamOptions {
  /**
   * Path and query of the request. It is resolved against the URL, if a URL is opened.
   * @default '/', or the path of the URL
   */
  path?: string | undefined
  /**
   * Request headers. They replace those of the same name that `openStream` sends, such as `accept: 'text/event-stream'`.
   * `undefined` as a value leaves a header out.
   * @default none
   */
  headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined
  /**
   * The last event ID to resume after, sent as `Last-Event-ID`.
   * @default none
   */
  lastEventId?: string | undefined
  /**
   * Method of the request.
   * @default 'GET', or 'POST' with a `body`
   */
  method?: string | undefined
  /**
   * Body of the request. Text and bytes are sent as they are. An object or array is sent as JSON, with the `Content-Type`
   * of JSON.
   * @default none
   */
  body?: string | object | undefined
  /**
   * How many milliseconds each wait may take: for the response, and for what a method waits for. Keep it below the
   * time-out of the test runner, so that the message of this package is shown. `Infinity` waits without a limit.
   * @default 2000
   */
  timeout?: number | undefined
}

/** Options of `stream.reconnect()`. */
export interface ReconnectOptions {
  /**
   * The last event ID to send instead. An empty string sends none.
   * @default `stream.lastEventId`
   */
  lastEventId?: string | undefined
}

export interface Settings extends OpenStreamOptions {
  readonly timeout: number
}

const text: Form = { is: 'a string', test: (value) => typeof value === 'string' }
const duration: Form = {
  is: 'a number of milliseconds above 0, or Infinity',
  test: (value) => typeof value === 'number' && value > 0,
}

const forms: Record<keyof OpenStreamOptions, Form> = {
  path: text,
  headers: {
    is: 'an object of header names and values',
    // A Headers or a Map has no properties, so that its headers would not be sent.
    test: (value) => isObject(value) && !(Symbol.iterator in value),
    instead: (value) => (isObject(value) ? 'pass Object.fromEntries(headers)' : undefined),
  },
  lastEventId: text,
  method: text,
  body: {
    is: 'a string, bytes, or an object to send as JSON',
    test: (value) => typeof value === 'string' || (typeof value === 'object' && value !== null),
  },
  timeout: duration,
}

const elsewhere = { url: 'pass the URL as first argument', query: 'write it into path: /stream?team=7' }

/** @throws `ERR_SSE_OPTION` for an unknown option or a wrong value */
export function settingsOf(options: OpenStreamOptions): Settings {
  const instead = (value: unknown) => (typeof value === 'string' ? 'did you mean { path }?' : undefined)
  check('openStream()', options, forms, '', { instead, elsewhere })
  return { ...options, timeout: options.timeout ?? 2000 }
}

/** @throws `ERR_SSE_OPTION` if it is not a duration */
export function requireDuration(where: string, ms: number): void {
  check(where, { ms }, { ms: duration })
}

/** @throws `ERR_SSE_OPTION` if it is not a whole number of 1 or more */
export function requireCount(where: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) throw invalid(`${where}: pass a whole number of 1 or more`)
}
