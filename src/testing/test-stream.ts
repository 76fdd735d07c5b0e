/** The stream that a test holds: waits for events, and controls the connection. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { invalid } from '../check.js'
import { Arrivals, isControl } from './arrivals.js'
import type { OpenConnection } from './connecting.js'
import { requireCount, requireDuration, type ReconnectOptions } from './options.js'
import { readBody } from './reading.js'
import type { AnyOf, OfType, ReceivedEvent } from './received-event.js'
import { Waits } from './waits.js'

export interface StreamSource {
  /** Opens a connection that resumes after this ID. */
  connect(lastEventId: string): Promise<OpenConnection>
  /** Closes the server if it was started for the stream. */
  close(): Promise<void>
  readonly timeout: number
  readonly lastEventId: string
}

/**
 * A stream that `openStream()` has opened. Methods that wait reject after `timeout`, and when the stream is over. Their
 * message shows what did arrive. `Events` maps event types to the types of their JSON.
 *
 * The stream has a reading position: `next`, `take` and `waitFor` move it behind the event that they return. Calls at the
 * same time are served in their order.
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { sse } from 'express-sse-channels'
 * import { openStream } from 'express-sse-channels/testing'
 *
 * const live = sse()
 * const app = express().get('/stream', live, (req, res) => res.sse?.subscribe('game'))
 * const stream = await openStream<{ score: { home: number } }>(app, { path: '/stream' })
 * await live.channel('game').publish({ event: 'score', data: { home: 1 } })
 * console.log((await stream.next('score')).json().home)
 * await stream.silence(50)
 *
 * stream.pause() // the server's socket fills up
 * stream.resume()
 * stream.cut()
 * await live.channel('game').publish({ event: 'score', data: { home: 2 } })
 * await stream.reconnect() // with the last event ID
 * const [event] = await stream.take(1)
 * console.log(event?.json().home, stream.status, stream.headers['content-type'])
 * await live.channel('game').publish({ event: 'score', data: { home: 3 } })
 * await stream.waitFor((event) => event.json().home === 3)
 * void live.close()
 * await stream.ended()
 * await stream.close()
 * ```
 */
export class TestStream<Events extends object = object> {
  /** `open`; `ended` when the server has ended the response; `cut` when the connection was dropped or has broken. */
  state: 'open' | 'ended' | 'cut' = 'open'
  /** All that has arrived, as text, with comments and field names. `reconnect` goes on with it. */
  text = ''
  readonly #source: StreamSource
  readonly #arrivals = new Arrivals()
  readonly #waits = new Waits(() => this.state !== 'open')
  #connection: OpenConnection
  #body: Readable
  #lastEventId: string
  #isClosed = false

  /** @internal */
  constructor(source: StreamSource, connection: OpenConnection) {
    this.#source = source
    this.#lastEventId = source.lastEventId
    this.#connection = connection
    this.#body = this.#read(connection)
  }

  /** Status of the response: always 200, since other responses are refused. */
  get status(): number {
    return this.#connection.answer.status
  }

  /** Headers of the response; their names are lower-case. */
  get headers(): IncomingHttpHeaders {
    return this.#connection.answer.headers
  }

  /** The last event ID that has arrived, read or not: what a browser would reconnect with. Empty without one. */
  get lastEventId(): string {
    return this.#lastEventId
  }

  /** All events that have arrived, in order, read or not, with control events. */
  get events(): ReceivedEvent[] {
    return this.#arrivals.events
  }

  /**
   * Reads the next event of a type, or of any type. Events before it are passed over. Control events, such as `sse-ready`
   * and `sse-gap`, are read by their type alone, and have a reading position of their own.
   *
   * @throws Rejects after `timeout`, and when the stream is over
   */
  async next(): Promise<AnyOf<Events>>
  async next<Type extends (keyof Events & string) | (string & {})>(type: Type): Promise<OfType<Events, Type>>
  async next(type?: string): Promise<ReceivedEvent> {
    if (type !== undefined && typeof type !== 'string') throw invalid('stream.next(): pass an event type, or nothing')
    const kind = type !== undefined && isControl(type) ? 'control' : 'app'
    const lacking = type === undefined ? 'no event' : `no event of type ${type}`
    return this.#expect(lacking, () => this.#arrivals.read(kind, (event) => (type ?? event.type) === event.type))
  }

  /**
   * Reads so many of the app's events. Reads none if there are fewer within `timeout`.
   *
   * @throws Rejects after `timeout`, and when the stream is over
   */
  async take(count: number): Promise<AnyOf<Events>[]> {
    requireCount('stream.take()', count)
    return (await this.#expect(`fewer than ${count} events`, () => this.#arrivals.take(count))) as AnyOf<Events>[]
  }

  /**
   * Reads the next of the app's events for which `predicate` returns true. Events before it are passed over.
   *
   * @throws Rejects after `timeout`, when the stream is over, and with what `predicate` throws
   */
  async waitFor(predicate: (event: AnyOf<Events>) => boolean): Promise<AnyOf<Events>> {
    if (typeof predicate !== 'function') throw invalid('stream.waitFor(): pass a function; next() takes a type')
    const matches = predicate as (event: ReceivedEvent) => boolean
    const lacking = `no event for which ${predicate.toString()}`
    return (await this.#expect(lacking, () => this.#arrivals.read('app', matches))) as AnyOf<Events>
  }

  /**
   * Settles if no event of the app arrives within `ms`. Comments and control events may arrive.
   *
   * @throws Rejects if there is an event that was not read, if one arrives, and if the stream is over
   */
  async silence(ms: number): Promise<void> {
    requireDuration('stream.silence()', ms)
    const outcome = await this.#waits.until(() => (this.#arrivals.unread > 0 ? true : undefined), ms)
    if (outcome === 'over') throw this.#error(`silence cannot be shown, because ${this.#whyOver()}`)
    if (outcome !== 'timeout') throw this.#error(`no silence of ${ms} ms`)
  }

  /**
   * Settles when the server has ended the response.
   *
   * @throws Rejects after `timeout`, and when the connection was cut instead
   */
  async ended(): Promise<void> {
    await this.#expect('the response has not ended', () => (this.state === 'ended' ? true : undefined))
  }

  /** Stops reading from the socket, as a client does that is too slow. What the server sends stays in the sockets. */
  pause(): void {
    this.#body.pause()
  }

  /** Goes on reading after `pause()`. */
  resume(): void {
    this.#body.resume()
  }

  /** Drops the connection. What is on its way is lost. */
  cut(): void {
    if (this.state === 'open') this.#finish('cut')
    this.#connection.cut()
  }

  /**
   * Drops the connection, if it is open, and opens another one that resumes after the last event ID. The reading position
   * stays: events that arrived before are read first.
   *
   * @throws Rejects as `openStream()` does, such as with a `RefusedError` for the 204 of a finished stream
   */
  async reconnect({ lastEventId = this.#lastEventId }: ReconnectOptions = {}): Promise<void> {
    this.cut()
    const connection = this.#isClosed ? undefined : await this.#source.connect(lastEventId)
    if (connection === undefined || this.#isClosed) {
      connection?.cut()
      throw new Error('stream.reconnect(): the stream is closed')
    }
    this.#lastEventId = lastEventId
    this.state = 'open'
    this.#connection.cut() // A call at the same time may have opened it.
    this.#connection = connection
    this.#body = this.#read(connection)
  }

  /** Drops the connection, and closes the server if `openStream()` has started it. Settles when both are closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.cut()
    const body = this.#body
    if (!body.closed) await new Promise<void>((resolve) => body.once('close', resolve))
    await this.#source.close()
  }

  /**
   * The same as `close()`.
   *
   * @example
   * ```ts
   * import { openStream } from 'express-sse-channels/testing'
   *
   * await using stream = await openStream('http://127.0.0.1:3000/stream')
   * console.log((await stream.next()).data)
   * ```
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #read(connection: OpenConnection): Readable {
    // A decompressor may go on for a while after the connection was dropped.
    const isCurrent = () => connection === this.#connection && this.state === 'open'
    return readBody(connection.answer, {
      id: (id) => isCurrent() && (this.#lastEventId = id),
      event: (event) => isCurrent() && this.#arrivals.add(event),
      text: (text) => {
        if (!isCurrent()) return
        this.text += text
        this.#waits.serve()
      },
      over: (how) => isCurrent() && this.#finish(how),
    })
  }

  #finish(state: 'ended' | 'cut'): void {
    this.state = state
    this.#waits.serve()
  }

  async #expect<T>(lacking: string, find: () => T | undefined): Promise<T> {
    const { timeout } = this.#source
    const outcome = await this.#waits.until(find, timeout)
    if (outcome === 'over') throw this.#error(`${lacking} before ${this.#whyOver()}`)
    if (outcome === 'timeout') throw this.#error(`${lacking} within ${timeout} ms`)
    return outcome.found
  }

  #whyOver(): string {
    return this.state === 'ended' ? 'the server ended the response' : 'the connection was dropped'
  }

  #error(problem: string): Error {
    const paused = this.#body.isPaused() ? ' The stream is paused.' : ''
    return new Error(`${problem}.${paused} Events so far: ${this.#arrivals.toString()}`)
  }
}
