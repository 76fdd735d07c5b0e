// `npm run start:cluster` on a machine that is not ready for it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterTest } from '../../helpers/after-test.js'
import { exampleDirectory } from '../../helpers/example-app.js'
import { describeWithRedis, freePort, RedisServer } from '../../helpers/redis-server.js'

/** Runs it to its end. */
async function run(...flags: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(exampleDirectory, 'cluster.ts'), ...flags])
  afterTest(() => child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

describe('the example of a cluster', () => {
  it('says once where Redis is missing and why, without the password, and ends', async () => {
    const redis = await freePort()
    const port = await freePort()
    const { code, stdout, stderr } = await run('--port', `${port}`, '--redis', `redis://me:secret@127.0.0.1:${redis}`)
    expect(stderr).toMatch(
      new RegExp(`^Redis at redis://127.0.0.1:${redis} cannot be reached: connect ECONNREFUSED .*\\n$`),
    )
    expect([code, stdout]).toEqual([1, ''])
  })
})

describeWithRedis('the example of a cluster with Redis', () => {
  it.each([0, 2])('says once which port is taken, number %i of its own, and ends', async (number) => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    afterTest(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const { code, stdout, stderr } = await run('--port', `${port - number}`, '--redis', redis.url)
    // Another process of this machine may have one of those below.
    const ports = Array.from({ length: number + 1 }, (_, i) => port - i).join('|')
    expect(stderr).toMatch(new RegExp(`^127.0.0.1:(${ports}) cannot be listened on: listen EADDRINUSE.*\\n$`))
    expect([code, stdout]).toEqual([1, ''])
  })
})
