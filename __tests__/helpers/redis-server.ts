/**
 * A real `redis-server` for tests, on a free port and in a folder of its own, which both are gone when the suite has
 * ended. Where it is not installed, the suite is skipped by name; on CI that is a failure instead.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'redis'
import { freePort } from './free-port.js'
import { REDIS_VERSIONS, type RedisVersion } from './redis-clients.js'

const missing = 'no redis-server on this machine; install it with: sudo apt-get install redis-server'
const isInstalled = spawnSync('redis-server', ['--version']).status === 0

/** A `describe` that needs `redis-server`. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (isInstalled || process.env.CI === 'true') describe(name, tests)
  else describe.skip(`${name} (skipped: ${missing})`, tests)
}

/** The same for each version of npm redis. */
export function describeWithEachRedis(name: string, tests: (version: RedisVersion) => void): void {
  for (const version of REDIS_VERSIONS) describeWithRedis(`${name} (${version.version})`, () => tests(version))
}

export class RedisServer {
  readonly port: number
  readonly folder: string
  readonly #args: readonly string[]
  readonly #sentinel: string | undefined
  #process: ChildProcess | undefined

  private constructor(port: number, folder: string, args: readonly string[], sentinel?: string) {
    this.port = port
    this.folder = folder
    this.#args = args
    this.#sentinel = sentinel
  }

  /** Starts a server that keeps its data in an append-only file; `args` are added to its command line. */
  static async start(...args: string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sse-redis-'))
    const server = new RedisServer(await freePort(), folder, args)
    await server.run()
    return server
  }

  /** Starts a Sentinel with a configuration file, which it writes to. */
  static async startSentinel(file: string): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'sse-redis-'))
    const server = new RedisServer(await freePort(), folder, [], file)
    await server.run()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Starts the process, with the data it left behind. */
  async run(...args: string[]): Promise<void> {
    const common = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.folder]
    const durable = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always', '--loglevel', 'warning']
    const command =
      this.#sentinel === undefined
        ? [...common, ...durable, ...this.#args, ...args]
        : [this.#sentinel, '--sentinel', ...common]
    const child = spawn('redis-server', command, { stdio: 'ignore' })
    const failure = once(child, 'error').then(([error]) => Promise.reject(error as Error))
    failure.catch(() => undefined)
    this.#process = child
    await Promise.race([failure, this.#listening()])
  }

  /** Ends the process, by default as a crash does. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child?.exitCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exit
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.run()
  }

  /** Deletes what the process left behind, while it does not run. */
  async forget(): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true, force: true })
  }

  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async close(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Sends one command and returns its reply. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, RESP: 2 })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await client.sendCommand(args)
    } finally {
      client.destroy()
    }
  }

  async #listening(): Promise<void> {
    for (let attempt = 0; attempt < 1000; attempt++) {
      const socket = connect(this.port, '127.0.0.1')
      const isOpen = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'error').then(() => false),
      ]).catch(() => false)
      socket.destroy()
      if (isOpen) return
      await sleep(10)
    }
    throw new Error(`redis-server does not listen on port ${this.port}`)
  }
}
