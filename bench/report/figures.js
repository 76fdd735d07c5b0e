/** Every figure that a scenario can report: what it is called, and how its unit is printed. */
const microseconds = (value) => `${value.toFixed(2)} µs`
const milliseconds = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`
const megabytes = (value) => `${(value / 1e6).toFixed(1)} MB`
const kilobytes = (value) => `${(value / 1000).toFixed(1)} KB`

export const figures = {
  cpuPerEvent: { label: 'server CPU per delivered event', short: 'CPU/event', format: microseconds },
  clientCpuPerEvent: { label: "clients' CPU per delivered event", short: 'clients', format: microseconds },
  clientCpuPerPublish: { label: "clients' CPU per published event", short: 'clients', format: microseconds },
  clientCpuPerConnection: { label: "clients' CPU to connect", short: 'clients', format: microseconds },
  acceptMs: { label: 'until everyone is connected', short: 'connected', format: milliseconds },
  eventsPerSecond: { label: 'deliveries per second', short: 'events/s', format: (n) => `${Math.round(n / 1000)}k` },
  p50: { label: 'publish to last connection, median', short: 'p50', format: milliseconds },
  p99: { label: 'publish to last connection, 99th percentile', short: 'p99', format: milliseconds },
  rss: { label: 'resident memory', short: 'RSS', format: megabytes },
  longestBlock: { label: 'longest hold-up of the event loop', short: 'longest block', format: milliseconds },
  rssPerConnection: { label: 'resident memory per connection', short: 'RSS/connection', format: kilobytes },
  acceptCpu: { label: 'server CPU to accept a connection', short: 'CPU/accept', format: microseconds },
  cpuPerKeepAlive: { label: 'server CPU per keep-alive', short: 'CPU/keep-alive', format: microseconds },
  keepAliveCore: {
    label: 'share of a core for keep-alives every 15 s',
    short: 'core for keep-alive',
    format: (share) => `${(share * 100).toFixed(2)} %`,
  },
  cpuPerReplayedEvent: { label: 'server CPU per replayed event', short: 'CPU/replayed', format: microseconds },
  cpuWithAccept: {
    label: 'server CPU per replayed event, accept included',
    short: 'with accept',
    format: microseconds,
  },
  replayMs: { label: 'until everyone has caught up', short: 'caught up', format: milliseconds },
  rssGrowth: { label: 'growth of resident memory', short: 'RSS growth', format: megabytes },
  bytesPerConnection: { label: 'bytes written to each connection', short: 'bytes/connection', format: kilobytes },
  bytesPerEvent: { label: 'bytes for each delivered event', short: 'bytes/event', format: (n) => `${n.toFixed(1)} B` },
  cpuPerPublish: { label: 'server CPU per published event', short: 'CPU/publish', format: microseconds },
}
