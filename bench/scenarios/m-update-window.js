/** What an update window saves: the same key changes all the time, and clients are sent its newest value twice a second. */
export const updateWindow = {
  letter: 'm',
  title: '1,000 connections, one key published 200 times a second for 5 seconds',
  headline: 'cpuPerPublish',
  columns: ['cpuPerPublish', 'clientCpuPerPublish', 'bytesPerConnection'],
  only: ['ours'],
  cases: [
    { name: 'every event at once', conflate: false },
    { name: 'an update window of 500 ms', conflate: 500 },
  ],
  serverOptions: ({ conflate }) => ({ conflate }),
  full: { connections: 1000, warmUp: 200, events: 1000, bytes: 100, perTick: 1, everyMs: 5 },
  tiny: { connections: 3, warmUp: 2, events: 20, bytes: 100, perTick: 1, everyMs: 2 },

  async run(stage, { conflate, connections, warmUp, events, bytes, perTick, everyMs }) {
    await stage.open({ connections, keys: 1 }, { conflated: conflate !== false })
    const figures = await stage.deliver({
      ...{ warmUp, events, bytes, perTick, everyMs, keyed: true },
      lastOnly: conflate !== false,
    })
    return {
      cpuPerPublish: figures.cpu / events,
      clientCpuPerPublish: figures.clientCpu / events,
      bytesPerConnection: ((await stage.load.total('bytes')) / connections) * (events / (warmUp + events)),
    }
  },
}
