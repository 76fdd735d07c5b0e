// The server for client-behaviour.ts: a route per behaviour, the page and the program that run the checks, and a place to
// leave the findings. It counts the tries of each key, so that the first can go wrong and the second right.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { sse, type Connection } from '../../src/index.js'
import { STREAM_OPEN } from '../../src/wire/format.js'
import { formatId } from '../../src/log/position.js'
import type { Finding } from './client-behaviour.js'

type Route = (request: IncomingMessage, response: ServerResponse, attempt: number) => unknown

const last = 'event: last\ndata:\n\n'

function stream(response: ServerResponse, text = ''): ServerResponse {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
  response.write(`retry: 1\n${text}`)
  return response
}

function event(ms: number, data: string): string {
  return `data: ${data}\nid: ${formatId({ ms, seq: 0 }, 'epoch00')}\n\n`
}

async function writeByByte(response: ServerResponse, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    response.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
}

const routes: Record<string, Route> = {
  bytes: (_, response) =>
    writeByByte(
      stream(response),
      ':\ndata: plain\n\nevent: named\nid: 1\ndata: two\r\ndata: lines\r\n\r\n' +
        'data: 👩‍🚀⚽ é\r\rdata\n\nid: 2\n\ndata: after an ID alone\n\n' +
        last,
    ),
  large: (_, response) => stream(response, `data: ${'x'.repeat(1024 * 1024)}\n\n`),
  endless: (_, response) => {
    stream(response, 'data: ')
    const more = () => response.destroyed || response.write('x'.repeat(10_000), () => setImmediate(more))
    more()
  },
  duplicates: (_, response, attempt) => {
    if (attempt === 1) stream(response, STREAM_OPEN + event(5, 'a') + event(5, 'a') + event(3, 'older')).end()
    else stream(response, STREAM_OPEN + event(5, 'a') + event(6, 'b') + last)
  },
  foreign: (_, response) => stream(response, event(5, 'a') + event(5, 'a') + last),
  echo: async (request, response, attempt) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const { authorization } = request.headers
    if (attempt === 1) response.writeHead(503).end()
    else stream(response, `data: ${JSON.stringify({ method: request.method, authorization, body })}\n\n`)
  },
  'last-event-id': (request, response, attempt) => {
    const id = Buffer.from(String(request.headers['last-event-id']), 'latin1').toString('utf8')
    if (attempt === 1) stream(response, 'id: Tor ⚽ é\ndata: x\n\n').end()
    else stream(response, `event: echo\ndata: ${id}\n\n`)
  },
  redirect: (request, response) =>
    response.writeHead(307, { Location: `/large${new URL(request.url!, 'http://h').search}` }).end(),
  failing: (_, response, attempt) => {
    const status = [500, 502, 503, 408, 429][attempt - 1]
    if (status) response.writeHead(status).end()
    else stream(response, `data: ${attempt - 1} failures\n\n`)
  },
  cut: (_, response, attempt) => {
    if (attempt === 1) stream(response, 'data: whole\n\ndata: half')
    else stream(response, `data: new\n\n${last}`)
  },
  'no-answer': (_, response, attempt) => attempt > 1 && stream(response, 'data: answered\n\n'),
  silent: (_, response, attempt) => stream(response, attempt > 1 ? 'data: again\n\n' : ''),
  'status-204': (_, response) => response.writeHead(204).end(),
  'status-404': (_, response) => response.writeHead(404).end(),
  html: (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>not a stream</p>'),
  'two-types': (_, response) => {
    response.writeHead(200, ['Content-Type', 'text/event-stream', 'Content-Type', 'text/html']).end('data: x\n\n')
  },
  finished: (_, response) => {
    stream(
      response,
      `${STREAM_OPEN}event: sse-end\ndata: {}\nid: ${formatId({ ms: 5, seq: 0 }, 'epoch00')}-end\n\n`,
    ).end()
  },
  ended: (_, response) => stream(response, 'data: x\n\n').end(),
  held: (_, response) => stream(response, 'data: x\n\n'),
}

/** The checks as one file that runs anywhere: given the server's address they run and leave their findings there. */
function program(): string {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `
        import { runBehaviour } from './client-behaviour.ts'
        const { Deno, process, location } = globalThis
        const base = Deno?.args[0] ?? process?.argv[2] ?? location.origin
        runBehaviour(base)
          .catch((error) => [{ name: 'the checks run', problem: String(error) }])
          .then((findings) => fetch(base + '/findings', { method: 'POST', body: JSON.stringify(findings) }))`,
      resolveDir: join(__dirname),
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return outputFiles[0]!.text
}

export class BehaviourServer {
  readonly program = program()
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #attempts = new Map<string, number>()
  readonly #responses = new Map<string, ServerResponse>()
  /** Counts up in a channel, from the first stream on. Compressed, because that is harder for a client. */
  readonly #live = sse({ keepAlive: 1000, retry: 1, compress: true })
  #counting: ReturnType<typeof setInterval> | undefined
  #found: (findings: Finding[]) => void = () => {}

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The findings of whoever runs the program next. */
  findings(): Promise<Finding[]> {
    return new Promise((resolve) => (this.#found = resolve))
  }

  async close(): Promise<void> {
    clearInterval(this.#counting)
    await this.#live.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const key = searchParams.get('key') ?? ''
    const route = routes[pathname.slice(1)]
    if (route) {
      const attempt = (this.#attempts.get(key) ?? 0) + 1
      this.#attempts.set(key, attempt)
      this.#responses.set(key, response)
      await route(request, response, attempt)
    } else if (pathname === '/count') {
      this.#live(request, response, () => this.#count(response))
    } else if (pathname === '/released') {
      const held = this.#responses.get(key)
      if (held && !held.closed) await once(held, 'close')
      response.end('released')
    } else if (pathname === '/cut-now') {
      this.#responses.get(key)?.destroy()
      response.end()
    } else if (pathname === '/findings') {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      response.end()
      this.#found(JSON.parse(body) as Finding[])
    } else if (pathname === '/program.js') {
      response.setHeader('Content-Type', 'text/javascript').end(this.program)
    } else {
      response
        .setHeader('Content-Type', 'text/html')
        .end('<!doctype html><script type="module" src="/program.js"></script>')
    }
  }

  #count(response: ServerResponse & { sse?: Connection }): void {
    let count = 0
    response.sse?.subscribe('count')
    this.#counting ??= setInterval(() => void this.#live.channel('count').publish({ data: String(++count) }), 10)
  }
}
