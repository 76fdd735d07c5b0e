const MiB = 1024 * 1024

/**
 * Read at a tenth of the speed while events are published, then as fast as the network allows. About 1 MB for each
 * connection is in the kernel's buffers by then and can no longer be replaced; 15 MB are published, so that it matters little.
 */
export const keyed = {
  letter: 'i',
  title: '1,000 connections that read at a tenth of the speed at which 50 keys are published',
  headline: 'bytesPerConnection',
  columns: ['bytesPerConnection', 'cpuPerPublish', 'clientCpuPerPublish', 'rss'],
  only: ['ours'],
  cases: [
    { name: 'without keys', keyed: false },
    { name: 'with keys', keyed: true },
  ],
  serverOptions: () => ({ registry: { history: { events: 100_000, bytes: 64 * MiB } } }),
  full: { connections: 1000, keys: 50, events: 15_000, bytes: 1000, perTick: 60, everyMs: 50 },
  tiny: { connections: 3, keys: 5, events: 50, bytes: 1000, perTick: 10, everyMs: 2 },

  async run(stage, { keyed, connections, keys, events, bytes, perTick, everyMs }) {
    await stage.open({ connections, keys }, { conflated: keyed })
    await stage.load.throttle({ bytes: (perTick * bytes) / 10, everyMs })
    const figures = await stage.deliver({
      ...{ events, bytes, perTick, everyMs, keyed },
      lastOnly: keyed,
      onPublished: () => stage.load.unthrottle(),
    })
    return {
      bytesPerConnection: (await stage.load.total('bytes')) / connections,
      cpuPerPublish: figures.cpu / events,
      clientCpuPerPublish: figures.clientCpu / events,
      rss: figures.rss,
    }
  },
}
