/**
 * A small client for tests: one request, whose answer is read as an event stream. It does not reconnect and is not
 * clever; it shows what went over the wire. It is closed when the test has ended.
 *
 * ```ts
 * const stream = await openStream(server, { path: '/games/42', headers: { 'last-event-id': id } })
 * expect(stream.status).toBe(200)
 * const first = await stream.next()                                        // each event once, in order
 * const goal = await stream.waitFor(({ event }) => event === 'goal')      // received already or yet to come
 * expect(stream.data).toEqual(['1', '2'])                                  // of all the app's events so far
 * stream.pause()                                                           // stops reading, so that the server's socket fills up
 * ```
 *
 * Any answer will do: `await stream.ended` and look at `status`, `headers` and `raw`.
 */
import { pipeline, type Readable } from 'node:stream'
import { constants, createGunzip } from 'node:zlib'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { send, type Answer, type Exchange } from '../../src/testing/answer.js'
import { afterTest } from './after-test.js'

/** As much of a test server as is needed to reach it; see servers.ts. */
export interface Target {
  readonly port: number
  readonly kind: { readonly http: '1.1' | '2'; readonly tls: boolean }
}

export interface OpenStreamOptions {
  /** @default '/' */
  path?: string
  /** @default 'GET' */
  method?: string
  /** Beside `Accept: text/event-stream`, which an `accept` here replaces and `accept: undefined` leaves out. */
  headers?: Record<string, string | string[] | undefined>
  /** Request body; no `Content-Type` is added. */
  body?: string
  /** @default the server's own */
  http?: '1.1' | '2'
  /** The address to come from; 127.0.0.0/8 has many. */
  localAddress?: string
}

/** Sends a request and settles when the head of the answer is here, whatever its status. Rejects when none comes. */
export async function openStream(target: Target, options: OpenStreamOptions = {}): Promise<OpenStream> {
  const { path = '/', method = 'GET', body, localAddress } = options
  const url = new URL(`${target.kind.tls ? 'https' : 'http'}://127.0.0.1:${target.port}`)
  const exchange = send(
    { method, url, path, headers: headersOf(options), body, localAddress },
    { http: options.http ?? target.kind.http, verify: false },
  )
  const stream = new OpenStream(await exchange.answer, exchange)
  afterTest(() => stream.close())
  return stream
}

/** How long anything is waited for before the test fails with a list of what has come instead. */
const TIMEOUT = 20_000

export class OpenStream {
  readonly status: number
  readonly headers: Answer['headers']
  /** All events, the package's own included. */
  readonly events: EventSourceMessage[] = []
  readonly comments: string[] = []
  readonly retries: number[] = []
  /** The body so far, as text. */
  raw = ''
  /** `ended` when the server ended the answer as it should, `cut` when the connection broke or was closed here. */
  state: 'open' | 'ended' | 'cut' = 'open'

  readonly #answer: Answer
  readonly #exchange: Exchange
  readonly #waiting = new Set<() => void>()
  #taken = 0

  constructor(answer: Answer, exchange: Exchange) {
    this.#answer = answer
    this.#exchange = exchange
    this.status = answer.status
    this.headers = answer.headers
    this.#read(answer.headers['content-encoding'] === 'gzip' ? gunzip(answer.body) : answer.body)
  }

  /** The events that the app published or sent: all but those whose type starts with `sse-`. */
  get appEvents(): EventSourceMessage[] {
    return this.events.filter(({ event }) => event?.startsWith('sse-') !== true)
  }

  /** The data of the app's events. */
  get data(): string[] {
    return this.appEvents.map(({ data }) => data)
  }

  /** The IDs of the app's events. */
  get ids(): (string | undefined)[] {
    return this.appEvents.map(({ id }) => id)
  }

  /** What a client would reconnect with. */
  get lastEventId(): string {
    return this.events.findLast(({ id }) => id !== undefined)?.id ?? ''
  }

  /** The next event that this has not returned yet. */
  next(): Promise<EventSourceMessage> {
    return this.#wait('another event', () => {
      const event = this.events[this.#taken]
      if (event !== undefined) this.#taken++
      return event
    })
  }

  /** The first event of all, received already or yet to come, of which this is true. */
  waitFor(predicate: (event: EventSourceMessage) => boolean): Promise<EventSourceMessage> {
    return this.#wait(`an event with ${predicate.toString()}`, () => this.events.find(predicate))
  }

  /** The first event with this data. */
  waitForData(data: string): Promise<EventSourceMessage> {
    return this.#wait(`an event with data ${data}`, () => this.events.find((event) => event.data === data))
  }

  /** Settles when the body so far satisfies a condition. */
  async waitForRaw(condition: (raw: string) => boolean): Promise<string> {
    return this.#wait(`text with ${condition.toString()}`, () => (condition(this.raw) ? this.raw : undefined))
  }

  /** Settles when the answer is over, and says how. */
  get ended(): Promise<'ended' | 'cut'> {
    if (this.state !== 'open') return Promise.resolve(this.state)
    return this.#wait('its end', () => (this.state === 'open' ? undefined : this.state))
  }

  /** Stops reading: what the server sends from here on stays in the sockets. */
  pause(): void {
    this.#answer.body.pause()
  }

  resume(): void {
    this.#answer.body.resume()
  }

  /** Reads at least so many bytes more, then stops reading: a client that is slow. */
  async readSome(bytes: number): Promise<void> {
    const enough = this.raw.length + bytes
    this.resume()
    await this.waitForRaw((raw) => raw.length >= enough)
    this.pause()
  }

  /** Breaks the connection off, as a client does that goes away. */
  close(): void {
    this.#exchange.cut()
  }

  #read(body: Readable): void {
    const decoder = new TextDecoder()
    const parser = createParser({
      onEvent: (event) => this.events.push(event),
      onComment: (comment) => this.comments.push(comment),
      onRetry: (retry) => this.retries.push(retry),
    })
    body.on('data', (chunk: Buffer) => {
      const text = decoder.decode(chunk, { stream: true })
      this.raw += text
      parser.feed(text)
      this.#look()
    })
    body.on('error', () => {})
    body.on('end', () => this.#over('ended'))
    body.on('close', () => this.#over('cut'))
  }

  #over(state: 'ended' | 'cut'): void {
    if (this.state === 'open') this.state = state
    this.#look()
  }

  #look(): void {
    for (const look of this.#waiting) look()
  }

  #wait<T>(what: string, find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (value: T | undefined, problem: string) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        if (value !== undefined) {
          resolve(value)
          return
        }
        const got = JSON.stringify(this.events.slice(-5))
        reject(new Error(`${problem} waiting for ${what}; status ${this.status}, last events: ${got}`))
      }
      const look = () => {
        const value = find()
        if (value !== undefined || this.state !== 'open') settle(value, `the stream was ${this.state}`)
      }
      const timer = setTimeout(() => settle(undefined, `${TIMEOUT} ms went by`), TIMEOUT)
      this.#waiting.add(look)
      look()
    })
  }
}

/** What a proxy has compressed; each piece is decompressed as soon as it has come. */
function gunzip(body: Readable): Readable {
  return pipeline(body, createGunzip({ flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH }), () => {})
}

function headersOf({ headers }: OpenStreamOptions): Record<string, string | string[]> {
  const gzip = process.env.TESTS_ACCEPT_GZIP === 'true' ? { 'accept-encoding': 'gzip' } : {}
  const all: OpenStreamOptions['headers'] = { accept: 'text/event-stream', ...gzip, ...headers }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
