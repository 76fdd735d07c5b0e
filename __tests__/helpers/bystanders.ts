/** Well-behaved clients beside hostile ones: what each of them got, and how long after it was published. */
import { request, type ClientRequest } from 'node:http'
import { createParser } from 'eventsource-parser'
import { afterTest } from './after-test.js'
import type { AttackedServer } from './attacked-server.js'
import { until } from './until.js'

const CHANNEL = 'numbers'
const PERIOD = 4

class Bystander {
  /** Numbers of the events, in the order of their coming. */
  readonly numbers: number[] = []
  /** Milliseconds between publishing and getting each. */
  latencies: number[] = []
  /** What a client that is left alone does not meet with. */
  readonly harms: string[] = []
  isReady = false
  readonly #request: ClientRequest

  constructor({ port, socketPath }: AttackedServer) {
    const address = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath }
    const headers = { accept: 'text/event-stream' }
    const asked = (this.#request = request({ ...address, path: `/channels/${CHANNEL}`, headers, agent: false }))
    const parser = createParser({ onEvent: ({ event, data }) => this.#take(event, data) })
    asked.on('response', (response) => {
      if (response.statusCode !== 200) this.harms.push(`status ${response.statusCode}`)
      response.setEncoding('utf8').on('data', (text: string) => parser.feed(text))
      response.on('close', () => this.harms.push('the stream was over'))
    })
    asked.on('error', (error) => this.harms.push(error.message))
    asked.end()
  }

  close(): void {
    this.#request.destroy()
  }

  #take(event: string | undefined, data: string): void {
    if (event === 'sse-ready') this.isReady = true
    else if (event !== undefined) this.harms.push(event)
    else {
      const [number, publishedAt = '0'] = data.split(' ')
      this.numbers.push(Number(number))
      // Both clocks are the machine's, which processes share.
      this.latencies.push(Number(process.hrtime.bigint() - BigInt(publishedAt)) / 1e6)
    }
  }
}

export class Bystanders {
  readonly #all: readonly Bystander[]
  readonly #server: AttackedServer

  private constructor(server: AttackedServer, count: number) {
    this.#server = server
    this.#all = Array.from({ length: count }, () => new Bystander(server))
    afterTest(() => this.#all.forEach((one) => one.close()))
  }

  static async connect(server: AttackedServer, count: number): Promise<Bystanders> {
    const bystanders = new Bystanders(server, count)
    await until(() => bystanders.#all.every(({ isReady, harms }) => isReady || harms.length > 0))
    return bystanders
  }

  /** Publishes to them, at least so many events and for as long as something takes; returns the 99th percentile of their latency. */
  async latencyDuring(something: () => Promise<void>, atLeast: number): Promise<number> {
    for (const one of this.#all) one.latencies = []
    await this.#server.ask('startPublishing', { channel: CHANNEL, bytes: 40, every: PERIOD })
    await something()
    await until(() => this.#all.every(({ latencies, harms }) => latencies.length >= atLeast || harms.length > 0))
    const published = await this.#server.ask('stopPublishing', CHANNEL)
    await until(() => this.#all.every(({ numbers, harms }) => numbers.length >= published || harms.length > 0))
    const latencies = this.#all.flatMap(({ latencies }) => latencies).sort((a, b) => a - b)
    return latencies[Math.ceil(latencies.length * 0.99) - 1] ?? Infinity
  }

  /** Whatever befell any of them: a stream that was over, an event that was missing, came twice or out of order. */
  get harms(): string[] {
    return this.#all.flatMap(({ harms, numbers }) => {
      const wrong = numbers.findIndex((number, i) => number !== i)
      return wrong === -1 ? harms : [...harms, `event ${numbers[wrong]} where ${wrong} was due`]
    })
  }
}
