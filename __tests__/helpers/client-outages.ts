// The browser's EventSource and EventStream side by side through outages, in Chromium, against the package's own server.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { withPlainChromium } from './chromium.js'

export type Kind = 'EventSource' | 'EventStream'

export interface OutageOptions {
  /** How long each outage lasts, in ms. */
  outage: number
  /** How long a client gets to come back after it, in ms. */
  patience: number
  keepAlive: number
  /** The server's reconnection time, in ms. */
  retry: number
  /** Whose return is waited for. */
  follow: Kind[]
}

/** What one client did. */
export interface Course {
  /** ms from the end of the outage to the first event after it; none if it did not come back. */
  back?: number
  readyState: number
  /** The reasons of the gaps that it was told of. */
  gaps: string[]
  /** Events that were published meanwhile and did not come. */
  missed: number
  twice: number
}

export type Courses = Record<Kind, Course>

/** Settles with the time when the outage was over, if that is not when it settles. */
type Outage = (page: Page, server: OutageServer, options: OutageOptions) => Promise<number | undefined>

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

const asleep = 'asleep for four times `keepAlive`, with a connection that died'
const visit = 'a visit to another page, and back'
/** Those that need a Chromium as users have it. */
const plain = [asleep, visit]

export const outages: Record<string, Outage> = {
  'server killed and started again': async (_, server, { outage }) => {
    await server.kill()
    await pause(outage)
    await server.start()
  },
  '502 from a proxy in between': async (page, server, { outage, patience }) => {
    server.mode = '502'
    server.cut()
    await Promise.all([pause(outage), closed(page, ['EventSource'], patience)])
    server.mode = 'pass'
  },
  'browser offline': async (page, server, { outage }) => {
    await page.context().setOffline(true)
    server.mode = 'silent'
    await pause(outage)
    server.mode = 'pass'
    await page.context().setOffline(false)
  },
  'connection that says nothing any more': async (_, server, { outage }) => {
    server.mode = 'silent'
    await pause(outage)
    server.mode = 'pass'
  },
  'server that accepts and says nothing': async (_, server, { outage }) => {
    server.mode = 'silent'
    server.cut()
    await pause(outage)
    server.mode = 'pass'
  },
  [asleep]: async (page, server, { keepAlive }) => {
    const devtools = await page.context().newCDPSession(page)
    // Chromium freezes hidden pages alone.
    const front = await page.context().newPage()
    await front.bringToFront()
    await page.waitForFunction('document.hidden')
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    server.mode = 'silent'
    await pause(4 * keepAlive)
    server.mode = 'pass'
    const end = Date.now()
    await page.bringToFront()
    return end
  },
  [visit]: async (page, _, { outage }) => {
    await page.goto('about:blank')
    await pause(outage)
    const end = Date.now()
    // The page is restored, so it does not load.
    await page.goBack({ waitUntil: 'commit' })
    return end
  },
  'a token that expired': async (page, server, { patience }) => {
    server.mode = '401'
    server.cut()
    const end = Date.now()
    await closed(page, ['EventSource'], patience)
    return end
  },
  '204, the word for "do not come back"': async (page, server, { outage, patience }) => {
    server.mode = '204'
    server.cut()
    await Promise.all([pause(outage), closed(page, ['EventSource', 'EventStream'], patience)])
    server.mode = 'pass'
  },
}

/** Takes both clients through one outage. */
export async function runOutage(browser: Browser, name: string, options: OutageOptions): Promise<Courses> {
  if (plain.includes(name)) return withPlainChromium((window) => runIn(window, name, options))
  const context = await browser.newContext()
  try {
    return await runIn(context, name, options)
  } finally {
    await context.close()
  }
}

async function runIn(context: BrowserContext, name: string, options: OutageOptions): Promise<Courses> {
  const server = new OutageServer(options)
  try {
    await server.start()
    const page = await context.newPage()
    await page.goto(await server.listen())
    await eventsAfter(page, ['EventSource', 'EventStream'], 0, 10_000)
    const from = Date.now()
    const end = (await outages[name]?.(page, server, options)) ?? Date.now()
    await eventsAfter(page, options.follow, end, options.patience)
    // What was missed comes before what is new, and a little later all of it is there.
    await pause(500)
    return await coursesOf(page, server, from, end)
  } finally {
    await server.close()
  }
}

/** Waits until the clients have an event that was published after a time, or until patience ends. */
async function eventsAfter(page: Page, kinds: Kind[], time: number, patience: number): Promise<void> {
  const have = ({ kinds, time }: { kinds: Kind[]; time: number }) => {
    const { logs } = globalThis as unknown as { logs?: Record<Kind, Log> }
    return logs && kinds.every((kind) => logs[kind].events.some(([published]) => published > time))
  }
  await page.waitForFunction(have, { kinds, time }, { timeout: patience }).catch(() => undefined)
}

/** Waits until the clients have given up, or until patience ends: a slow machine may not let them try within the outage. */
async function closed(page: Page, kinds: Kind[], patience: number): Promise<void> {
  const are = (kinds: Kind[]) => {
    const { logs } = globalThis as unknown as { logs: Record<Kind, Log> }
    return kinds.every((kind) => logs[kind].source.readyState === 2)
  }
  await page.waitForFunction(are, kinds, { timeout: patience }).catch(() => undefined)
}

interface Log {
  source: EventSource
  events: [number, number][]
  gaps: string[]
}

async function coursesOf(page: Page, server: OutageServer, from: number, end: number): Promise<Courses> {
  const logs = await page.evaluate(() => {
    const { logs } = globalThis as unknown as { logs: Record<string, Log> }
    return Object.entries(logs).map(([kind, { source, events, gaps }]) => {
      return { kind, readyState: source.readyState, events, gaps }
    })
  })
  const until = Math.max(...logs.flatMap(({ events }) => events.map(([published]) => published)))
  const published = server.published.filter((time) => time > from && time <= until)
  const courses = logs.map(({ kind, readyState, events, gaps }) => {
    const received = events.map(([time]) => time)
    const first = events.find(([time]) => time > end)
    const missed = published.filter((time) => !received.includes(time)).length
    const twice = received.length - new Set(received).size
    return [kind, { ...(first && { back: first[1] - end }), readyState, gaps, missed, twice }]
  })
  return Object.fromEntries(courses) as Courses
}

/** The server process behind a proxy that can misbehave. */
class OutageServer {
  /** `401`: to requests without a new token. */
  mode: 'pass' | 'silent' | '502' | '204' | '401' = 'pass'
  /** The data of every event there was. */
  readonly published: number[] = []
  readonly #options: OutageOptions
  readonly #proxy = createServer((req, res) => this.#forward(req, res))
  #child: ChildProcess | undefined
  #port = 0

  constructor(options: OutageOptions) {
    this.#options = options
  }

  /** Starts the server process, on the same port as before. */
  async start(): Promise<void> {
    const file = join(process.cwd(), '__tests__/helpers/client-outage-server.ts')
    const args = [this.#port, 100, this.#options.keepAlive, this.#options.retry].map(String)
    this.#child = fork(file, args, { execArgv: ['--import', 'tsx'] })
    this.#child.on('message', (message) => {
      if (typeof message === 'number') this.published.push(message)
      else this.#port = (message as AddressInfo).port
    })
    await once(this.#child, 'message')
  }

  async kill(): Promise<void> {
    if (!this.#child) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
    this.#child = undefined
  }

  async listen(): Promise<string> {
    this.#proxy.listen(0, '127.0.0.1')
    await once(this.#proxy, 'listening')
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}/`
  }

  /** Cuts every connection through the proxy. */
  cut(): void {
    this.#proxy.closeAllConnections()
  }

  async close(): Promise<void> {
    await this.kill()
    this.cut()
    await new Promise((resolve) => this.#proxy.close(resolve))
  }

  #forward(req: IncomingMessage, res: ServerResponse): void {
    if (this.mode === '502' || this.mode === '204') return void res.writeHead(Number(this.mode)).end()
    if (this.mode === 'silent') return
    const { url = '/', headers, method = 'GET' } = req
    if (this.mode === '401' && headers.authorization !== 'new') return void res.writeHead(401).end()
    const upstream = request({ host: '127.0.0.1', port: this.#port, path: url, headers, method }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      let lost = false
      answer.on('data', (chunk: Buffer) => {
        // A connection that lost something is dead for good, as one is whose route is gone.
        lost ||= this.mode === 'silent'
        if (!lost) res.write(chunk)
      })
      answer.on('close', () => lost || res.destroy())
    })
    upstream.on('error', () => res.destroy())
    res.on('close', () => upstream.destroy())
    upstream.end()
  }
}
