import { get, type ClientRequest } from 'node:http'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Gap {
  readonly gap: readonly string[]
  readonly reason: string
}

/** What a client got, in order: the data of an event, or a gap. */
export type Received = string | Gap

/** A client that comes back with its last event ID, to whichever server it is sent, until it is closed. */
export class Client {
  readonly channels: readonly string[]
  readonly received: Received[] = []
  /** ID with which its first stream began; what was published before is not its affair. */
  since: string | undefined
  resumes = 0
  #lastEventId = ''
  #request: ClientRequest | undefined
  #isClosed = false
  readonly #port: () => number | undefined

  constructor(channels: readonly string[], port: () => number | undefined) {
    this.channels = channels
    this.#port = port
  }

  connect(): void {
    if (this.#isClosed) return
    const port = this.#port()
    if (port === undefined) return this.#later()
    const path = `/?${this.channels.map((channel) => `channel=${channel}`).join('&')}`
    const headers = {
      accept: 'text/event-stream',
      ...(this.#lastEventId === '' ? {} : { 'last-event-id': this.#lastEventId }),
    }
    const request = get({ host: '127.0.0.1', port, path, headers, agent: false })
    this.#request = request
    request.on('error', () => undefined)
    request.on('close', () => this.#later())
    request.on('response', (response) => {
      const parser = createParser({ onEvent: (event) => this.#take(event) })
      response.setEncoding('utf8')
      response.on('data', (text: string) => parser.feed(text))
      response.on('error', () => undefined)
    })
  }

  cut(): void {
    this.#request?.destroy()
  }

  close(): void {
    this.#isClosed = true
    this.cut()
  }

  #later(): void {
    if (!this.#isClosed) setTimeout(() => this.connect(), 20 + Math.random() * 80)
  }

  #take({ id, event, data }: EventSourceMessage): void {
    if (id !== undefined) this.#lastEventId = id
    if (event === 'sse-ready') {
      this.since ??= id
      if ((JSON.parse(data) as { resumed: boolean }).resumed) this.resumes++
    } else if (event === 'sse-gap') {
      const { channels, reason } = JSON.parse(data) as { channels: string[]; reason: string }
      this.received.push({ gap: channels, reason })
    } else {
      this.received.push(data)
    }
  }
}
