/** The only error class of the package. A disconnected client is not an error. */

/**
 * - `ERR_SSE_OPTION`: an unknown option, or a wrong type or value. Thrown by the function that takes the option:
 *   `sse()`, `createRegistry()`, `subscribe()`, `drain()`, `close()` or `redisStore()`.
 * - `ERR_SSE_MESSAGE`: a message that the event stream format cannot carry.
 * - `ERR_SSE_DATA`: data that JSON cannot hold, such as a `Map` or a promise. `cause` is the error of `JSON.stringify`.
 * - `ERR_SSE_HEAD`: the head of the response was sent before the stream opened, such as by `res.flushHeaders()`.
 * - `ERR_SSE_CHANNEL`: a channel name that is not a non-empty, well-formed string.
 * - `ERR_SSE_RESPONSE`: a response that cannot carry a stream, such as a mock. Passed to `next`.
 * - `ERR_SSE_CLOSED`: `publish()` on a closed registry.
 * - `ERR_SSE_LIMIT`: a bound was reached. `subscribe()` throws it beyond `maxSubscriptions`. `onError` gets it once, when
 *   `keys` or `bytes` evicts the latest event of a key.
 * - `ERR_SSE_STORE`: the store refused an event, or its content cannot be read. `cause` is the error of the store.
 * - `ERR_SSE_STORE_TIMEOUT`: the store did not answer in time. The event may have been published.
 * - `ERR_SSE_STORE_FULL`: too many publishes wait for the store. The event is not published.
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

/** Every error that the package throws or reports about its use. `code` tells them apart. */
export class SseError extends Error {
  override readonly name = 'SseError'
  readonly code: SseErrorCode

  constructor(code: SseErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
