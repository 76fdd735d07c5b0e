// Ends and cuts of streams, over HTTP/1.1 and HTTP/2, as Chromium and Node see them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, type Http2ServerResponse } from 'node:http2'
import { buildSync } from 'esbuild'
import type { Page } from 'playwright-core'
import { Agent, fetch as fetchHttp2 } from 'undici'
import { EventStream, type EventStreamOptions } from '../../../src/client/index.js'
import { sse } from '../../../src/index.js'
import { afterTest } from '../../helpers/after-test.js'
import { describeWithChromium } from '../../helpers/chromium.js'
import { bareHttp, bareHttp2Tls, startServer, type Response, type ServerKind } from '../../helpers/servers.js'
import { until } from '../../helpers/until.js'

interface End {
  end: (res: Response) => unknown
  code: string
  /** What undici takes it for. Node's HTTP/2 client ends the body of a cancelled stream without an error. */
  inUndici?: string
  only?: ServerKind['http']
}

/** How a response ends, and what a client must take this for. */
const ENDS: Record<string, End> = {
  'finish()': { end: (res) => res.sse?.finish(), code: 'finished' },
  'close()': { end: (res) => res.sse?.close(), code: 'ended' },
  'a cancelled stream': {
    end: (res) => http2Of(res).close(constants.NGHTTP2_CANCEL),
    code: 'failed',
    inUndici: 'ended',
    only: '2',
  },
  'a destroyed session': { end: (res) => http2Of(res).session?.destroy(), code: 'failed', only: '2' },
  'a destroyed response': { end: (res) => res.destroy(), code: 'failed', only: '1.1' },
  'a closed socket': { end: (res) => res.req.socket.end(), code: 'failed', only: '1.1' },
  'a reset socket': { end: (res) => res.req.socket.resetAndDestroy(), code: 'failed', only: '1.1' },
}

const http2Of = (res: Response) => (res as unknown as Http2ServerResponse).stream

const program = buildSync({
  stdin: { contents: `export { EventStream } from './src/client/index.ts'`, resolveDir: process.cwd() },
  bundle: true,
  write: false,
  format: 'iife',
  globalName: 'client',
}).outputFiles[0]!.text

/** A server whose streams end in the named way, and the requests that it gets: method and last event ID. */
async function startEnding(kind: ServerKind) {
  const requests: string[] = []
  const live = sse({ retry: 10 })
  const server = await startServer(
    kind,
    (req, res, next) => {
      if (req.headers.accept?.includes('text/event-stream')) {
        requests.push(`${req.method} ${String(req.headers['last-event-id'] ?? '')}`)
        next()
      } else if (req.url === '/program.js') {
        res.setHeader('Content-Type', 'text/javascript')
        res.end(program)
      } else {
        res.setHeader('Content-Type', 'text/html')
        res.end('<!doctype html>')
      }
    },
    live,
    (req, res) => {
      res.sse?.send({ data: 'x' })
      const name = decodeURIComponent(req.url!.slice(1))
      // Later, so that the client has read the head.
      setTimeout(() => ENDS[name]!.end(res), 50)
    },
  )
  return { server, requests }
}

/** Runs in Node and in browsers. Returns the first reason that the stream gives for its end. */
function firstReason(url: string, Stream: typeof EventStream, options: EventStreamOptions): Promise<string> {
  const stream = new Stream(url, { body: 'question', ...options })
  return new Promise((resolve) => {
    for (const type of ['error', 'close'] as const) {
      stream.addEventListener(type, ({ detail }) => {
        resolve(detail.code)
        stream.close()
      })
    }
  })
}

const kinds = [bareHttp, bareHttp2Tls]
const cases = kinds.flatMap((kind) =>
  Object.entries(ENDS)
    .filter(([, { only = kind.http }]) => only === kind.http)
    .map(([name]) => ({ name, kind, http: kind.http })),
)

describe('EventStream in Node', () => {
  const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } })
  afterAll(() => dispatcher.destroy())
  const overHttp2 = ((url: string, init: object) => fetchHttp2(url, { ...init, dispatcher })) as never

  it.each(cases)('takes $name over HTTP/$http for what it is', async ({ name, kind }) => {
    const { server } = await startEnding(kind)
    const options = kind.tls ? { fetch: overHttp2 } : {}
    const { code, inUndici = code } = ENDS[name]!
    expect(await firstReason(`${server.origin}/${name}`, EventStream, options)).toBe(inUndici)
  })

  it('takes a killed server for a cut', async () => {
    const child = spawn(process.execPath, [
      '--eval',
      `require('node:http').createServer((req, res) => {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: x\\n\\n')
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`,
    ])
    afterTest(() => child.kill('SIGKILL'))
    const [port] = (await once(child.stdout, 'data')) as [Buffer]
    const url = `http://127.0.0.1:${Number(port.toString())}/`
    const read = {
      fetch: (async (...args) => (setTimeout(() => child.kill('SIGKILL'), 100), fetch(...args))) as typeof fetch,
    }
    expect(await firstReason(url, EventStream, read)).toBe('failed')
  })
})

describeWithChromium('in Chromium', (browser) => {
  async function open(kind: ServerKind) {
    const ending = await startEnding(kind)
    const page = await browser().newPage({ ignoreHTTPSErrors: true })
    afterTest(() => page.close())
    await page.goto(ending.server.origin)
    await page.addScriptTag({ url: '/program.js' })
    return { ...ending, page }
  }

  const reason = (page: Page, name: string) =>
    page.evaluate<string>(`(${firstReason.toString()})('/${name}', client.EventStream, {})`)

  it.each(cases)('EventStream takes $name over HTTP/$http for what it is', async ({ name, kind }) => {
    const { page, requests } = await open(kind)
    expect(await reason(page, name)).toBe(ENDS[name]!.code)
    expect(requests).toEqual(['POST '])
  })

  it.each(kinds)('a native EventSource comes back once after finish(), gets 204 and stops on $name', async (kind) => {
    const { page, requests } = await open(kind)
    const statuses: number[] = []
    page.on('response', (response) => void statuses.push(response.status()))
    await page.evaluate("void (globalThis.source = new EventSource('/finish()'))")
    await page.waitForFunction('globalThis.source.readyState === 2')
    const endId = expect.stringMatching(/^GET [0-9a-z-]+-end$/) as unknown
    expect(requests).toEqual(['GET ', endId])
    expect(statuses).toEqual([200, 204])
    // Several times the reconnection time.
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(requests).toHaveLength(2)
  })

  it('a native EventSource reconnects after close()', async () => {
    const { page, requests } = await open(bareHttp)
    await page.evaluate("void (globalThis.source = new EventSource('/close()'))")
    await until(() => requests.length > 2)
  })
})
