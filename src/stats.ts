/** The counts of a registry, for a metrics endpoint or a log line. */
import type { Measurements } from './metrics/measurements.js'

/**
 * Why a client missed events:
 * - `evicted`: the missed events were evicted from history while the client was away.
 * - `slow`: events were evicted before this connected client could take them.
 * - `restarted`: the log began again, so the last event ID belongs to an earlier log.
 * - `unknown`: the last event ID is not one that the log gave out.
 * - `snapshot`: the option `snapshot.load` failed, so that the client got the latest events instead.
 */
export type GapReason = 'evicted' | 'slow' | 'restarted' | 'unknown' | 'snapshot'

/**
 * Why a connection has ended:
 * - `client`: the client disconnected, or the network failed.
 * - `server`: `close()` or `finish()` was called, or the handler ended the response.
 * - `expired`: `maxAge` was reached.
 * - `drained`: `registry.drain()` ended it.
 * - `disconnected`: `registry.disconnect()` ended it, here or in another process.
 * - `stalled`: the socket made no progress for `stallTimeout`.
 * - `overflow`: `send()` left more than `maxBufferedBytes` unsent.
 * - `error`: a filter threw, or the response could not be written.
 */
export type CloseReason =
  'client' | 'server' | 'expired' | 'drained' | 'disconnected' | 'stalled' | 'overflow' | 'error'

/**
 * Why a request was shed:
 * - `maxConnections`: the route had `maxConnections` open.
 * - `maxPerOwner`: its owner had `maxPerOwner` open.
 * - `closing`: `drain()` or `close()` was called.
 */
export type ShedReason = 'maxConnections' | 'maxPerOwner' | 'closing'

/**
 * What a store tells:
 * - `begun`: it has filled the log for the first time.
 * - `unavailable`: it cannot be read; streams stay open.
 * - `available`: it can be read again.
 * - `restarted`: the log began again, because the store lost it. Every client is told of a gap.
 * - `skipped`: the store no longer had some entries. Every client is told of a gap.
 */
export type StoreState = 'begun' | 'unavailable' | 'available' | 'restarted' | 'skipped'

/** What `registry.stats()` returns: counts of this process, either of now or since the registry was made. */
export interface RegistryStats {
  /** Connections that are open now. */
  connections: number
  /** Channels with a subscriber, with history or with a latest event now. */
  channels: number
  /** Events in the log now. */
  events: number
  /** Bytes of the log, as the option `bytes` counts them: events, keys, channels, and hashes of evicted event IDs. */
  bytes: number
  /** Connections whose socket is full now. */
  stalled: number
  /** Events that this process has published. */
  published: number
  /** Events written, each counted once for every connection. */
  delivered: number
  /** Bytes written to event streams: their bodies, with the framing of HTTP/1.1. */
  sentBytes: number
  /** Events that slow clients and update windows left out, because a newer event of the same key was already waiting. */
  conflated: number
  /** Latest events evicted because of `keys` or `bytes`. New subscribers of their channels get an `sse-gap` event. */
  evictedKeys: number
  /** Gaps: how often clients missed events, by reason. With `controlEvents: false`, they are not told. */
  gaps: Record<GapReason, number>
  /** Streams whose client sent a last event ID, by the outcome of the first subscriptions that resumed. */
  resumes: Record<'resumed' | Exclude<GapReason, 'slow' | 'snapshot'>, number>
  /** Connections that have ended, by reason. */
  closed: Record<CloseReason, number>
  /** Connections that `drain()` or `close()` destroyed, because unsent bytes remained after `grace`. */
  destroyed: number
  /** Requests that were shed because of `maxConnections`, `maxPerOwner`, `drain()` or `close()`. */
  shed: number
}

/** The counts of `stats()` that never fall. */
export class Counters {
  /** Undefined until the first call of `registry.metrics()`. */
  measurements: Measurements | undefined
  published = 0
  delivered = 0
  conflated = 0
  destroyed = 0
  shed = 0
  /** Bytes written to streams that have ended. */
  sentBytes = 0
  readonly gaps: RegistryStats['gaps'] = { evicted: 0, slow: 0, restarted: 0, unknown: 0, snapshot: 0 }
  readonly resumes: RegistryStats['resumes'] = { resumed: 0, evicted: 0, restarted: 0, unknown: 0 }
  readonly closed: RegistryStats['closed'] = {
    client: 0,
    server: 0,
    expired: 0,
    drained: 0,
    disconnected: 0,
    stalled: 0,
    overflow: 0,
    error: 0,
  }
}
