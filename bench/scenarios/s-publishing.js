/** What a publish costs by itself, without connections: to take an event, encode it and keep it. */
export const publishing = {
  letter: 's',
  title: 'publishing without connections, 100 events per turn',
  headline: 'cpuPerPublish',
  columns: ['cpuPerPublish', 'rss'],
  only: ['ours', 'bare'],
  cases: [{ name: 'one channel' }, { name: '100 keys', keys: 100 }, { name: '10,000 channels', channels: 10_000 }],
  full: { warmUp: 300_000, events: 200_000 },
  tiny: { warmUp: 10_000, events: 10_000 },

  async run(stage, { channels, keys, warmUp, events }) {
    const { cpu, rss } = await stage.publishOnly({ channels, keys, warmUp, events, bytes: 100, perTurn: 100 })
    return { cpuPerPublish: cpu / events, rss }
  },
}
