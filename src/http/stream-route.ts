/** What a stream belongs to: the route that serves it, and the request that it answers. */
import type { ResolvedStreamOptions } from '../stream-options.js'
import type { Compressor } from '../wire/compression.js'

/** What all streams of one `sse()` share. */
export interface StreamRoute {
  readonly options: ResolvedStreamOptions
  /** Undefined without the option `compress`. */
  readonly compressor: Compressor | undefined
  /** The number of its open streams. */
  open: number
  /** Whether new requests are shed. */
  closed: boolean
  /** Whether it was reported that a middleware had sent the head before `sse()` ran. */
  hasReportedHead: boolean
}

/** What a stream takes from its request. */
export interface StreamRequest {
  /** An empty string if the client sent none. */
  readonly lastEventId: string
  readonly owner: string | undefined
  /** Undefined if the response is not compressed. */
  readonly compressor: Compressor | undefined
}
