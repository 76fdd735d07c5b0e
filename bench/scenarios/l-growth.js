const MiB = 1024 * 1024
const DAY = 24 * 60 * 60 * 1000

/** Whether an event costs more when there is more history behind it, or when there are more channels beside it. */
export const growth = {
  letter: 'l',
  title: '1,000 connections, one event per turn, as history and channels grow',
  headline: 'cpuPerEvent',
  columns: ['cpuPerEvent', 'clientCpuPerEvent', 'p50', 'p99', 'rss'],
  only: ['ours'],
  cases: [
    { name: 'history of 100 events', filled: { events: 100 } },
    { name: 'history of 100,000 events', filled: { events: 100_000 } },
    { name: '1 channel', filled: { events: 1, channels: 1 } },
    { name: '100,000 channels', filled: { events: 100_000, channels: 100_000 } },
  ],
  serverOptions: ({ filled: { events, channels } }) => ({
    registry: { history: { events: channels ? 1000 : events, bytes: 256 * MiB, age: DAY }, bytes: 512 * MiB },
  }),
  full: { connections: 1000, warmUp: 100, events: 400 },
  tiny: { connections: 5, warmUp: 2, events: 10, fillAtMost: 1000 },

  async run(stage, { filled, fillAtMost = Infinity, connections, warmUp, events }) {
    const [filling, channels] = [filled.events, filled.channels ?? 1].map((count) => Math.min(count, fillAtMost))
    await stage.fill({ events: filling, channels, bytes: 100 })
    await stage.open({ connections })
    return stage.deliver({ warmUp, events, bytes: 100 })
  },
}
