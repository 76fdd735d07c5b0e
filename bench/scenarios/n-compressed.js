/** What compression costs and saves: the scores of a game, plain and with gzip, once for all or for each connection. */
export const compressed = {
  letter: 'n',
  title: '1,000 connections, scores of a game, plain and compressed',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'bytesPerEvent', 'rss'],
  only: ['ours', 'compression'],
  cases: [
    { name: 'one event per turn, plain', perTurn: 1, compress: false },
    { name: 'one event per turn, gzip', perTurn: 1, compress: true },
    { name: 'ten events per turn, plain', perTurn: 10, compress: false },
    { name: 'ten events per turn, gzip', perTurn: 10, compress: true },
  ],
  serverOptions: ({ compress }) => ({ compress }),
  full: { connections: 1000, warmUp: 100, events: 300 },
  tiny: { connections: 5, warmUp: 10, events: 20 },

  async run(stage, { compress, perTurn, connections, warmUp, events }) {
    await stage.open({ connections }, { compressed: compress })
    const before = await stage.load.total('bytes')
    const figures = await stage.deliver({ warmUp, events, perTurn, messages: 'football' })
    const bytes = (await stage.load.total('bytes')) - before
    // The phase publishes one event more, which shows that none was doubled.
    return { ...figures, bytesPerEvent: bytes / connections / (warmUp + events + 1) }
  },
}
