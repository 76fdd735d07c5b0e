import { once } from 'node:events'
import {
  createServer,
  get,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { sse, type SseMiddleware, type SseRequest, type SseResponse } from '../../src/index.js'

/** A real server with its registry, the clients that read it, and what was published to it: what delivery is judged by. */

export const CHANNELS = ['a', 'b', 'c'] as const
export type ChannelName = (typeof CHANNELS)[number]

interface Event {
  /** Its place in the order of publishing. */
  number: number
  channel: ChannelName
  key: string | null
}

interface Gap {
  gap: string[]
  /** Whether the latest event of every key comes again. */
  complete: boolean
  /** How many events had been published when the client read of the gap: it cannot cover later ones. */
  upTo: number
}

/** How many events a channel's history holds, and how many bytes it and the whole log hold. */
export interface Bounds {
  events: number
  bytes: number
}

/** More bytes than any scenario publishes. */
const PLENTY = 100_000_000

export class World {
  readonly events: Event[] = []
  readonly clients: Client[] = []
  readonly #live: SseMiddleware
  readonly #server: Server

  readonly #bounds: Bounds

  private constructor(bounds: Bounds) {
    this.#bounds = bounds
    const { events, bytes } = bounds
    this.#live = sse({ registry: { history: { events, bytes }, bytes }, keepAlive: false, retry: false })
    this.#server = createServer((req, res) => this.#live(req, res, () => this.#subscribe(req, res)))
  }

  static async start(bounds: Bounds): Promise<World> {
    const world = new World(bounds)
    await once(world.#server.listen(0, '127.0.0.1'), 'listening')
    return world
  }

  /** Whether the log has room for the latest event of every key; one that has not lets the oldest go. */
  get keepsLatest(): boolean {
    return this.#bounds.bytes >= PLENTY
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get stats() {
    return this.#live.registry.stats()
  }

  publish(channel: ChannelName, key: string | null, padding: number): Promise<string> {
    const event: Event = { number: this.events.length, channel, key }
    this.events.push(event)
    const data = { ...event, padding: 'x'.repeat(padding) }
    return this.#live.channel(channel).publish({ event: 'e', data, ...(key === null ? {} : { key }) })
  }

  /** Lets every client catch up, each over an unbroken connection, and names what is wrong with what they got. */
  async settle(): Promise<string[]> {
    for (const client of this.clients) {
      client.drop()
      await client.connect()
    }
    const sentinels = CHANNELS.map((channel) => ({ channel, number: this.events.length + CHANNELS.indexOf(channel) }))
    for (const channel of CHANNELS) await this.publish(channel, null, 0)
    const arrivals = this.clients.map((client) =>
      client.hasReceived(sentinels.filter(client.reads).map((s) => s.number)),
    )
    await Promise.all(arrivals)
    return this.clients.flatMap((client, i) => client.complaints().map((complaint) => `client ${i}: ${complaint}`))
  }

  /** Whether history may have let an event go by the time a client read of a gap: if not, the gap does not excuse it. */
  hadLetGo(event: Event, { upTo }: Gap): boolean {
    if (event.number >= upTo) return false
    if (this.#bounds.bytes < PLENTY) return true
    const newer = this.events.slice(event.number + 1, upTo).filter(({ channel }) => channel === event.channel)
    return newer.length >= this.#bounds.events
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.drop()
    await this.#live.close()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #subscribe(req: IncomingMessage & Partial<SseRequest>, res: ServerResponse & SseResponse): void {
    const client = this.clients[Number(req.url?.slice(1))]
    // Without an ID the client makes no claim on what was published before this moment.
    if (req.lastEventId === '') client!.since = this.events.length
    for (const group of client!.groups) res.sse?.subscribe(group, { from: client!.from })
  }
}

export class Client {
  readonly received: (Event | Gap)[] = []
  since = Infinity
  #lastEventId = ''
  #request: ClientRequest | undefined
  #response: IncomingMessage | undefined
  #awaited = new Set<number>()
  #settle: () => void = () => {}

  constructor(
    readonly world: World,
    readonly groups: readonly ChannelName[][],
    readonly from: 'latest' | 'now' | 'start',
  ) {
    world.clients.push(this)
  }

  readonly reads = ({ channel }: { channel: ChannelName }): boolean => this.groups.flat().includes(channel)

  /** Connects, resuming after the last event ID; the connection is cut when so many bytes of the stream were read. */
  async connect(cutAfter = Infinity): Promise<void> {
    if (this.#request !== undefined) return
    const id = this.#lastEventId
    const headers = { accept: 'text/event-stream', ...(id === '' ? {} : { 'last-event-id': id }) }
    const path = `/${this.world.clients.indexOf(this)}`
    const request = get({ host: '127.0.0.1', port: this.world.port, path, headers, agent: false })
    this.#request = request
    request.on('error', () => {})
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    this.#read(request, response, cutAfter)
  }

  drop(): void {
    this.#request?.destroy()
    this.#request = this.#response = undefined
  }

  pause(): void {
    this.#response?.pause()
  }

  resume(): void {
    this.#response?.resume()
  }

  /** Settles when the events have arrived, or when it is beyond doubt that they never will. */
  async hasReceived(numbers: number[]): Promise<void> {
    const seen = new Set(this.received.map((entry) => ('number' in entry ? entry.number : undefined)))
    this.#awaited = new Set(numbers.filter((number) => !seen.has(number)))
    if (this.#awaited.size === 0) return
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(resolve, 10_000)
      this.#settle = () => {
        clearTimeout(giveUp)
        resolve()
      }
    })
  }

  complaints(): string[] {
    return [...this.#disorder(), ...this.world.events.filter(this.reads).flatMap((event) => this.#loss(event))]
  }

  #disorder(): string[] {
    const events = this.received.filter((entry) => 'number' in entry)
    let last = -1
    const wrong = this.received.filter((entry): entry is Event => {
      if ('gap' in entry) {
        if (entry.complete) last = -1
        return false
      }
      const isLate = entry.number <= last
      last = entry.number
      return isLate
    })
    const strange = events.filter((event) => !this.reads(event))
    return [
      ...wrong.map((event) => `got event ${event.number} late or twice`),
      ...strange.map((event) => `got event ${event.number} of channel ${event.channel}, which it does not read`),
    ]
  }

  #loss(event: Event): string[] {
    const ofChannel = this.received.filter((entry) =>
      'gap' in entry ? entry.gap.includes(event.channel) : entry.channel === event.channel,
    )
    if (ofChannel.some((entry) => 'number' in entry && entry.number === event.number)) return []
    const isReplaced = ofChannel.some(
      (entry) => 'number' in entry && event.key !== null && entry.key === event.key && entry.number > event.number,
    )
    if (isReplaced) return []
    const isNewest =
      this.world.events.findLast((other) => other.channel === event.channel && other.key === event.key) === event
    if (
      this.world.keepsLatest &&
      event.key !== null &&
      isNewest &&
      (event.number >= this.since || this.from !== 'now')
    ) {
      return [`lost event ${event.number}, the latest of key ${event.key}`]
    }
    if (event.number < this.since || isAnnounced(event, ofChannel, (gap) => this.world.hadLetGo(event, gap))) return []
    return [`lost event ${event.number} of channel ${event.channel} in silence`]
  }

  #read(request: ClientRequest, response: IncomingMessage, cutAfter: number): void {
    const parser = createParser({ onEvent: (message) => this.#receive(message) })
    const decoder = new TextDecoder()
    let bytes = 0
    this.#response = response
    response.on('error', () => {})
    response.on('data', (chunk: Buffer) => {
      if (this.#request !== request) return
      parser.feed(decoder.decode(chunk.subarray(0, cutAfter - bytes), { stream: true }))
      bytes += chunk.length
      if (bytes >= cutAfter) this.drop()
    })
    response.on('close', () => {
      if (this.#request === request) this.drop()
    })
  }

  #receive({ id, event, data }: EventSourceMessage): void {
    if (id !== undefined) this.#lastEventId = id
    if (event === 'sse-gap') {
      const { channels, complete } = JSON.parse(data) as { channels: string[]; complete: boolean }
      this.received.push({ gap: channels, complete, upTo: this.world.events.length })
    }
    if (event !== 'e') return
    const { number, channel, key } = JSON.parse(data) as Event
    this.received.push({ number, channel, key })
    this.#awaited.delete(number)
    if (this.#awaited.size === 0) this.#settle()
  }
}

/**
 * Whether a gap stands where the event is missing: after what came before it, and, since behind a gap keys are healed
 * first, before the first event behind that can only come from history.
 */
function isAnnounced(event: Event, received: readonly (Event | Gap)[], hadLetGo: (gap: Gap) => boolean): boolean {
  return received.some((entry, i) => {
    if (!('gap' in entry) || !hadLetGo(entry)) return false
    const isBefore = received.slice(0, i).every((other) => 'gap' in other || other.number < event.number)
    const history = received.slice(i).find((other) => 'number' in other && other.key === null)
    return isBefore && (history === undefined || 'gap' in history || history.number > event.number)
  })
}
