// Every client gets every kind of event intact.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSync } from 'esbuild'
import { EventSource as NpmEventSource } from 'eventsource'
import { createParser } from 'eventsource-parser'
import { EventSource as UndiciEventSource } from 'undici'
import { EventStream } from '../../../src/client/index.js'
import { sse, type Connection } from '../../../src/index.js'
import { describeWithChromium } from '../../helpers/chromium.js'

type Received = [type: string, data: string][]

const big = 'é'.repeat(512 * 1024)
const sent: Received = [
  ['message', 'unnamed'],
  ['named', '{"home":1}'],
  ['message', 'two\nlines\n\nand more\n'],
  ['named', ' a leading space and a colon: '],
  ['message', '👩‍🚀⚽ é 日本 \u2028'],
  ['named', ''],
  ['message', big],
  ['last', 'x'],
]

/** A server with all events in its history. */
async function startServer(): Promise<{ server: Server; url: string; close: () => Promise<void> }> {
  const live = sse({ registry: { history: { bytes: 16 * 1024 * 1024 } } })
  for (const [type, data] of sent) {
    await live.channel('c').publish(type === 'message' ? { data } : { event: type, data })
  }
  const server = createServer((req, res) => {
    live(req, res, () => {
      const { sse: connection } = res as typeof res & { sse?: Connection }
      if (connection) connection.subscribe('c', { from: 'start' })
      else if (req.url === '/clients.js') res.setHeader('Content-Type', 'text/javascript').end(clients)
      else res.setHeader('Content-Type', 'text/html').end('<!doctype html>')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => {
    await live.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close }
}

/** What an EventSource receives up to the last event. */
function receive(source: EventTarget & { close(): void }): Promise<Received> {
  const received: Received = []
  return new Promise((resolve) => {
    for (const type of ['message', 'named', 'last']) {
      source.addEventListener(type, (event) => {
        received.push([type, (event as MessageEvent<string>).data])
        if (type !== 'last') return
        source.close()
        resolve(received)
      })
    }
  })
}

let url = ''
let close: () => Promise<void>

beforeAll(async () => ({ url, close } = await startServer()))
afterAll(() => close())

describe('in Node', () => {
  it.each([
    ['EventStream', () => new EventStream(url)],
    ['npm eventsource', () => new NpmEventSource(url)],
    ['undici’s EventSource', () => new UndiciEventSource(url) as unknown as EventStream],
  ])('every kind of event reaches %s', async (_, create) => {
    expect(await receive(create())).toEqual(sent)
  })
})

const curl = ['/usr/bin/curl', '/usr/local/bin/curl'].find((path) => existsSync(path))
const describeWithCurl = curl || process.env.CI === 'true' ? describe : describe.skip

describeWithCurl(
  curl ? 'curl' : 'curl (skipped: not on this machine; install it with: sudo apt-get install curl)',
  () => {
    it('gets every kind of event', async () => {
      const child = spawn(curl ?? 'curl', ['-sN', '-H', 'Accept: text/event-stream', url], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const received: Received = []
      const parser = createParser({
        onEvent: ({ event = 'message', data }) => {
          if (!event.startsWith('sse-')) received.push([event, data])
          if (event === 'last') child.kill()
        },
      })
      child.stdout.setEncoding('utf8').on('data', (text: string) => parser.feed(text))
      await once(child, 'close')
      expect(received).toEqual(sent)
    })
  },
)

/** The clients for browsers, bundled as one global. */
const clients = buildSync({
  stdin: {
    contents: `
      export { EventStream } from './src/client/index.ts'
      export { EventSourcePolyfill } from 'event-source-polyfill'
      export { fetchEventSource } from '@microsoft/fetch-event-source'`,
    resolveDir: process.cwd(),
  },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'clients',
}).outputFiles[0]?.text

interface Clients {
  fetchEventSource: (url: string, options: object) => Promise<void>
}

describeWithChromium('in Chromium', (browser) => {
  it.each(['EventSource', 'EventStream', 'EventSourcePolyfill'] as const)(
    'every kind of event reaches %s',
    async (name) => {
      const page = await browser().newPage()
      await page.goto(url)
      await page.addScriptTag({ url: '/clients.js' })
      // In one call, so that no event comes before its listener.
      const source = name === 'EventSource' ? 'EventSource' : `clients.${name}`
      expect(await page.evaluate(`(${receive.toString()})(new ${source}('/'))`)).toEqual(sent)
      await page.close()
    },
  )

  it('every kind of event reaches fetch-event-source', async () => {
    const page = await browser().newPage()
    await page.goto(url)
    await page.addScriptTag({ url: '/clients.js' })
    const received = await page.evaluate(async () => {
      const { fetchEventSource } = (globalThis as unknown as { clients: Clients }).clients
      const received: [string, string][] = []
      const over = new AbortController()
      await fetchEventSource('/', {
        signal: over.signal,
        onmessage: ({ event, data }: { event: string; data: string }) => {
          received.push([event || 'message', data])
          if (event === 'last') over.abort()
        },
      })
      return received
    })
    expect(received.filter(([type]) => !type.startsWith('sse-'))).toEqual(sent)
    await page.close()
  })
})
