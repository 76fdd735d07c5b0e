/**
 * Everyone comes back with nothing missed, to warm up, and once more, which is the price of accepting them; then 200
 * events behind. The figure is what the last time cost beyond the one before, for each event.
 */
export const reconnect = {
  letter: 'g',
  title: '5,000 clients reconnect at once, each 200 events behind',
  headline: 'cpuPerReplayedEvent',
  columns: ['cpuPerReplayedEvent', 'clientCpuPerEvent', 'cpuWithAccept', 'acceptCpu', 'replayMs', 'rss'],
  needs: ['replay'],
  serverOptions: () => ({ replay: true }),
  full: { connections: 5000, behind: 200 },
  tiny: { connections: 5, behind: 20 },

  async run(stage, { connections, behind }) {
    const ids = await stage.fillWatched({ events: 1 + behind, bytes: 100 })
    await stage.comeBack({ connections }, { lastEventId: ids.last, missed: 0 })
    const upToDate = await stage.comeBack({ connections }, { lastEventId: ids.last, missed: 0 })
    const missed = await stage.comeBack({ connections }, { lastEventId: ids.first, missed: behind })
    await stage.checkNothingDoubled()
    const events = connections * behind
    return {
      cpuPerReplayedEvent: (missed.cpu - upToDate.cpu) / events,
      clientCpuPerEvent: (missed.clientCpu - upToDate.clientCpu) / events,
      cpuWithAccept: missed.cpu / events,
      acceptCpu: upToDate.cpu / connections,
      replayMs: missed.ms,
      rss: missed.rss,
    }
  },
}
