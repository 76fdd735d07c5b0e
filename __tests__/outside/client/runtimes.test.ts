// The checks of the client in every installed browser and runtime.
import { BehaviourServer } from '../../helpers/client-behaviour-server.js'
import { runtimes, startRuntime } from '../../helpers/client-runtimes.js'

for (const runtime of runtimes) {
  const { name, path, install, always, except = {} } = runtime
  const run = path === undefined && !(always && process.env.CI === 'true') ? describe.skip : describe
  run(path === undefined ? `${name} (skipped: not on this machine; install it with: ${install})` : name, () => {
    it('passes all checks of the client', async () => {
      if (path === undefined) throw new Error(`missing: ${install}`)
      const server = await new BehaviourServer().start()
      const found = server.findings()
      const running = startRuntime(runtime, server.program, server.url)
      try {
        const findings = await found
        const problems = findings.filter(
          ({ name, problem }) => problem !== undefined && !problem.startsWith(except[name] ?? '\0'),
        )
        expect(problems).toEqual([])
        expect(findings.length).toBeGreaterThan(15)
        // A closed stream does not keep the process alive.
        if (runtime.ends) expect(await running.ended).toBe(0)
      } finally {
        await running.kill()
        await server.close()
      }
    }, 60_000)
  })
}
