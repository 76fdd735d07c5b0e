// What an EventStream is doing, as data: to be shown, logged or tested.

/** Why a connection was lost, or the stream closed for good. */
export interface Reason {
  /**
   * - `failed`: no answer, a broken connection, or a `headers` function that failed; `error` is the cause
   * - `ended`: the server ended the response
   * - `silent`: nothing came for two and a half times `keepAlive`
   * - `offline`: the network went away and came back
   * - `status`: an answer other than 200; after 408, 429 and 5xx the stream goes on, otherwise it closes
   * - `content-type`: an answer that is no event stream closes it
   * - `no-stream`: an event stream whose body cannot be read as it comes closes it: this `fetch` does not stream
   * - `too-large`: so does an event or a line over `maxEventBytes`
   * - `called`, `aborted`: `close()` was called, or the `signal` aborted
   */
  readonly code:
    | 'failed'
    | 'ended'
    | 'silent'
    | 'offline'
    | 'status'
    | 'content-type'
    | 'no-stream'
    | 'too-large'
    | 'called'
    | 'aborted'
  /** Status of the answer, with `status`, `content-type` and `no-stream`. */
  readonly status?: number
  /** Content type of the answer, likewise. */
  readonly contentType?: string | null
  /** ms that the answer's `Retry-After` asks for, also where `maxRetryAfter` is less; `undefined` if it asks for none. */
  readonly retryAfter?: number | undefined
  /** What `fetch`, the body or the `headers` function threw; what the signal was aborted with. */
  readonly error?: unknown
}

export type StreamState =
  | {
      readonly name: 'connecting'
      /** 0 for the first connection, otherwise which try this is since the last good one. */
      readonly attempt: number
    }
  | {
      readonly name: 'open'
      /** When the answer came, in ms since 1970. */
      readonly since: number
      /**
       * Whether the server resumed after the last event ID, as its latest `sse-ready` says: one comes whenever the stream has
       * caught up, and says `false` after a gap. `undefined` before the first, and with a server that sends none.
       */
      readonly resumed?: boolean | undefined
      /** How many missed events the server sent in the latest catch-up; `undefined` likewise. */
      readonly replayed?: number | undefined
    }
  | {
      readonly name: 'waiting'
      /** Which try comes next, counted since the last good connection. */
      readonly attempt: number
      /** When it will be made, in ms since 1970. */
      readonly nextTry: number
      readonly reason: Reason
    }
  | { readonly name: 'closed'; readonly reason: Reason }
