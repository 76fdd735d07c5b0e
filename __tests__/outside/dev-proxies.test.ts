import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { EventStream, type Gap, type Reason } from '../../src/client/index.js'
import type { DevProxy } from '../helpers/dev-proxies.js'
import { freePort } from '../helpers/free-port.js'
import { StandardClient } from '../helpers/standard-client.js'
import { until } from '../helpers/until.js'

const all = [
  'Vite',
  'Vite, cured',
  'http-proxy-middleware 3',
  'http-proxy-middleware 3, cured',
  'http-proxy-middleware 4',
] as const
const frozen = ['Vite', 'http-proxy-middleware 3'] as const
const others = all.filter((name) => !frozen.some((one) => one === name))

/** Every process is started once for all tests: each takes a second. */
const children: ChildProcess[] = []
const clients: Clients[] = []
let app: App
let proxies: Record<DevProxy, string>

beforeAll(async () => {
  app = new App(await freePort())
  const child = start('dev-proxies.ts', { TARGET: `http://127.0.0.1:${app.port}` })
  const [[addresses]] = (await Promise.all([once(child, 'message'), app.start()])) as [[typeof proxies], unknown]
  proxies = addresses
})
afterEach(() => clients.splice(0).forEach((both) => both.close()))
afterAll(() => children.forEach((child) => child.kill('SIGKILL')))

it('a proxy passes the end of the streams that an app closes at SIGTERM', async () => {
  const connected = await Promise.all(all.map((name) => Clients.connect(proxies[name])))
  await app.restart('SIGTERM')
  for (const both of connected) {
    await both.areBack()
    expect(both.reasons[0]).toBe('ended')
    expect(both.gaps).toEqual([{ channels: ['news'], reason: 'restarted', complete: true }])
  }
})

it('after SIGKILL, the documented line ends the streams, as http-proxy-middleware 4 does', async () => {
  const connected = await Promise.all(others.map((name) => Clients.connect(proxies[name])))
  await app.restart('SIGKILL')
  for (const both of connected) {
    await both.areBack()
    // Which of the two: Node's fetch takes the cut of a response with `Connection: close` for its end.
    expect(['failed', 'ended']).toContain(both.reasons[0])
    expect(both.gaps).toEqual([{ channels: ['news'], reason: 'restarted', complete: true }])
  }
})

it('after SIGKILL, Vite and http-proxy-middleware 3 keep the streams open until silence', async () => {
  const connected = await Promise.all(frozen.map((name) => Clients.connect(proxies[name])))
  const hasty = await Promise.all(frozen.map((name) => Clients.connect(proxies[name], 400)))
  await app.restart('SIGKILL')
  for (const [index, both] of connected.entries()) {
    // A proxy handles its sockets in order. Once it has answered twice, it has seen that the old app is dead.
    for (let i = 0; i < 2; i++) expect(await ask(`${proxies[frozen[index] ?? 'Vite']}/pid`)).toBe(app.pid)
    expect(both.reasons).toEqual([])
    expect(both.stream.readyState).toBe(EventStream.OPEN)
    expect(both.standard.waits).toEqual([])
  }
  for (const { gaps, reasons } of hasty) {
    await until(() => gaps.length > 0)
    expect(reasons[0]).toBe('silent')
  }
})

class App {
  #process: ChildProcess | undefined

  constructor(readonly port: number) {}

  get pid(): number | undefined {
    return this.#process?.pid
  }

  async start(): Promise<void> {
    this.#process = start('dev-app.ts', { PORT: String(this.port) })
    await once(this.#process, 'message')
  }

  async restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const ended = this.#process && once(this.#process, 'exit')
    this.#process?.kill(signal)
    await ended
    await this.start()
  }
}

/** A client of each kind on the same stream. */
class Clients {
  readonly reasons: Reason['code'][] = []
  readonly gaps: Gap[] = []
  readonly stream: EventStream
  /** Does what a browser's EventSource does. */
  readonly standard: StandardClient

  /** By default, the silence of a frozen stream is noticed long after the test. */
  static async connect(address: string, keepAlive = 15_000): Promise<Clients> {
    const both = new Clients(address, keepAlive)
    clients.push(both)
    const { standard, stream } = both
    await until(() => standard.isReady && stream.state.name === 'open' && stream.state.resumed !== undefined)
    return both
  }

  private constructor(address: string, keepAlive: number) {
    this.stream = new EventStream(`${address}/stream`, { keepAlive })
    this.stream.addEventListener('gap', ({ detail }) => this.gaps.push(detail))
    this.stream.addEventListener('error', ({ detail }) => this.reasons.push(detail.code))
    this.standard = new StandardClient(Number(new URL(address).port), '/api/stream')
  }

  /** `EventStream` has a stream of the new process, and the other client has noticed the end. */
  async areBack(): Promise<void> {
    await until(() => this.gaps.length > 0 && this.standard.waits.length > 0)
  }

  close(): void {
    this.stream.close()
    this.standard.close()
  }
}

function start(file: string, environment: Record<string, string>): ChildProcess {
  const path = join(__dirname, '../helpers', file)
  const child = fork(path, { execArgv: ['--import', 'tsx'], env: { ...process.env, ...environment } })
  children.push(child)
  return child
}

async function ask(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}
