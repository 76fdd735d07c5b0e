/**
 * Writes metrics in the text format of Prometheus, version 0.0.4.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { Histogram } from './histogram.js'

/** A metric without its prefix. */
interface Described {
  name: string
  help: string
}

/** A metric with one value, or with one value for each value of a label. */
export interface Simple extends Described {
  type: 'counter' | 'gauge'
  /** The name of the label; undefined if there is one value only. */
  label?: string
  value: number | Record<string, number>
}

export interface Distribution extends Described {
  type: 'histogram'
  value: Histogram
}

export type Metric = Simple | Distribution

/** Returns the text of all metrics. Each name gets the prefix. */
export function formatMetrics(metrics: readonly Metric[], prefix: string): string {
  return metrics.map((metric) => format(metric, prefix + metric.name)).join('')
}

function format(metric: Metric, name: string): string {
  const samples = metric.type === 'histogram' ? bucketsOf(metric.value, name) : samplesOf(metric, name)
  return `# HELP ${name} ${metric.help}\n# TYPE ${name} ${metric.type}\n${samples}`
}

/** Values of labels are words of this package, so none needs an escape. */
function samplesOf({ label, value }: Simple, name: string): string {
  if (typeof value === 'number') return `${name} ${value}\n`
  return Object.entries(value)
    .map(([key, count]) => `${name}{${label}="${key}"} ${count}\n`)
    .join('')
}

/** Buckets are cumulative: each counts what the ones before it count, too. */
function bucketsOf({ bounds, counts, sum }: Histogram, name: string): string {
  let total = 0
  const buckets = counts.map((count, i) => {
    total += count
    return `${name}_bucket{le="${bounds[i] ?? '+Inf'}"} ${total}\n`
  })
  return `${buckets.join('')}${name}_sum ${sum}\n${name}_count ${total}\n`
}
