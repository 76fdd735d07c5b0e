export const onePerTurn = {
  letter: 'a',
  title: '1,000 connections, one event per turn of the event loop',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'eventsPerSecond', 'p50', 'p99', 'rss'],
  full: { connections: 1000, warmUp: 100, events: 400 },
  tiny: { connections: 5, warmUp: 2, events: 10 },

  async run(stage, { connections, warmUp, events, bytes = 100 }) {
    await stage.open({ connections })
    return stage.deliver({ warmUp, events, bytes })
  },
}
