// A server that does what a test says, request by request, and an EventStream to talk to it. Both are closed after each test.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EventStream, type EventStreamOptions, type StreamState } from '../../src/client/index.js'

type Named<Name> = Extract<StreamState, { name: Name }>

/** An EventStream, whatever its events. */
type Stated = EventTarget & { readonly state: StreamState }

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** One request that has come, and the answer to it. */
export class Exchange {
  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
  ) {}

  get lastEventId(): string | undefined {
    const raw = this.request.headers['last-event-id']
    return typeof raw === 'string' ? Buffer.from(raw, 'latin1').toString('utf8') : undefined
  }

  /** Begins an event stream, with `retry: 1` so that a test does not wait. */
  stream(text = '', headers: Record<string, string> = {}): this {
    this.response.writeHead(200, { 'Content-Type': 'text/event-stream', ...headers })
    this.response.flushHeaders()
    return this.write(`retry: 1\n${text}`)
  }

  write(text: string | Uint8Array): this {
    this.response.write(text)
    return this
  }

  end(text = ''): this {
    this.response.end(text)
    return this
  }

  answer(status: number, headers: Record<string, string> = {}): this {
    this.response.writeHead(status, headers).end()
    return this
  }

  /** Cuts the connection, as a crash does. */
  cut(): this {
    this.response.destroy()
    return this
  }

  /** Settles when the client has let go of the connection. */
  async gone(): Promise<void> {
    if (!this.response.closed) await once(this.response, 'close')
  }
}

export class ScriptedServer {
  readonly #waiting: ((exchange: Exchange) => void)[] = []
  readonly #arrived: Exchange[] = []
  /** How many requests have come. */
  requests = 0
  readonly url: string

  constructor(readonly server: Server) {
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    server.on('request', (request, response) => {
      this.requests++
      const exchange = new Exchange(request, response)
      const waiting = this.#waiting.shift()
      if (waiting) waiting(exchange)
      else this.#arrived.push(exchange)
    })
  }

  /** The next request, which may have come already. */
  next(): Promise<Exchange> {
    const exchange = this.#arrived.shift()
    if (exchange) return Promise.resolve(exchange)
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

export async function startServer(): Promise<ScriptedServer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return new ScriptedServer(server)
}

export function openStream<Events extends object>(
  url: string | URL,
  options?: EventStreamOptions,
): EventStream<Events> {
  const stream = new EventStream<Events>(url, options)
  closers.push(() => stream.close())
  return stream
}

/** The next event of a type. */
export function nextEvent<T extends Event = MessageEvent>(stream: EventTarget, type = 'message'): Promise<T> {
  return new Promise((resolve) => stream.addEventListener(type, (event) => resolve(event as T), { once: true }))
}

/** Settles with the state once it is the named one. */
export function reached<Name extends StreamState['name']>(stream: Stated, name: Name): Promise<Named<Name>> {
  return new Promise((resolve) => {
    const look = () => {
      if (stream.state.name !== name) return
      stream.removeEventListener('statechange', look)
      resolve(stream.state as Named<Name>)
    }
    stream.addEventListener('statechange', look)
    look()
  })
}

/** The names of all states from now on. */
export function statesOf(stream: Stated): string[] {
  const names: string[] = [stream.state.name]
  stream.addEventListener('statechange', () => names.push(stream.state.name))
  return names
}

/** Every wait of the back-off is its shortest, so that no test takes time. */
export function withoutWaiting(): void {
  jest.spyOn(Math, 'random').mockReturnValue(0)
}

afterEach(() => jest.restoreAllMocks())
