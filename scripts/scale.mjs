// Prints the tables of docs/scale.md: what a number of connections and events costs, by the constants that
// bench/redis measured. `node scripts/scale.mjs [results.json]`
import { readFileSync } from 'node:fs'

const file = process.argv[2] ?? new URL('../bench/redis/results.json', import.meta.url)
const { fanOut, idle, readers, mirror, throughput } = JSON.parse(readFileSync(file, 'utf8'))

/** The share of a core that is planned for: the rest is for bursts, garbage collection and neighbours. */
const LOAD = 0.5
/** Connections for each process: what one can accept anew within some seconds, when it takes over from another. */
const CONNECTIONS = 20_000
/** Bytes of an event on the way from Redis to a process. */
const BYTES = 180

const constants = {
  delivery: fanOut.cpuPerDelivery,
  keepAlive: idle.cpuPercent / 100 / idle.clients,
  connection: idle.rssPerConnection,
}

/** On a line through two measured points, never below what the lower one says for its own rate. */
function line([x1, y1], [x2, y2], x) {
  return x < x1 ? (y1 * x) / x1 : y1 + ((y2 - y1) * (x - x1)) / (x2 - x1)
}

const measured = (processes, rate) => readers.find((run) => run.processes === processes && run.rate === rate)
const [SLOW, FAST] = [200, 5000]

/** Share of a core that a process takes to read so many events a second; events that come together are read together. */
function reading(published) {
  const at = (rate) => [rate, (rate * measured(6, rate).readerCpuPerEvent) / 1e6]
  return line(at(SLOW), at(FAST), published)
}

/** Share of a core that Redis takes for so many publishes a second, read by so many processes. */
function redisShare(published, processes) {
  const at = (rate) => {
    const [two, six] = [measured(2, rate), measured(6, rate)].map((run) => run.redisCpuPerPublish)
    return [rate, (rate * (two + ((six - two) / 4) * (processes - 2))) / 1e6]
  }
  return line(at(SLOW), at(FAST), published)
}

/** What it takes to deliver `rate` events a second to each connection, of `published` a second in all. */
function cost({ connections, rate, published }) {
  const serving = (connections * rate * constants.delivery) / 1e6 + connections * constants.keepAlive
  const forServing = serving / Math.max(0.05, LOAD - reading(published))
  const processes = Math.ceil(Math.max(forServing, connections / CONNECTIONS))
  const redis = redisShare(published, processes)
  return {
    processes,
    coresBusy: serving + processes * reading(published),
    gigabytes: (connections * constants.connection + processes * 64 * 2 ** 20) / 1e9,
    redisCores: redis,
    redisMegabits: (published * processes * BYTES * 8) / 1e6,
    registries: Math.max(1, Math.ceil(redis / LOAD)),
  }
}

const number = (value) => value.toLocaleString('en-GB', { maximumSignificantDigits: value < 10 ? 2 : 3 })
const row = (cells) => `| ${cells.join(' | ')} |`

console.log(row(['constant', 'value']))
console.log(row(['---', '---']))
console.log(row(['CPU of a process for each event delivered', `${number(constants.delivery)} µs`]))
for (const rate of [SLOW, FAST]) {
  const [two, six] = [measured(2, rate), measured(6, rate)]
  const each = (six.redisCpuPerPublish - two.redisCpuPerPublish) / 4
  console.log(row([`CPU of a process for each event read, at ${rate}/s`, `${number(six.readerCpuPerEvent)} µs`]))
  console.log(row([`CPU of Redis for each publish, at ${rate}/s`, `${number(two.redisCpuPerPublish - 2 * each)} µs`]))
  console.log(row([`and for each process that reads it`, `${number(each)} µs`]))
}
console.log(row(['CPU of a process for each connection, idle', `${number(constants.keepAlive * 1e6)} µs/s`]))
console.log(row(['memory of a process for each connection', `${number(constants.connection / 1000)} KB`]))
console.log(row(['memory of a process for each event of its copy of the log', `${mirror.heapPerEvent} bytes`]))
console.log(
  row([
    'CPU of Redis for each publish, at full speed through one process',
    `${number(throughput.redisCpuPerPublish)} µs`,
  ]),
)
console.log()

const columns = [
  'connections',
  'events/s each',
  'published/s',
  'processes',
  'cores busy',
  'memory',
  'Redis',
  'out of Redis',
]
console.log(row([...columns, 'registries on servers of their own']))
console.log(row([...columns, ''].map(() => '---:')))
for (const connections of [10_000, 1_000_000, 10_000_000]) {
  for (const [rate, published] of [
    [0.1, 10],
    [1, 100],
    [1, 1000],
    [10, 1000],
  ]) {
    const { processes, coresBusy, gigabytes, redisCores, redisMegabits, registries } = cost({
      connections,
      rate,
      published,
    })
    const needs = [
      number(processes),
      number(coresBusy),
      `${number(gigabytes)} GB`,
      `${number(redisCores * 100)} % of a core`,
    ]
    console.log(
      row([number(connections), rate, number(published), ...needs, `${number(redisMegabits)} Mbit/s`, registries]),
    )
  }
}
