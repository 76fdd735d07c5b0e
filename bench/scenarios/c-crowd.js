/** Not as fast as possible but at a pace, so that latency is that of one pass and not of a queue. */
export const crowd = {
  letter: 'c',
  title: '10,000 connections, one event every 100 ms',
  headline: 'p99',
  columns: ['p50', 'p99', 'longestBlock', 'cpuPerEvent', 'clientCpuPerEvent', 'rss'],
  needs: ['crowds'],
  watched: true,
  full: { connections: 9900, watchers: 100, warmUp: 30, events: 150, everyMs: 100 },
  tiny: { connections: 20, watchers: 4, warmUp: 1, events: 3, everyMs: 5 },

  async run(stage, { connections, watchers, warmUp, events, everyMs }) {
    await stage.openWatched({ connections }, watchers)
    return stage.deliver({ warmUp, events, bytes: 100, everyMs, metering: { loopDelay: true } })
  },
}
