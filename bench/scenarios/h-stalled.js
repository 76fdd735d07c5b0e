const MiB = 1024 * 1024

/**
 * The stalled client reads all 20 channels, the others one each: so 200 MB pile up for the one, and not for everyone.
 * The next event is published when the others have the last one; latency is then that of one pass, not of a queue.
 */
export const stalled = {
  letter: 'h',
  title: 'one stalled client beside 1,000 while 200 MB are published to it',
  headline: 'rssGrowth',
  columns: ['rssGrowth', 'p50', 'p99', 'cpuPerEvent', 'clientCpuPerEvent', 'rss'],
  needs: ['several channels'],
  cases: [
    { name: 'all read', stalled: 0 },
    { name: 'one stalled', stalled: 1 },
  ],
  // History is memory too: a log of 8 MiB that has been full for a while, until the heap is as large as that makes it, leaves
  // the stalled client as what can grow.
  serverOptions: () => ({ registry: { bytes: 8 * MiB } }),
  full: { connections: 1000, channels: 20, warmUp: 9000, events: 10_000, bytes: 20_000 },
  tiny: { connections: 4, channels: 2, warmUp: 2, events: 10, bytes: 20_000 },

  async run(stage, { connections, channels, stalled, warmUp, events, bytes }) {
    const plan = { bytes, turnsAhead: 0, turnsPerAck: 1, metering: { rssEveryMs: 50, collect: false } }
    await stage.open({ connections, channels })
    await stage.deliver({ ...plan, events: warmUp })
    if (stalled > 0) await stage.openStalled({ connections: stalled, channels, perClient: channels })
    return stage.deliver({ ...plan, events })
  },
}
