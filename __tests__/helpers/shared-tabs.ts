/**
 * Tabs of one browser that share a stream, and the server that they read: it counts up in a channel, and counts its own
 * connections. Each tab writes down what it gets.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { buildSync } from 'esbuild'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { sse, type Connection } from '../../src/index.js'

/** What one tab got: numbers, and the reasons of gaps. */
export interface TabLog {
  readonly entries: (number | string)[]
  /** The longest time without an event, in ms. */
  readonly longestSilence: number
  readonly role: 'leader' | 'follower'
  readonly state: string
}

export type Strike = 'close' | 'crash' | 'hang'

/** ms for which a tab hangs: longer than the others wait for it. */
export const HANG = 3000

export interface SharedTabsOptions {
  /** ms between two events. */
  every: number
  keepAlive: number
}

const client = buildSync({
  entryPoints: ['src/client/shared/single-file.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
}).outputFiles[0]?.text

const page = (keepAlive: number) => `<!doctype html><title>shared</title><script type="module">
  import { SharedEventStream } from '/client.js'
  const stream = new SharedEventStream('/stream', { scope: 'user-1', keepAlive: ${keepAlive} })
  const log = { stream, entries: [], longestSilence: 0 }
  let last
  stream.addEventListener('count', ({ data }) => {
    const now = performance.now()
    log.longestSilence = Math.max(log.longestSilence, now - (last ?? now))
    last = now
    log.entries.push(Number(data))
  })
  stream.addEventListener('gap', ({ detail }) => log.entries.push(detail.reason))
  window.log = log
</script>`

export class SharedTabs {
  readonly #live
  readonly #server: Server
  readonly #context: BrowserContext
  readonly #sockets = new Set<Socket>()
  readonly #timer: ReturnType<typeof setInterval>
  /** The number of the newest event. */
  count = 0
  /** The most streams that were open at once. */
  mostStreams = 0
  tabs: Page[] = []

  private constructor(server: Server, context: BrowserContext, { every, keepAlive }: SharedTabsOptions) {
    this.#server = server
    this.#context = context
    this.#live = sse({ keepAlive, retry: 100 })
    server.on('connection', (socket: Socket) => this.#sockets.add(socket))
    server.on('request', (req: IncomingMessage, res: ServerResponse) => this.#handle(req, res, keepAlive))
    this.#timer = setInterval(() => {
      void this.#live.channel('count').publish({ event: 'count', data: String(++this.count) })
    }, every)
  }

  static async start(browser: Browser, options: SharedTabsOptions): Promise<SharedTabs> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new SharedTabs(server, await browser.newContext(), options)
  }

  get streams(): number {
    return this.#live.registry.stats().connections
  }

  /** Opens a tab, and waits for its first event. */
  async open(): Promise<Page> {
    const tab = await this.#context.newPage()
    await tab.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`)
    await tab.waitForFunction(() => (globalThis as unknown as { log?: TabLog }).log?.entries.some(Number))
    this.tabs.push(tab)
    return tab
  }

  log(tab: Page): Promise<TabLog> {
    return tab.evaluate(() => {
      const { log } = globalThis as unknown as { log: TabLog & { stream: { role: 'leader'; state: { name: string } } } }
      const { entries, longestSilence, stream } = log
      return { entries, longestSilence, role: stream.role, state: stream.state.name }
    })
  }

  async forgetSilence(tab: Page): Promise<void> {
    await tab.evaluate(() => void Object.assign((globalThis as unknown as { log: TabLog }).log, { longestSilence: 0 }))
  }

  /** The tab that holds the connection; waits until one does. */
  async leader(): Promise<Page> {
    for (;;) {
      const roles = await Promise.all(this.tabs.map(async (tab) => (await this.log(tab)).role))
      const leader = this.tabs[roles.indexOf('leader')]
      if (leader) return leader
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Takes a tab out of the game, as a user, a fault of the page, or a crash does. A tab that hangs comes back. */
  async strike(tab: Page, how: Strike): Promise<void> {
    this.tabs = this.tabs.filter((other) => other !== tab)
    if (how === 'close') await tab.close()
    else if (how === 'crash') void tab.goto('chrome://crash').catch(() => {})
    else {
      await tab.evaluate((ms) => {
        setTimeout(() => {
          const end = Date.now() + ms
          while (Date.now() < end);
        })
      }, HANG)
    }
  }

  /** Waits until all tabs have a newer event than the newest at this moment. */
  async goOn(tabs = this.tabs): Promise<void> {
    const last = this.count
    await Promise.all(
      tabs.map((tab) =>
        tab.waitForFunction((n) => Number((globalThis as unknown as { log: TabLog }).log.entries.at(-1)) > n, last),
      ),
    )
  }

  /** Stops counting, waits until every tab has the newest event, and returns what each got. */
  async settle(): Promise<TabLog[]> {
    clearInterval(this.#timer)
    const isThere = (last: number) => (globalThis as unknown as { log: TabLog }).log.entries.includes(last)
    await Promise.all(this.tabs.map((tab) => tab.waitForFunction(isThere, this.count)))
    return Promise.all(this.tabs.map((tab) => this.log(tab)))
  }

  /** Waits until only the leader's connection is open. */
  async hasOneStream(): Promise<boolean> {
    while (this.streams !== 1) await new Promise((resolve) => setTimeout(resolve, 20))
    return true
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#context.close()
    await this.#live.close()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #handle(req: IncomingMessage, res: ServerResponse, keepAlive: number): void {
    if (req.url === '/client.js') res.setHeader('Content-Type', 'text/javascript').end(client)
    else if (req.url !== '/stream') res.setHeader('Content-Type', 'text/html').end(page(keepAlive))
    else {
      this.#live(req, res, () => {
        ;(res as typeof res & { sse?: Connection }).sse?.subscribe('count')
        this.mostStreams = Math.max(this.mostStreams, this.streams)
      })
    }
  }
}

/** What is wrong with what a tab got: every number follows the one before, or a gap stands between. */
export function complaints({ entries }: TabLog): string[] {
  return entries.flatMap((entry, i) => {
    const before = entries[i - 1]
    if (typeof entry === 'string' || typeof before !== 'number') return []
    return entry === before + 1 ? [] : [`${entry} after ${before}`]
  })
}
