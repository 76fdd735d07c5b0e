/** Describes what a registry counts and measures, for Prometheus. */
import { check, given } from './check.js'
import type { Histogram } from './metrics/histogram.js'
import { Measurements } from './metrics/measurements.js'
import { formatMetrics, type Metric } from './metrics/prometheus.js'
import type { RegistryParts } from './registry-parts.js'
import { statsOf } from './registry-state.js'
import type { RegistryStats } from './stats.js'

/** Options of `registry.metrics()`. */
export interface MetricsOptions {
  /**
   * Begins the name of each metric. Give each registry its own if several are on one page. Letters, digits and underscores.
   * @default 'sse_'
   */
  prefix?: string
}

const FORMS = {
  prefix: {
    is: 'letters, digits and underscores, and no digit first',
    test: (value: unknown) => typeof value === 'string' && /^([a-zA-Z_][a-zA-Z0-9_]*)?$/.test(value),
  },
}

/** Returns the text of `registry.metrics()`. */
export function metricsOf(parts: RegistryParts, options: MetricsOptions = {}): string {
  check('metrics()', options, FORMS)
  const { prefix = 'sse_' } = given(options)
  const { counters, publisher } = parts
  const measured = (counters.measurements ??= new Measurements())
  return formatMetrics(
    [
      ...fromStats(statsOf(parts)),
      gauge('store_up', 'Whether the store can be read: 1 or 0.', Number(publisher.isStoreAvailable)),
      gauge(
        'store_lag_seconds',
        'How long the newest event took from the store to this process.',
        publisher.storeLag / 1000,
      ),
      histogram(
        'delivery_latency_seconds',
        'Time from the place of an event in the log until it was written to a client: the oldest event of each write.',
        measured.latency,
      ),
      histogram('connection_duration_seconds', 'How long connections were open that have closed.', measured.duration),
    ],
    prefix,
  )
}

const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: 'gauge', value })
const counter = (name: string, help: string, value: number): Metric => ({ name, help, type: 'counter', value })
const histogram = (name: string, help: string, value: Histogram): Metric => ({ name, help, type: 'histogram', value })

/** A counter with one value for each value of a label. */
function by(label: string, name: string, help: string, value: Record<string, number>): Metric {
  return { name, help, type: 'counter', label, value }
}

function fromStats(stats: RegistryStats): Metric[] {
  return [
    gauge('connections', 'Connections that are open.', stats.connections),
    gauge('stalled_connections', 'Connections whose socket is full.', stats.stalled),
    gauge('channels', 'Channels with a subscriber, with history or with a latest event.', stats.channels),
    gauge('log_events', 'Events in the log.', stats.events),
    gauge('log_bytes', 'Bytes of the log.', stats.bytes),
    counter('published_events_total', 'Events that this process has published.', stats.published),
    counter('delivered_events_total', 'Events written, counted once for every connection.', stats.delivered),
    counter('sent_bytes_total', 'Bytes written to event streams.', stats.sentBytes),
    counter('conflated_events_total', 'Events left out, because a newer one of their key followed.', stats.conflated),
    counter('evicted_keys_total', 'Latest events that a bound has evicted.', stats.evictedKeys),
    by('reason', 'gaps_total', 'How often clients missed events.', stats.gaps),
    by('outcome', 'resumes_total', 'Streams whose client sent a last event ID.', stats.resumes),
    by('reason', 'closed_connections_total', 'Connections that have ended.', stats.closed),
    counter('destroyed_connections_total', 'Connections destroyed with unsent bytes on exit.', stats.destroyed),
    counter('shed_requests_total', 'Requests that were shed.', stats.shed),
  ]
}
