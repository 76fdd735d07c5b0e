// The state of an EventStream as plain data, to show, log or test it.

/** Why a connection was lost, or why the stream has closed for good. */
export interface Reason {
  /**
   * What happened:
   * - `failed`: no response, a broken connection, or a `headers` function that threw; `error` is the cause
   * - `finished`: the server has sent everything (`res.sse.finish()`); the stream closes, unless `afterEnd` is `always`
   * - `ended`: the server ended the response; the stream closes if `afterEnd` is `never`
   * - `silent`: nothing arrived for two and a half times `keepAlive`, or for `keepAlive` when the page is used again
   * - `offline`: the network went offline and came back
   * - `hidden`: the page is in the back/forward cache, or was hidden for `closeWhenHidden`; it connects when the page is shown
   * - `status`: the status was not 200; after 408, 429 and 5xx the client tries again, otherwise the stream
   *   closes, unless `shouldReconnect` says otherwise
   * - `content-type`: the response is not an event stream; the stream closes, unless `shouldReconnect` says otherwise
   * - `no-stream`: this `fetch` cannot read a body while it arrives; the stream closes, unless `shouldReconnect` says otherwise
   * - `too-large`: an event or a line exceeded `maxEventBytes`; the stream closes
   * - `called`: `close()` was called
   * - `aborted`: the `signal` was aborted
   */
  readonly code:
    | 'failed'
    | 'finished'
    | 'ended'
    | 'silent'
    | 'offline'
    | 'hidden'
    | 'status'
    | 'content-type'
    | 'no-stream'
    | 'too-large'
    | 'called'
    | 'aborted'
  /** Status of the response, with `status`, `content-type` and `no-stream`. */
  readonly status?: number
  /** Content type of the response, with `status`, `content-type` and `no-stream`. */
  readonly contentType?: string | null
  /** `Retry-After` of the response in ms, even if `maxRetryAfter` is less; `undefined` without one. */
  readonly retryAfter?: number | undefined
  /** The error of `fetch`, the body, `headers` or `shouldReconnect`, or the reason of the aborted signal. */
  readonly error?: unknown
}

/**
 * The state of a stream, by `name`: `connecting`, `open`, `waiting` for the next attempt, or `closed` for good.
 * `readyState` is 0, 1, 0 and 2.
 */
export type StreamState =
  | {
      readonly name: 'connecting'
      /** 0 for the first connection, otherwise the number of the attempt since the last good connection. */
      readonly attempt: number
    }
  | {
      readonly name: 'open'
      /** When the response arrived, in ms since 1970. */
      readonly since: number
      /**
       * Whether the server resumed after the last event ID without a gap, by its latest `sse-ready`. The server sends
       * `sse-ready` whenever the stream has caught up. `undefined` before the first `sse-ready`.
       */
      readonly resumed?: boolean | undefined
      /** How many missed events the server sent in the latest catch-up. `undefined` before the first `sse-ready`. */
      readonly replayed?: number | undefined
    }
  | {
      readonly name: 'waiting'
      /** The number of the next attempt since the last good connection. */
      readonly attempt: number
      /** When the next attempt begins, in ms since 1970. `Infinity`: when the page is shown. */
      readonly nextTry: number
      readonly reason: Reason
    }
  | { readonly name: 'closed'; readonly reason: Reason }
