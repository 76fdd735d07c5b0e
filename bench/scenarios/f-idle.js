import { setTimeout as sleep } from 'node:timers/promises'

/** The keep-alive runs at a short period to save time; its share of a core is given for one of 15 seconds. */
const KEEP_ALIVE = 5000
const USUAL_KEEP_ALIVE = 15_000

export const idle = {
  letter: 'f',
  title: '10,000 idle connections: memory, accept, keep-alive',
  headline: 'rssPerConnection',
  columns: ['rssPerConnection', 'acceptCpu', 'cpuPerKeepAlive', 'keepAliveCore'],
  needs: ['crowds', 'keep-alives'],
  serverOptions: () => ({ keepAlive: KEEP_ALIVE }),
  full: { connections: 10_000, idleMs: KEEP_ALIVE },
  tiny: { connections: 10, idleMs: 10 },

  async run(stage, { connections, idleMs }) {
    const before = await stage.server.settledRss()
    const accept = await stage.measure(() => stage.open({ connections }), { isProfiled: true })
    const after = await stage.server.settledRss()

    const readsBefore = await stage.load.total('reads')
    const idle = await stage.measure(() => sleep(idleMs))
    const keepAlives = (await stage.load.total('reads')) - readsBefore
    return {
      rssPerConnection: (after - before) / connections,
      acceptCpu: accept.cpu / connections,
      cpuPerKeepAlive: keepAlives > 0 ? idle.cpu / keepAlives : undefined,
      keepAliveCore: keepAlives > 0 ? (idle.cpu / 1000 / idle.ms) * (KEEP_ALIVE / USUAL_KEEP_ALIVE) : undefined,
    }
  },
}
