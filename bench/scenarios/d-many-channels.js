/** Ten turns make a round of (a)'s size, so that what is compared is the cost of a publish, not of a turn. */
export const manyChannels = {
  letter: 'd',
  title: '10,000 channels with one connection each, published round robin, 100 per turn',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'eventsPerSecond', 'p50', 'p99', 'rss'],
  needs: ['many channels'],
  full: { connections: 10_000, warmUp: 200_000, events: 100_000, perTurn: 100 },
  tiny: { connections: 10, warmUp: 10, events: 30, perTurn: 5 },

  async run(stage, { connections, warmUp, events, perTurn }) {
    await stage.open({ connections, channels: connections })
    return stage.deliver({ warmUp, events, bytes: 100, perTurn, turnsAhead: 40, turnsPerAck: 10 })
  },
}
