/** What it saves to start passes at least 25 ms apart, and what that costs in latency, at a pace as apps have it. */
export const coalescing = {
  letter: 'p',
  title: '1,000 connections, 100 and 1,000 events a second, with and without coalescing',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'p50', 'p99', 'eventsPerSecond'],
  only: ['ours'],
  needs: ['what is new'],
  watched: true,
  cases: [
    { name: '100 a second', everyMs: 10, events: 500, warmUp: 100 },
    { name: '100 a second, coalesced', everyMs: 10, events: 500, warmUp: 100, coalesce: 25 },
    { name: '1,000 a second', everyMs: 1, events: 5000, warmUp: 1000 },
    { name: '1,000 a second, coalesced', everyMs: 1, events: 5000, warmUp: 1000, coalesce: 25 },
  ],
  serverOptions: ({ coalesce }) => ({ registry: coalesce === undefined ? {} : { coalesce } }),
  full: { connections: 950, watchers: 50 },
  tiny: { connections: 5, watchers: 2, atMost: 20 },

  async run(stage, { connections, watchers, everyMs, events, warmUp, atMost = Infinity }) {
    await stage.openWatched({ connections }, watchers)
    const sizes = { warmUp: Math.min(warmUp, atMost), events: Math.min(events, atMost) }
    return stage.deliver({ ...sizes, bytes: 100, everyMs, isCaughtUp: true })
  },
}
