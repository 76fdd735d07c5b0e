// `npm run start:cluster` without Redis, or with a taken port.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterTest } from '../../helpers/after-test.js'
import { exampleDirectory } from '../../helpers/example-app.js'
import { describeWithRedis, freePort, RedisServer } from '../../helpers/redis-server.js'

/** Runs the example until it exits. */
async function run(...flags: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', join(exampleDirectory, 'cluster.ts'), ...flags])
  afterTest(() => child.kill('SIGKILL'))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: child.exitCode, stdout, stderr }
}

describe('the cluster example', () => {
  it('names the missing Redis and the reason once, without the password, and ends', async () => {
    const redis = await freePort()
    const port = await freePort()
    const { code, stdout, stderr } = await run('--port', `${port}`, '--redis', `redis://me:secret@127.0.0.1:${redis}`)
    expect(stderr).toMatch(
      new RegExp(`^Redis at redis://127.0.0.1:${redis} cannot be reached: connect ECONNREFUSED .*\\n$`),
    )
    expect([code, stdout]).toEqual([1, ''])
  })
})

describeWithRedis('the cluster example with Redis', () => {
  it.each([0, 2])('names the taken port once, number %i of its ports, and ends', async (number) => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    afterTest(() => taken.close())
    const { port } = taken.address() as AddressInfo
    const { code, stdout, stderr } = await run('--port', `${port - number}`, '--redis', redis.url)
    // Another process of this machine may use one of the lower ports.
    const ports = Array.from({ length: number + 1 }, (_, i) => port - i).join('|')
    expect(stderr).toMatch(new RegExp(`^127.0.0.1:(${ports}) cannot be listened on: listen EADDRINUSE.*\\n$`))
    expect([code, stdout]).toEqual([1, ''])
  })
})
