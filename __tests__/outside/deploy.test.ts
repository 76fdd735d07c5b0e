import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterTest } from '../helpers/after-test.js'
import type { ConnectionEnd, LeaveReport } from '../helpers/deploy-app.js'
import { recordResult } from '../helpers/matrix-results.js'
import { proxies, type Proxy } from '../helpers/proxies.js'
import { findProgram, startProxy } from '../helpers/proxy-process.js'
import { describeWithRedis, RedisServer } from '../helpers/redis-server.js'
import { StandardClient } from '../helpers/standard-client.js'
import { until } from '../helpers/until.js'

const PATIENCE = 60_000
const SLICE = 100

interface App {
  readonly process: ChildProcess
  readonly port: number
}

async function startApp(environment: Record<string, string>): Promise<App> {
  const path = join(__dirname, '../helpers/deploy-app.ts')
  const process_ = fork(path, { execArgv: ['--import', 'tsx'], env: { ...process.env, ...environment } })
  afterTest(() => process_.kill('SIGKILL'))
  const [port] = (await once(process_, 'message')) as [number]
  return { process: process_, port }
}

/** Retries a request at the other process if one cannot be reached, or closes before it has answered. */
const balancingHaproxy = (apps: readonly App[], ...lines: string[]): Proxy => ({
  ...proxies.haproxy,
  files: (place) => ({
    'haproxy.cfg': `defaults
  mode http
  timeout connect 5s
  timeout client 50s
  timeout server 50s
  option http-no-delay
  option redispatch
  retry-on conn-failure empty-response

frontend public
  bind 127.0.0.1:${place.port}
  default_backend apps

backend apps
  balance roundrobin
${lines.map((line) => `  ${line}\n`).join('')}${apps.map(({ port }) => `  server app${port} 127.0.0.1:${port} check inter 200ms\n`).join('')}`,
  }),
})

/** Retries by default. */
const balancingNginx = (apps: readonly App[]): Proxy => ({
  ...proxies.nginx,
  files: (place) => {
    const files = proxies.nginx.files(place)
    const upstream = `http {\n  upstream apps {\n${apps.map(({ port }) => `    server 127.0.0.1:${port};\n`).join('')}  }`
    const config = files['nginx.conf']?.replace('http {', upstream).replace(/proxy_pass .*;/, 'proxy_pass http://apps;')
    return { ...files, 'nginx.conf': config ?? '' }
  },
})

async function startBalancer(proxy: Proxy): Promise<number> {
  const running = await startProxy({ proxy, http: '1.1', lines: [] }, 0)
  afterTest(() => running.stop())
  return running.port
}

async function connectClients(count: number, port: number): Promise<StandardClient[]> {
  const clients: StandardClient[] = []
  afterTest(() => clients.forEach((client) => client.close()))
  while (clients.length < count) {
    for (let i = 0; i < Math.min(100, count); i++)
      clients.push(new StandardClient(port, `/stream?client=${clients.length}`))
    await allReady(clients)
  }
  return clients
}

/** Waits until every client has a stream. No answer may be one that stops a browser. */
async function allReady(clients: readonly StandardClient[]): Promise<void> {
  await until(() => clients.every(({ isReady, failures }) => isReady || failures.length > 0), PATIENCE)
  expect(clients.flatMap(({ failures }) => failures)).toEqual([])
}

/** Ignores failures of a process that was told to stop. */
async function publish({ process, port }: App, number: number): Promise<void> {
  const path = `http://127.0.0.1:${port}/numbers/${number}`
  await fetch(path, { method: 'POST' }).catch((error: unknown) => {
    if (!process.killed) throw error
  })
}

/** Publishes 0, 1, 2 … at these apps until stopped, and then one more. Returns the last number. */
function startPublishing(...apps: App[]): () => Promise<number> {
  let last = -1
  const over = new AbortController()
  afterTest(() => over.abort())
  const publishNext = async () => {
    last++
    for (const app of apps) await publish(app, last)
  }
  const publishing = (async () => {
    while (!over.signal.aborted) {
      await publishNext()
      await delay(200)
    }
  })()
  return async () => {
    over.abort()
    await publishing
    await publishNext()
    return last
  }
}

/**
 * The times at which clients should reconnect: the end of a connection plus its `retry`, in ms on the clock of the stopped
 * process. The real times also depend on the load of this machine.
 */
function askedTimes(clients: readonly StandardClient[], ends: readonly ConnectionEnd[]): number[] {
  const waits = clients.map((client) => [...client.waits])
  return ends.flatMap(({ client, at }) => {
    const wait = waits[Number(client)]?.shift()
    return wait === undefined ? [] : [at + wait]
  })
}

/** The number of times within each 100 ms, beginning with the first time. */
function perSlice(times: readonly number[]): number[] {
  const start = Math.min(...times)
  const counts = Array<number>(Math.ceil((Math.max(...times) - start) / SLICE) + 1).fill(0)
  for (const time of times) counts[Math.floor((time - start) / SLICE)]!++
  return counts
}

/** Numbers that are missing or out of order, without a gap before the next number. */
function lostBy({ seen }: StandardClient, last: number): string[] {
  const lost: string[] = []
  let expected: number | undefined
  for (const item of [...seen, String(last + 1)]) {
    if (item !== 'sse-gap' && expected !== undefined && Number(item) !== expected) lost.push(`${expected}–${item}`)
    expected = item === 'sse-gap' ? undefined : Number(item) + 1
  }
  return lost
}

async function exited({ process }: App): Promise<number | null> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit')
  return process.exitCode
}

describeIfInstalled('a deploy of two processes', () => {
  describeWithRedis('behind haproxy, with a shared log in Redis,', () => {
    it('moves 2,000 clients to the other process over the window, without a lost event', async () => {
      const window = 4000
      const redis = await RedisServer.start()
      afterTest(() => redis.close())
      const environment = { REDIS_URL: redis.url, DRAIN_WINDOW: String(window) }
      const [leaving, staying] = await Promise.all([startApp(environment), startApp(environment)])
      const clients = await connectClients(2000, await startBalancer(balancingHaproxy([leaving, staying])))
      const stopPublishing = startPublishing(staying)

      const start = performance.now()
      const reported = once(leaving.process, 'message') as Promise<[LeaveReport]>
      leaving.process.kill('SIGTERM')
      expect(await exited(leaving)).toBe(0)
      const took = performance.now() - start
      const [{ ends }] = await reported
      await allReady(clients)
      const last = await stopPublishing()
      await until(() => clients.every(({ seen }) => seen.at(-1) === String(last)), PATIENCE)

      const moved = clients.filter(({ attempts }) => attempts.length > 1)
      const asked = askedTimes(clients, ends)
      const slices = perSlice(asked)
      const share = asked.length / (window / SLICE)
      const came = perSlice(moved.flatMap(({ attempts }) => attempts.slice(1)))
      recordResult('deploy', 'redis', {
        took,
        last,
        moved: moved.length,
        reconnects: asked.length,
        share,
        slices,
        came,
      })
      expect(moved.length).toBeGreaterThan(900)
      expect(asked.length).toBeGreaterThanOrEqual(moved.length)
      expect(Math.max(...slices)).toBeLessThanOrEqual(3 * share)
      expect(clients.flatMap(({ seen }) => seen)).not.toContain('sse-gap')
      expect(clients.flatMap((client) => lostBy(client, last))).toEqual([])
    }, 120_000)
  })

  it('behind haproxy, with health checks, sheds no new client', async () => {
    const environment = { DRAIN_WINDOW: '1500', HEALTH_WAIT: '2000' }
    const [leaving, staying] = await Promise.all([startApp(environment), startApp(environment)])
    const port = await startBalancer(balancingHaproxy([leaving, staying], 'option httpchk GET /healthz'))
    await connectClients(100, port)
    const sent = once(leaving.process, 'message') as Promise<[LeaveReport]>
    leaving.process.kill('SIGTERM')
    const exit = exited(leaving)
    const isOver = exit.then(() => true)
    while (!(await Promise.race([isOver, delay(50, false)]))) await connectClients(5, port)
    expect(await exit).toBe(0)
    const [{ stats }] = await sent
    const { shed, closed } = stats
    expect(shed).toBe(0)
    expect(closed.drained).toBeGreaterThan(40)
  }, 60_000)

  it('behind nginx, without a shared log, tells every moved client of a gap', async () => {
    const environment = { DRAIN_WINDOW: '1000' }
    const [leaving, staying] = await Promise.all([startApp(environment), startApp(environment)])
    const clients = await connectClients(200, await startBalancer(balancingNginx([leaving, staying])))
    const stopPublishing = startPublishing(staying, leaving)
    leaving.process.kill('SIGTERM')
    expect(await exited(leaving)).toBe(0)
    await allReady(clients)
    const last = await stopPublishing()
    await until(() => clients.every(({ seen }) => seen.at(-1) === String(last)), PATIENCE)
    const moved = clients.filter(({ attempts }) => attempts.length > 1)
    expect(moved.every(({ seen }) => seen.includes('sse-gap'))).toBe(true)
    expect(clients.flatMap((client) => lostBy(client, last))).toEqual([])
  }, 60_000)
})

function describeIfInstalled(name: string, tests: () => void): void {
  const isInstalled = [proxies.haproxy, proxies.nginx].every((proxy) => findProgram(proxy) !== undefined)
  if (isInstalled || process.env.CI === 'true') return describe(name, tests)
  describe.skip(
    `${name} (skipped: no haproxy or nginx here; install them with: sudo apt-get install haproxy nginx)`,
    tests,
  )
}
