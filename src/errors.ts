/**
 * The one error class of the package. Every mistake of a caller is reported with it and can be told apart by its code;
 * a client that has gone is no mistake and raises none.
 */

/**
 * - `ERR_SSE_OPTION`: an option of a wrong type or range, thrown by what takes it: `sse()`, `createRegistry()`,
 *   `subscribe()`, `drain()` or `redisStore()`.
 * - `ERR_SSE_MESSAGE`: a message that the event stream format cannot carry.
 * - `ERR_SSE_DATA`: data that JSON cannot hold, such as a `Map` or a promise; `cause` is what `JSON.stringify` threw.
 * - `ERR_SSE_HEAD`: an event stream on a response whose head was sent already, such as by `res.flushHeaders()`.
 * - `ERR_SSE_CHANNEL`: a channel name that is not a non-empty, well-formed string.
 * - `ERR_SSE_RESPONSE`: a response that no stream can be opened on, such as a mock; `next` gets it.
 * - `ERR_SSE_CLOSED`: publishing to a registry that has been closed.
 * - `ERR_SSE_LIMIT`: a bound was reached: `subscribe()` beyond `maxSubscriptions` throws it; that `keys` or `bytes` has
 *   evicted the latest event of a key goes to `onError`, once.
 * - `ERR_SSE_STORE`: the store refused an event, or what it holds cannot be read; `cause` is what it said.
 * - `ERR_SSE_STORE_TIMEOUT`: the store did not answer in time; the event may be published all the same.
 * - `ERR_SSE_STORE_FULL`: too many publishes wait for the store already; the event is not published.
 */
export type SseErrorCode =
  | 'ERR_SSE_OPTION'
  | 'ERR_SSE_MESSAGE'
  | 'ERR_SSE_DATA'
  | 'ERR_SSE_HEAD'
  | 'ERR_SSE_CHANNEL'
  | 'ERR_SSE_RESPONSE'
  | 'ERR_SSE_CLOSED'
  | 'ERR_SSE_LIMIT'
  | 'ERR_SSE_STORE'
  | 'ERR_SSE_STORE_TIMEOUT'
  | 'ERR_SSE_STORE_FULL'

export class SseError extends Error {
  override readonly name = 'SseError'
  readonly code: SseErrorCode

  constructor(code: SseErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
