export const severalChannels = {
  letter: 'e',
  title: '2,000 connections, each on 5 of 100 channels, ten events per turn',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'eventsPerSecond', 'p50', 'p99', 'rss'],
  needs: ['several channels'],
  full: { connections: 2000, channels: 100, warmUp: 600, events: 3000 },
  tiny: { connections: 20, channels: 10, warmUp: 10, events: 30 },

  async run(stage, { connections, channels, warmUp, events }) {
    await stage.open({ connections, channels, perClient: 5 })
    return stage.deliver({ warmUp, events, bytes: 100, perTurn: 10 })
  },
}
