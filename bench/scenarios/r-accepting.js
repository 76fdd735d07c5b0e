/**
 * What it costs to accept a connection once the code is warm: everyone connects and leaves twice, and then it is measured.
 * (f) has the same of a process that has just begun.
 */
export const accepting = {
  letter: 'r',
  title: '5,000 clients connect at once, for the third time',
  headline: 'acceptCpu',
  columns: ['acceptCpu', 'clientCpuPerConnection', 'acceptMs', 'rss'],
  needs: ['crowds', 'reconnects'],
  full: { connections: 5000 },
  tiny: { connections: 5 },

  async run(stage, { connections }) {
    for (let i = 0; i < 2; i++) await stage.comeBack({ connections })
    const { cpu, clientCpu, ms, rss } = await stage.comeBack({ connections }, { isProfiled: true })
    await stage.checkNothingDoubled()
    return { acceptCpu: cpu / connections, clientCpuPerConnection: clientCpu / connections, acceptMs: ms, rss }
  },
}
