/** Starts attacked-app.ts, tells it what to do and asks it how it fares. It is ended when the test is over. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { ServerOptions } from 'node:http'
import { join } from 'node:path'
import type { RegistryOptions, RegistryStats, StreamOptions } from '../../src/index.js'
import { afterTest } from './after-test.js'

export interface AppOptions {
  readonly stream?: StreamOptions
  readonly registry?: Pick<RegistryOptions, 'history' | 'bytes'>
  readonly server?: Pick<
    ServerOptions,
    'maxHeaderSize' | 'headersTimeout' | 'connectionsCheckingInterval' | 'keepAliveTimeout'
  >
  /** A Unix socket to listen on as well: it is reached from any network namespace. */
  readonly socketPath?: string
}

/** Events to publish on a channel: their number, their size, and the milliseconds between two. */
export interface Flood {
  readonly channel: string
  readonly count: number
  readonly bytes: number
  readonly every: number
}

export interface Measured {
  readonly rss: number
  readonly descriptors: number
  /** The highest of both since the process settled. */
  readonly peak: number
  readonly mostDescriptors: number
  readonly stats: RegistryStats
  /** Handlers at `/later` that have not answered yet. */
  readonly waiting: number
  /** Of the streams that `drain` drains. */
  readonly leaving: RegistryStats
  /** Errors that nobody caught, and warnings. */
  readonly troubles: readonly string[]
}

export interface Commands {
  publish(flood: Flood): Promise<void>
  /** The same with `send()`, to each connection that came to `/told`. */
  tell(flood: Flood): Promise<void>
  startPublishing(flood: Omit<Flood, 'count'>): Promise<void>
  /** Says how many events the channel has had. */
  stopPublishing(channel: string): Promise<number>
  drain(window: number): Promise<void>
  measure(): Promise<Measured>
  /** Collects garbage first, and says what is left of the heap. */
  settle(): Promise<Measured & { heapUsed: number }>
}

export interface Question {
  readonly id: number
  readonly command: keyof Commands
  readonly argument: unknown
}

export class AttackedServer {
  readonly process: ChildProcess
  readonly socketPath: string | undefined
  port = 0
  /** Of the same channels over HTTP/2 without TLS. */
  http2Port = 0
  #asked = 0
  readonly #waiting = new Map<number, (result: never) => void>()

  /** `launcher` is a command that runs the rest of its line in place of itself, such as `unshare`. */
  static async start(options: AppOptions = {}, launcher: readonly string[] = []): Promise<AttackedServer> {
    const server = new AttackedServer(options, launcher)
    const [ports] = (await once(server.process, 'message')) as [{ port: number; http2Port: number }]
    return Object.assign(server, ports)
  }

  private constructor(options: AppOptions, launcher: readonly string[]) {
    const node = [process.execPath, '--expose-gc', '--import', 'tsx', join(__dirname, 'attacked-app.ts')]
    const [program = '', ...args] = [...launcher, ...node]
    const env = { ...process.env, APP_OPTIONS: JSON.stringify(options) }
    this.socketPath = options.socketPath
    this.process = spawn(program, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    afterTest(() => this.process.kill('SIGKILL'))
    this.process.on('message', ({ id, result }: { id?: number; result?: never }) => {
      if (id !== undefined) this.#waiting.get(id)?.(result as never)
    })
  }

  ask<C extends keyof Commands>(command: C, ...[argument]: Parameters<Commands[C]>): ReturnType<Commands[C]> {
    const id = this.#asked++
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve))
    this.process.send({ id, command, argument } satisfies Question)
    return answer as ReturnType<Commands[C]>
  }

  /** Settles when what it measures satisfies a condition. */
  async until(condition: (measured: Measured) => boolean, timeout = 20_000): Promise<Measured> {
    const deadline = performance.now() + timeout
    for (;;) {
      const measured = await this.ask('measure')
      if (condition(measured)) return measured
      if (performance.now() > deadline) {
        throw new Error(`waited ${timeout} ms in vain until ${condition.toString()}; ${JSON.stringify(measured)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
