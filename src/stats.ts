/** What a registry has done and holds: plain counts, for a metrics endpoint or a log line. */

/** Why events are missing. HTML's standard has no word for it; see `sse-gap` in the README. */
export type GapReason = 'evicted' | 'slow' | 'restarted' | 'unknown'

/**
 * Why a connection has ended:
 * - `client`: the client left, or the network did.
 * - `server`: `close()`, or the handler ended the response.
 * - `expired`: `maxAge` was reached.
 * - `drained`: `registry.drain()`.
 * - `stalled`: no progress for `stallTimeout`.
 * - `overflow`: `send()` left more than `maxBufferedBytes` unsent.
 * - `error`: a filter threw, or the response could not be written.
 */
export type CloseReason = 'client' | 'server' | 'expired' | 'drained' | 'stalled' | 'overflow' | 'error'

export interface RegistryStats {
  /** Connections that are open now. */
  connections: number
  /** Channels with a subscriber, with history or with a latest event now. */
  channels: number
  /** Events in the log now. */
  events: number
  /** Bytes that they count for, with their keys, their channels and what is remembered of evicted ones. */
  bytes: number
  /** Connections whose socket takes nothing more now. */
  stalled: number
  /** Events published since the start. */
  published: number
  /** Events written, each counted once for every connection. */
  delivered: number
  /** Events not written because a newer one of the same key was on its way to a slow reader. */
  conflated: number
  /** Latest events evicted because of `keys` or `bytes`. Newcomers of their channels are told of a gap. */
  evictedKeys: number
  /** Gaps announced, by reason. */
  gaps: Record<GapReason, number>
  /** Streams that came with a last event ID, by what became of it. */
  resumes: Record<'resumed' | Exclude<GapReason, 'slow'>, number>
  /** Connections that have ended, by reason. */
  closed: Record<CloseReason, number>
  /** Connections that `drain()` or `close()` destroyed because their clients did not take what was unsent within the grace. */
  destroyed: number
  /** Requests turned away politely, because of `maxConnections`, `drain()` or `close()`. */
  shed: number
}

/** The counts that only rise. */
export class Counters {
  published = 0
  delivered = 0
  conflated = 0
  destroyed = 0
  shed = 0
  readonly gaps: RegistryStats['gaps'] = { evicted: 0, slow: 0, restarted: 0, unknown: 0 }
  readonly resumes: RegistryStats['resumes'] = { resumed: 0, evicted: 0, restarted: 0, unknown: 0 }
  readonly closed: RegistryStats['closed'] = {
    client: 0,
    server: 0,
    expired: 0,
    drained: 0,
    stalled: 0,
    overflow: 0,
    error: 0,
  }
}
