// `npm --prefix bench/redis run bench`: the figures of the Redis store, as JSON. Needs `redis-server`, and `npm run build`.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from 'redis'
import { start } from './process.js'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, clients: { type: 'string', default: '500' } },
})
const seconds = Number(values.seconds)
const clients = Number(values.clients)

const port = await new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
const folder = await mkdtemp(join(tmpdir(), 'sse-bench-'))
const redisServer = spawn('redis-server', [
  '--port',
  String(port),
  '--dir',
  folder,
  '--save',
  '',
  '--loglevel',
  'warning',
])
const url = `redis://127.0.0.1:${port}`
const redis = createClient({ url })
redis.on('error', () => undefined)
await redis.connect()

let streams = 0
const round = (value, digits = 2) => Number(value.toFixed(digits))

/** CPU of Redis so far, in microseconds. */
async function redisCpu() {
  const info = await redis.info('cpu')
  return (
    1e6 *
    ['used_cpu_sys', 'used_cpu_user'].reduce(
      (sum, name) => sum + Number(new RegExp(`^${name}:(.*)`, 'm').exec(info)[1]),
      0,
    )
  )
}

/** Publishes per second through one process, and what each costs it and Redis. */
async function throughput(keys) {
  const server = await start('server-ours.js', url, `throughput-${streams++}`)
  await server.call('flood', { seconds: 1, outstanding: 1000, keys })
  const before = [await server.call('usage'), await redisCpu()]
  const published = await server.call('flood', { seconds, outstanding: 1000, keys })
  const after = [await server.call('usage'), await redisCpu()]
  await server.stop()
  return {
    perSecond: Math.round(published / seconds),
    processCpuPerPublish: round((after[0].cpu - before[0].cpu) / published),
    redisCpuPerPublish: round((after[1] - before[1]) / published),
  }
}

/** Publishes through one process at a rate, delivers through another to a crowd. */
async function twoProcesses(kind, { rate, clients }) {
  const stream = `two-${streams++}`
  const [from, to] = [await start(`server-${kind}.js`, url, stream), await start(`server-${kind}.js`, url, stream)]
  const crowd = await start('crowd.js')
  await crowd.call('connect', { kind, clients, port: await to.call('listen') })
  await from.call('paced', { rate: Math.min(rate, 100), seconds: 1 })
  await sleep(500)
  await crowd.call('measure')
  const before = [await from.call('usage'), await to.call('usage'), await redisCpu()]
  const sent = await from.call('paced', { rate, seconds })
  const { received, p50, p99 } = await crowd.call('received', sent * clients)
  const after = [await from.call('usage'), await to.call('usage'), await redisCpu()]
  await Promise.all([from.stop(), to.stop(), crowd.stop()])
  return {
    lost: sent * clients - received,
    p50: round(p50),
    p99: round(p99),
    cpuPerDelivery: round((after[1].cpu - before[1].cpu) / received),
    cpuPerPublish: round((after[0].cpu - before[0].cpu) / sent),
    redisCpuPerPublish: round((after[2] - before[2]) / sent),
  }
}

/** Share of a core that a process takes whose connections get nothing but keep-alives, and its memory. */
async function idle(clients) {
  const server = await start('server-ours.js', url, `idle-${streams++}`)
  const crowd = await start('crowd.js')
  const port = await server.call('listen')
  const empty = await server.call('usage')
  await crowd.call('connect', { kind: 'ours', clients, port })
  await sleep(2000)
  const before = [await server.call('usage'), await redisCpu()]
  await sleep(20_000)
  const after = [await server.call('usage'), await redisCpu()]
  await Promise.all([server.stop(), crowd.stop()])
  return {
    clients,
    cpuPercent: round((after[0].cpu - before[0].cpu) / 200_000),
    redisCpuPercent: round((after[1] - before[1]) / 200_000),
    rssPerConnection: Math.round((before[0].rss - empty.rss) / clients),
  }
}

/** Memory of a process that mirrors so many events, and of Redis that holds them. */
async function mirror(events) {
  const stream = `mirror-${streams++}`
  const publisher = await start('server-ours.js', url, stream)
  const empty = await publisher.call('usage')
  await publisher.call('fill', events)
  const full = await publisher.call('usage')
  const started = performance.now()
  const other = await start('server-ours.js', url, stream)
  while ((await other.call('stats')).events < events) await sleep(20)
  const loaded = performance.now() - started
  const bytes = await redis.sendCommand(['MEMORY', 'USAGE', `{${stream}}:events`, 'SAMPLES', '0'])
  await Promise.all([publisher.stop(), other.stop()])
  return {
    events,
    heapPerEvent: Math.round((full.heap - empty.heap) / events),
    rssMiB: Math.round((full.rss - empty.rss) / 2 ** 20),
    redisBytesPerEvent: Math.round(Number(bytes) / events),
    secondsToStartAndLoad: round(loaded / 1000, 1),
  }
}

try {
  const results = {
    machine: `${cpus().length} × ${cpus()[0].model}, Node ${process.version}`,
    throughput: await throughput(),
    throughputKeyed: await throughput(1000),
    latencyAt1000: await twoProcesses('ours', { rate: 1000, clients: 1 }),
    latencyAt1000SocketIo: await twoProcesses('socketio', { rate: 1000, clients: 1 }),
    fanOut: await twoProcesses('ours', { rate: 50, clients }),
    fanOutSocketIo: await twoProcesses('socketio', { rate: 50, clients }),
    idle: await idle(5000),
    mirror: await mirror(100_000),
  }
  console.log(JSON.stringify(results, null, 2))
} finally {
  redis.destroy()
  redisServer.kill()
  await rm(folder, { recursive: true, force: true })
}
