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
   * - `too-large`: so does an event or a line over `maxEventBytes`
   * - `called`, `aborted`: `close()` was called, or the `signal` aborted
   */
  readonly code:
    'failed' | 'ended' | 'silent' | 'offline' | 'status' | 'content-type' | 'too-large' | 'called' | 'aborted'
  /** Status of the answer, with `status` and `content-type`. */
  readonly status?: number
  /** Content type of the answer, likewise. */
  readonly contentType?: string | null
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
      /** Whether the server resumed after the last event ID; known once it has said that the stream is caught up. */
      readonly resumed?: boolean | undefined
      /** How many missed events it sent before that. */
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
