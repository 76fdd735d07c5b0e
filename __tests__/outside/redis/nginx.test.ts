import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterTest } from '../../helpers/after-test.js'
import { openStream } from '../../helpers/open-stream.js'
import { startLive } from '../../helpers/redis-live.js'
import { freePort } from '../../helpers/free-port.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { bareHttp } from '../../helpers/servers.js'

const isInstalled = spawnSync('nginx', ['-v']).status === 0
const missing = 'no nginx on this machine; install it with: sudo apt-get install nginx'

/** The configuration in docs/redis.md, with these ports. */
async function configuration(folder: string, port: number, upstreams: readonly number[]): Promise<string> {
  const docs = await readFile(join(__dirname, '../../../docs/redis.md'), 'utf8')
  const [, shown = ''] = /```nginx\n(.*?)```/s.exec(docs) ?? []
  const ports = [...upstreams]
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  )
  const http = shown
    .replace(/127\.0\.0\.1:300\d/g, () => `127.0.0.1:${ports.shift()}`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
  return `daemon off; pid ${folder}/pid; error_log ${folder}/log; events {} http { access_log off; ${paths.join(' ')} ${http} }`
}

async function startNginx(upstreams: readonly number[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sse-nginx-'))
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  await writeFile(file, await configuration(folder, port, upstreams))
  const nginx = spawn('nginx', ['-p', folder, '-e', `${folder}/log`, '-c', file], { stdio: 'ignore' })
  afterTest(async () => {
    const exit = once(nginx, 'exit')
    nginx.kill('SIGQUIT')
    nginx.kill('SIGTERM')
    await exit
    await rm(folder, { recursive: true, force: true })
  })
  for (let attempt = 0; attempt < 500; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isOpen) return port
    await sleep(20)
  }
  throw new Error(await readFile(join(folder, 'log'), 'utf8'))
}

const suite = isInstalled || process.env.CI === 'true' ? describeWithRedis : describe.skip

suite(`nginx as configured in docs/redis.md${isInstalled ? '' : ` (skipped: ${missing})`}`, () => {
  it('spreads clients over processes, and clients of a stopped one resume at another', async () => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const servers = [await startLive({ url: redis.url }), await startLive({ url: redis.url })]
    servers.push(await startLive({ url: redis.url }))
    const port = await startNginx(servers.map((server) => server.port))
    const streams = []
    for (let i = 0; i < 6; i++) streams.push(await openStream({ kind: bareHttp, port }, { path: '/a' }))
    const counts = servers.map(({ live }) => live.registry.stats().connections)
    expect(counts).toEqual([2, 2, 2])
    const publish = (data: string) => servers[2]!.live.channel('a').publish({ data })
    await publish('1')
    for (const stream of streams) await stream.waitForData('1')
    await servers[0]!.close()
    await publish('2')
    const headers = { 'last-event-id': streams[0]!.appEvents[0]!.id! }
    const resumed = await Promise.all(
      Array.from({ length: 6 }, () => openStream({ kind: bareHttp, port }, { path: '/a', headers })),
    )
    for (const stream of resumed) {
      await stream.waitForData('2')
      expect([stream.status, stream.data]).toEqual([200, ['2']])
    }
  })
})
