/**
 * A client that does what the HTML standard asks of an EventSource and no more: it reconnects after the time the server
 * has set, with the last event ID, and any status but 200 stops it for good. Light enough for thousands in one process.
 */
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { createParser } from 'eventsource-parser'

export class StandardClient {
  /** The data of the app's events, and `sse-gap` for each gap announced. */
  readonly seen: string[] = []
  /** When each connection was asked for, as `performance.now()` has it. */
  readonly attempts: number[] = []
  /** How long it was asked to wait after the end of each connection, in ms. */
  readonly waits: number[] = []
  /** Why it does not come back, or why a connection failed before it was answered. */
  readonly failures: string[] = []
  isReady = false
  #lastEventId = ''
  #retry = 3000
  #request: ClientRequest | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(
    readonly port: number,
    readonly path: string,
  ) {
    this.#connect()
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#request?.destroy()
  }

  #connect(): void {
    this.attempts.push(performance.now())
    const resume = this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId }
    const headers = { accept: 'text/event-stream', connection: 'keep-alive', ...resume }
    const { port, path } = this
    const asked = (this.#request = request({ host: '127.0.0.1', port, path, headers, agent: false }))
    asked.on('response', (response) => this.#read(response))
    asked.on('error', (error) => this.#fail(error.message))
    asked.on('close', () => this.#comeBack())
    asked.end()
  }

  #read(response: IncomingMessage): void {
    if (response.statusCode !== 200) {
      this.#fail(`status ${response.statusCode}`)
      return this.close()
    }
    const parser = createParser({
      onEvent: ({ event, data, id }) => {
        if (id !== undefined) this.#lastEventId = id
        if (event === 'sse-ready') this.isReady = true
        else this.seen.push(event === 'sse-gap' ? event : data)
      },
      onRetry: (retry) => (this.#retry = retry),
    })
    response.setEncoding('utf8').on('data', (text: string) => parser.feed(text))
    response.on('error', (error) => this.#fail(error.message))
  }

  #comeBack(): void {
    this.isReady = false
    if (this.#isClosed) return
    this.waits.push(this.#retry)
    this.#timer = setTimeout(() => this.#connect(), this.#retry)
  }

  #fail(reason: string): void {
    if (!this.#isClosed) this.failures.push(reason)
  }
}
