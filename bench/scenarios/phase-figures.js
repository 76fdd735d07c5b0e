/** The figures of one phase, from what the server spent and when each event was published and had arrived everywhere. */
export function figuresOf({ deliveries, cost, clientCpu, publishedAt, doneAt }) {
  const latencies = doneAt
    .map((at, i) => at - publishedAt[i])
    .filter((_, i) => doneAt[i] > 0) // an event that was replaced by a newer one arrived nowhere
    .sort()
  const took = doneAt.reduce((a, b) => Math.max(a, b)) - publishedAt[0]
  return {
    cpuPerEvent: cost.cpu / deliveries,
    clientCpuPerEvent: clientCpu / deliveries,
    clientCpu,
    eventsPerSecond: (deliveries / took) * 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  }
}

function quantile(sorted, q) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]
}
