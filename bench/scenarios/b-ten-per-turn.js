export const tenPerTurn = {
  letter: 'b',
  title: '1,000 connections, ten events per turn',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'eventsPerSecond', 'p50', 'p99', 'rss'],
  full: { connections: 1000, warmUp: 400, events: 2000 },
  tiny: { connections: 5, warmUp: 10, events: 30 },

  async run(stage, { connections, warmUp, events }) {
    await stage.open({ connections })
    return stage.deliver({ warmUp, events, bytes: 100, perTurn: 10 })
  },
}
