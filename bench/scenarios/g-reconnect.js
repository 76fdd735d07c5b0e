/**
 * Everyone comes back twice: once with nothing missed, which is the price of accepting them, then 200 events behind.
 * The figure is what the second time cost beyond the first, for each event.
 */
export const reconnect = {
  letter: 'g',
  title: '5,000 clients reconnect at once, each 200 events behind',
  headline: 'cpuPerReplayedEvent',
  columns: ['cpuPerReplayedEvent', 'cpuWithAccept', 'acceptCpu', 'replayMs', 'rss'],
  needs: ['replay'],
  serverOptions: () => ({ replay: true }),
  full: { connections: 5000, behind: 200 },
  tiny: { connections: 5, behind: 20 },

  async run(stage, { connections, behind }) {
    const ids = await stage.fillWatched({ events: behind, bytes: 100 })
    const upToDate = await stage.comeBack({ connections }, { lastEventId: ids.last, missed: 0 })
    // The run above ended with one event more, so that those who saw only the first have missed as many as were filled in.
    const missed = await stage.comeBack({ connections }, { lastEventId: ids.first, missed: behind })
    const events = connections * behind
    return {
      cpuPerReplayedEvent: (missed.cpu - upToDate.cpu) / events,
      cpuWithAccept: missed.cpu / events,
      acceptCpu: upToDate.cpu / connections,
      replayMs: missed.ms,
      rss: missed.rss,
    }
  },
}
