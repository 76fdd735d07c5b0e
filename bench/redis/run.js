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
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    clients: { type: 'string', default: '500' },
  },
})
const seconds = Number(values.seconds)
const clients = Number(values.clients)
const only = values.only?.split(',')

/** Processes and rates at which the cost of reading is measured; scripts/scale.mjs draws lines through them. */
const READERS = [
  [1, 200],
  [2, 200],
  [6, 200],
  [2, 5000],
  [6, 5000],
]

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
  const before = [await server.call('cpu'), await redisCpu()]
  const published = await server.call('flood', { seconds, outstanding: 1000, keys })
  const after = [await server.call('cpu'), await redisCpu()]
  await server.stop()
  return {
    perSecond: Math.round(published / seconds),
    processCpuPerPublish: round((after[0] - before[0]) / published),
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
  const before = [await from.call('cpu'), await to.call('cpu'), await redisCpu()]
  const sent = await from.call('paced', { rate, seconds })
  const { received, p50, p99 } = await crowd.call('received', sent * clients)
  const after = [await from.call('cpu'), await to.call('cpu'), await redisCpu()]
  await Promise.all([from.stop(), to.stop(), crowd.stop()])
  return {
    lost: sent * clients - received,
    p50: round(p50),
    p99: round(p99),
    cpuPerDelivery: round((after[1] - before[1]) / received),
    cpuPerPublish: round((after[0] - before[0]) / sent),
    redisCpuPerPublish: round((after[2] - before[2]) / sent),
  }
}

/** What one more process that reads costs Redis and costs itself, at a rate of publishing. */
async function readers(count, rate) {
  const stream = `readers-${streams++}`
  const servers = []
  for (let i = 0; i < count; i++) servers.push(await start('server-ours.js', url, stream))
  await servers[0].call('paced', { rate, seconds: 1 })
  const before = [await servers.at(-1).call('cpu'), await redisCpu()]
  const sent = await servers[0].call('paced', { rate, seconds })
  const after = [await servers.at(-1).call('cpu'), await redisCpu()]
  await Promise.all(servers.map((server) => server.stop()))
  return {
    processes: count,
    rate,
    redisCpuPerPublish: round((after[1] - before[1]) / sent),
    ...(count > 1 && { readerCpuPerEvent: round((after[0] - before[0]) / sent) }),
  }
}

/** Share of a core that a process takes whose connections get nothing but keep-alives, and its memory. */
async function idle(clients) {
  const server = await start('server-ours.js', url, `idle-${streams++}`)
  const crowd = await start('crowd.js')
  const port = await server.call('listen')
  const empty = await server.call('memory')
  await crowd.call('connect', { kind: 'ours', clients, port })
  await sleep(2000)
  const full = await server.call('memory')
  const before = [await server.call('cpu'), await redisCpu()]
  await sleep(20_000)
  const after = [await server.call('cpu'), await redisCpu()]
  await Promise.all([server.stop(), crowd.stop()])
  return {
    clients,
    cpuPercent: round((after[0] - before[0]) / 200_000),
    redisCpuPercent: round((after[1] - before[1]) / 200_000),
    rssPerConnection: Math.round((full.rss - empty.rss) / clients),
  }
}

/** Memory of a process that mirrors so many events, and of Redis that holds them. */
async function mirror(events) {
  const stream = `mirror-${streams++}`
  const publisher = await start('server-ours.js', url, stream)
  const empty = await publisher.call('memory')
  await publisher.call('fill', events)
  const full = await publisher.call('memory')
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
  const measurements = {
    throughput: () => throughput(),
    throughputKeyed: () => throughput(1000),
    latencyAt1000: () => twoProcesses('ours', { rate: 1000, clients: 1 }),
    latencyAt1000SocketIo: () => twoProcesses('socketio', { rate: 1000, clients: 1 }),
    fanOut: () => twoProcesses('ours', { rate: 50, clients }),
    fanOutSocketIo: () => twoProcesses('socketio', { rate: 50, clients }),
    readers: async () => {
      const runs = []
      for (const [processes, rate] of READERS) runs.push(await readers(processes, rate))
      return runs
    },
    idle: () => idle(5000),
    mirror: () => mirror(100_000),
  }
  const results = { machine: `${cpus().length} × ${cpus()[0].model}, Node ${process.version}` }
  for (const [name, measure] of Object.entries(measurements)) {
    if (only === undefined || only.includes(name)) results[name] = await measure()
  }
  console.log(JSON.stringify(results, null, 2))
} finally {
  redis.destroy()
  redisServer.kill()
  await rm(folder, { recursive: true, force: true })
}
