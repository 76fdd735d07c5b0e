/** A scoreboard: everybody watches the same games. What it costs more than (b), where all watch one channel. */
export const sameChannels = {
  letter: 'o',
  title: '1,000 connections, all on the same six channels, ten events per turn',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'eventsPerSecond', 'p50', 'p99', 'rss'],
  needs: ['several channels'],
  full: { connections: 1000, warmUp: 300, events: 3000 },
  tiny: { connections: 5, warmUp: 30, events: 60 },

  async run(stage, { connections, warmUp, events }) {
    await stage.open({ connections, channels: 6, perClient: 6, areSame: true })
    return stage.deliver({ warmUp, events, bytes: 100, perTurn: 10 })
  },
}
