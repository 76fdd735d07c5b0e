/**
 * Three server processes, a `redis-server` and many clients, while processes are killed, stopped and replaced, Redis is
 * restarted with its data, and clients are cut off. At the end every client must have got every event of its channels once
 * and in order, or a gap that covers what is missing.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildSync } from 'esbuild'
import { RedisServer } from '../../__tests__/helpers/redis-server.js'
import { Client } from './client.js'
import { isGap, judge, type Truth } from './judge.js'
import { Random } from './random.js'
import { ServerProcess } from './server-process.js'

export interface ChaosOptions {
  seed: number
  /** How long things go wrong. */
  seconds: number
  clients?: number
  /** Folder of the package. */
  root: string
  /** Is told how much of the time has passed, from 0 to 1, and what was done. */
  onProgress?: (share: number, done: Readonly<Record<string, number>>) => void
}

export interface ChaosReport {
  readonly complaints: string[]
  readonly done: Record<string, number>
}

const CHANNELS = ['a', 'b', 'c']
const SERVERS = 3
const STREAM = 'chaos'

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const folder = await mkdtemp(join(tmpdir(), 'sse-chaos-'))
  const file = join(folder, 'server.cjs')
  const entry = join(options.root, 'scripts/chaos/server.ts')
  const tsconfig = join(options.root, 'tsconfig.json')
  buildSync({ entryPoints: [entry], outfile: file, bundle: true, platform: 'node', tsconfig, logLevel: 'error' })
  const redis = await RedisServer.start()
  const world = new World(options, redis, file)
  try {
    return await world.run()
  } finally {
    await world.close()
    await redis.close()
    await rm(folder, { recursive: true, force: true })
  }
}

class World {
  readonly #options: ChaosOptions
  readonly #random: Random
  readonly #redis: RedisServer
  readonly #file: string
  readonly #complaints: string[] = []
  readonly #done: Record<string, number> = {}
  readonly #servers: ServerProcess[] = []
  #clients: Client[] = []
  /** Data of the events that a server has confirmed. */
  readonly #confirmed: string[] = []
  #isPublishing = true

  constructor(options: ChaosOptions, redis: RedisServer, file: string) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#redis = redis
    this.#file = file
  }

  async run(): Promise<ChaosReport> {
    await Promise.all(Array.from({ length: SERVERS }, () => this.#start()))
    this.#clients = Array.from({ length: this.#options.clients ?? 200 }, () => this.#createClient())
    for (const client of this.#clients) client.connect()
    await until(() => this.#clients.every(({ since }) => since !== undefined), 'every client has begun')
    const publishing = this.#publish()
    await this.#disturb()
    this.#isPublishing = false
    await publishing
    await this.#judge()
    return { complaints: this.#complaints, done: this.#done }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await Promise.all(this.#servers.map((server) => server.kill()))
  }

  async #start(): Promise<void> {
    const args = [this.#redis.url, STREAM]
    this.#servers.push(await ServerProcess.start(this.#file, args, (complaint) => this.#complaints.push(complaint)))
  }

  #createClient(): Client {
    const channels = this.#random.shuffle(CHANNELS).slice(0, 1 + Math.floor(this.#random.next() * CHANNELS.length))
    return new Client(channels, () => this.#random.pick(this.#servers)?.port)
  }

  /** Publishes numbered events, each when the one before has been answered or given up, through any server. */
  async #publish(): Promise<void> {
    for (let number = 1; this.#isPublishing; number++) {
      const server = this.#servers.filter(({ isStopped }) => !isStopped).at(number % SERVERS) ?? this.#servers[0]
      const url = `http://127.0.0.1:${server?.port}/?channel=${CHANNELS[number % 3]}&data=${number}`
      const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(1000) }).catch(() => undefined)
      if (answer?.ok === true) this.#confirmed.push(String(number))
      this.#count(answer?.ok === true ? 'events published' : 'publishes without an answer')
      await sleep(5)
    }
  }

  async #disturb(): Promise<void> {
    const actions = [() => this.#killOne(), () => this.#stopOne(), () => this.#restartRedis(), () => this.#cutMany()]
    const { seconds, onProgress } = this.#options
    const deadline = performance.now() + seconds * 1000
    // Each kind once, in an order of chance, and then as chance will have it.
    const first = this.#random.shuffle(actions)
    while (performance.now() < deadline || first.length > 0) {
      await (first.shift() ?? this.#random.pick(actions))?.()
      await sleep(this.#random.between(100, 500))
      onProgress?.(1 - Math.max(0, deadline - performance.now()) / (seconds * 1000), this.#done)
    }
  }

  async #killOne(): Promise<void> {
    this.#count('servers killed and replaced')
    const [server] = this.#servers.splice(Math.floor(this.#random.next() * this.#servers.length), 1)
    await server?.kill()
    await this.#start()
  }

  async #stopOne(): Promise<void> {
    this.#count('servers stopped and continued')
    const server = this.#random.pick(this.#servers)
    server?.stop()
    await sleep(this.#random.between(200, 1500))
    server?.continue()
  }

  async #restartRedis(): Promise<void> {
    this.#count('restarts of Redis')
    await this.#redis.stop()
    await sleep(this.#random.between(0, 300))
    await this.#redis.run()
  }

  async #cutMany(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      for (const client of this.#clients) {
        if (this.#random.next() > 0.3) continue
        this.#count('clients cut off')
        client.cut()
      }
      await sleep(this.#random.between(20, 100))
    }
  }

  async #judge(): Promise<void> {
    // A publish that was given up may still be on its way; it is no part of what was promised.
    const stream = await settled(() => this.#readStream())
    const published = new Set(stream.map(({ data }) => data))
    const lost = this.#confirmed.filter((data) => !published.has(data))
    if (lost.length > 0) this.#complaints.push(`confirmed, and not in the stream: ${lost.join(' ')}`)
    const lastOf = (client: Client) => stream.findLast(({ channel }) => client.channels.includes(channel))?.data
    const isDone = (client: Client) => client.received.includes(lastOf(client) ?? '')
    await until(() => this.#clients.every(isDone), 'every client has the last event').catch((error: unknown) => {
      this.#complaints.push(String(error))
    })
    this.#clients.forEach((client, i) => {
      this.#complaints.push(...judge(client, stream).map((complaint) => `client ${i}: ${complaint}`))
      this.#count('gaps', client.received.filter(isGap).length)
      this.#count('resumes', client.resumes)
      this.#count('events received', client.received.length)
    })
  }

  async #readStream(): Promise<Truth[]> {
    const entries = (await this.#redis.command('XRANGE', `{${STREAM}}:events`, '-', '+')) as [string, string[]][]
    // Names and values alternate: `c` is the channel, `b` the body.
    const field = (fields: string[], name: string) => fields.find((_, i) => i % 2 === 1 && fields[i - 1] === name) ?? ''
    return entries.map(([id, fields]) => ({
      id: id
        .split('-')
        .map((part) => Number(part).toString(36))
        .join('-'),
      channel: field(fields, 'c'),
      data: field(fields, 'b').replace(/^data: |\n$/g, ''),
    }))
  }

  #count(what: string, by = 1): void {
    this.#done[what] = (this.#done[what] ?? 0) + by
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (condition()) return
    await sleep(20)
  }
  throw new Error(`waited in vain until ${what}`)
}

/** Reads until nothing has been added for a while. */
async function settled<T>(read: () => Promise<T[]>): Promise<T[]> {
  for (let items = await read(); ;) {
    await sleep(1000)
    const again = await read()
    if (again.length === items.length) return again
    items = again
  }
}
