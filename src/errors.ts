/** The only error class of the package. A disconnected client is not an error. */

/**
 * What is wrong:
 * - `ERR_SSE_OPTION`: an unknown option, or a wrong type or value. Thrown by the function that takes the option:
 *   `sse()`, `createRegistry()`, `subscribe()`, `on()`, `disconnect()`, `connections()`, `whileOccupied()`, `metrics()`,
 *   `drain()`, `close()`, `inspector()` or `redisStore()`, and `openStream()` of `/testing`. Passed to `next` if the option
 *   `owner` returns something wrong.
 * - `ERR_SSE_MESSAGE`: a message that the event stream format cannot carry (HTML standard, 9.2.5).
 * - `ERR_SSE_DATA`: data that JSON cannot hold, such as a `Map` or a promise, or text with a lone surrogate. `cause` is the
 *   error of `JSON.stringify`.
 * - `ERR_SSE_HEAD`: the head of the response was sent before the stream opened, such as by `res.flushHeaders()`.
 * - `ERR_SSE_CHANNEL`: a channel name that is empty, not a string or not well-formed Unicode.
 * - `ERR_SSE_RESPONSE`: a response that cannot carry a stream, such as a mock. Passed to `next`.
 * - `ERR_SSE_CLOSED`: `publish()`, `forget()` or `disconnect()` on a closed registry. With Redis, also one that waited when the registry
 *   closed.
 * - `ERR_SSE_LIMIT`: a bound was reached. `subscribe()` throws it beyond `maxSubscriptions`. `publish()` of a registry rejects
 *   with it. `onError` gets it once, when `keys` or `bytes` evicts the latest event of a key.
 * - `ERR_SSE_SNAPSHOT`: `snapshot.load` took longer than `snapshot.timeout`, or than history holds events. Passed to `onError`.
 * - `ERR_SSE_STORE`: the store refused an event, or its content cannot be read. `cause` is the error of the store, if any. Also
 *   for a mistake of a store of the app, such as a position that does not rise.
 * - `ERR_SSE_STORE_TIMEOUT`: the store did not answer in time. The event may have been published.
 * - `ERR_SSE_STORE_FULL`: too many publishes wait for the store. The event is not published.
 * - `ERR_SSE_STORE_UNSUPPORTED`: a store of the app cannot do this. Nothing was done.
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
  | 'ERR_SSE_SNAPSHOT'
  | 'ERR_SSE_STORE'
  | 'ERR_SSE_STORE_TIMEOUT'
  | 'ERR_SSE_STORE_FULL'
  | 'ERR_SSE_STORE_UNSUPPORTED'

/**
 * Every error that the server part of the package throws, rejects with, or passes to `onError`.
 *
 * @example
 * ```ts
 * import { createRegistry, SseError } from 'express-sse-channels'
 *
 * try {
 *   await createRegistry().channel('game:42').publish({ event: 'goal', data: new Map() })
 * } catch (error) {
 *   if (error instanceof SseError) console.log(error.code) // ERR_SSE_DATA
 * }
 * ```
 */
export class SseError extends Error {
  /** Tells errors of this class apart where `instanceof` cannot: two installed copies have different classes. */
  override readonly name = 'SseError'
  /** What is wrong, for code. The message says it for people. */
  readonly code: SseErrorCode

  /** For authors of stores: `options.cause` is the error of the database. */
  constructor(code: SseErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options)
    this.code = code
  }
}
