/** Plays one scenario: a server of `node:http` with the package in it, its clients, and a judge of what they get. */
import { VirtualClock } from './virtual-clock.js'
import {
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import {
  sse,
  type ChannelMessage,
  type Connection,
  type LogEntry,
  type Message,
  type Position,
  type SseMiddleware,
  type SseRequest,
  type SseResponse,
} from '../../src/index.js'
import { ClientAccount, type ConnectionAccount } from './delivery-judge.js'
import { Ledger, positionOf } from './ledger.js'
import {
  LONGEST_WINDOW,
  type ClientPlan,
  type FilterPlan,
  type MessagePlan,
  type Scenario,
  type Step,
  type SubscribePlan,
} from './model-scenario.js'
import { SyncGunzip } from './chunked-gzip.js'
import { notingStore } from './noting-store.js'
import { EVENT, readItems, SENT, tapResponse, tapSocket, type Item, type Numbered } from './stream-items.js'
import { Wire, type WireOptions } from './wire.js'

/** Whether the streams of all clients are compressed. */
const IS_COMPRESSED = process.env.TESTS_ACCEPT_GZIP === 'true'
/** Turns of the event loop without a byte after which nothing is on its way any more. */
const QUIET = 12
/** Milliseconds that no round takes. */
const LONG = 10_000
/** After these a round has failed for sure. */
const MAX_COMPLAINTS = 100
/** Seconds of turns: far more than any ending takes. */
const MAX_TURNS = 300_000
/** More than all events that filters may publish in one round, so that no round goes on for ever. */
const MAX_FILTER_ACTIONS = 30
/** Of these a filter that throws or closes keeps a client from ever coming through. */
const FILTERED_CONNECTIONS = 4

/** How often each kind of thing happened, so that no kind can stop happening unnoticed. */
export type Coverage = Record<string, number>

export class ModelWorld {
  readonly complaints: string[] = []
  readonly coverage: Coverage = {}
  readonly ledger: Ledger
  readonly clock: VirtualClock
  readonly live: SseMiddleware
  readonly clients: ModelClient[]
  /** Bytes and events on their way count up. */
  activity = 0
  /** No filter acts and nothing breaks any more. */
  isSettling = false
  readonly #server: Server
  readonly #scenario: Scenario
  #messages = 0
  #sent = 0
  #filterActions = 0

  private constructor(scenario: Scenario, clock: VirtualClock) {
    const { bounds, coalesce } = scenario
    const { history, bytes, keys } = bounds
    this.#scenario = scenario
    this.clock = clock
    this.ledger = new Ledger(scenario.bounds, () => this.clock.monotonic)
    const onError = (error: Error) => {
      const isExpected = error.message === FILTER_THREW || (error as { code?: string }).code === 'ERR_SSE_LIMIT'
      if (!isExpected) this.complaints.push(`reported: ${error.stack}`)
    }
    const store = notingStore((position, entry) => this.#appended(position, entry))
    const registry = { history, bytes, keys, coalesce, onError, store }
    const owner = (req: IncomingMessage) => pathOf(req).client
    this.live = sse({ registry, owner, keepAlive: false, stallTimeout: false, retry: false })
    this.#server = createServer((req, res) => this.live(req, res, () => this.#handle(req, res)))
    this.clients = scenario.clients.map((plan, i) => new ModelClient(this, plan, String(i)))
  }

  static play(scenario: Scenario): Promise<ModelWorld> {
    const clock = new VirtualClock()
    return clock.run(async () => {
      const world = new ModelWorld(scenario, clock)
      await world.#play()
      return world
    })
  }

  count(kind: string, times = 1): void {
    this.coverage[kind] = (this.coverage[kind] ?? 0) + times
  }

  accept(wire: Wire): void {
    this.#server.emit('connection', wire.server)
  }

  publish(plan: MessagePlan): void {
    if (this.#scenario.isTicking) this.#pass(1)
    const { channel, ...message } = this.#message(plan)
    this.#checkIds(
      [message],
      this.live
        .channel(channel)
        .publish(message)
        .then((id) => [id]),
    )
  }

  /** All of them have the same time. */
  publishList(plans: readonly MessagePlan[]): void {
    if (this.#scenario.isTicking) this.#pass(1)
    this.count('lists')
    const messages = plans.map((plan) => this.#message(plan))
    this.#checkIds(messages, this.live.registry.publish(messages))
  }

  #message({ channel, key, padding, ...plan }: MessagePlan): ChannelMessage {
    const number = this.#messages++
    const ownId = this.#mayReuseIds || plan.ownId === 'unique' ? plan.ownId : 'none'
    const id = ownId === 'unique' ? `v${number}` : ownId === 'none' ? undefined : ownId
    return {
      channel,
      event: EVENT,
      data: JSON.stringify({ number, padding: 'x'.repeat(padding) }),
      key: key ?? undefined,
      id,
    }
  }

  #checkIds(messages: readonly Message[], published: Promise<string[]>): void {
    void published.then((ids) => {
      for (const [i, { id }] of messages.entries()) {
        const got = ids[i] ?? ''
        if (id === undefined ? positionOf(got) === undefined : got !== id) {
          this.complaints.push(`publish settled with ${got} instead of ${id ?? 'an ID of the package'}`)
        }
      }
    })
  }

  /** Several messages are appended one by one. Filters may see the log in between. */
  #appended({ ms, seq }: Position, entry: LogEntry): void {
    if (entry.kind !== undefined) return
    const { channel, key, id, body } = entry
    if (id !== undefined && this.ledger.timesUsed(id) > 0) this.count('own IDs used again')
    const publication = this.ledger.publish({ channel, key, ownId: id, position: [ms, seq] }, body)
    for (const { account } of this.clients) account.published(publication)
  }

  send(connection: Connection | undefined): void {
    connection?.send({ event: SENT, data: { number: this.#sent++ } })
  }

  /** Whether a filter may still act. */
  takeFilterAction(): boolean {
    return !this.isSettling && this.#filterActions++ < MAX_FILTER_ACTIONS
  }

  async #play(): Promise<void> {
    try {
      for (const step of this.#scenario.steps) {
        if (step.do === 'wait') await this.#wait(step.turns)
        else this.#take(step)
      }
      await this.#settle()
      this.#count()
    } finally {
      await this.#end()
    }
  }

  #take(step: Exclude<Step, { do: 'wait' }>): void {
    switch (step.do) {
      case 'publish':
        for (let i = 0; i < step.times; i++) this.publish(step.message)
        return
      case 'publishList':
        return this.publishList(step.messages)
      case 'forget':
        return this.#forget(step.channel, step.key)
      case 'pass':
        return this.#pass(step.ms)
      case 'jump':
        this.clock.wall += step.ms
        return this.count('clock jumps')
      default:
        return this.clients[step.client]?.take(step)
    }
  }

  #forget(channel: string, key: string): void {
    if (this.ledger.forget(channel, key)) this.count('forgotten keys')
    void this.live.channel(channel).forget(key)
    if (this.live.channel(channel).latest(key) !== undefined) this.complaints.push(`still holds ${key} of ${channel}`)
  }

  #pass(ms: number): void {
    const { history } = this.#scenario.bounds
    if (history !== false && history.age < LONG) this.ledger.mayOverrun = true
    this.clock.pass(ms)
  }

  /** A small log remembers too few evicted IDs to notice every second use. */
  get #mayReuseIds(): boolean {
    return this.#scenario.bounds.bytes > 10_000
  }

  async #wait(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await turn()
  }

  /** Whether events may wait for a timer. */
  get #hasTimers(): boolean {
    const { clients, coalesce } = this.#scenario
    return coalesce !== false || clients.some(({ conflate }) => conflate !== null)
  }

  async #quiet(): Promise<void> {
    for (let quiet = 0, before = this.activity; quiet < QUIET; quiet++) {
      await turn()
      if (quiet === QUIET - 1 && this.#hasTimers) {
        // Timers that were set before end before this one. What they start comes in the next turn.
        await sleep(LONGEST_WINDOW + 1)
        await this.#wait(2)
      }
      if (this.activity !== before) quiet = 0
      before = this.activity
    }
  }

  /** Lets every client read all there is, then all that is published live, then nothing more than that. */
  async #settle(): Promise<void> {
    this.isSettling = true
    for (const client of this.clients) client.flow()
    await this.#quiet()
    for (const client of this.clients) client.connect(FAST)
    await this.#quiet()
    for (const { account } of this.clients) account.settled()
    const channels = new Set(this.clients.flatMap(({ account }) => account.connection?.channels ?? []))
    for (const channel of channels) this.publish({ channel, key: null, padding: 0, ownId: 'none' })
    await this.#quiet()
    for (const { account } of this.clients) account.settled()
    await this.#comeBack()
  }

  /** A client that has read everything and comes back is sent nothing twice. */
  async #comeBack(): Promise<void> {
    const before = this.clients.map(({ account: { connection } }) => ({
      channels: connection?.channels.toSorted().join(),
      read: new Set(connection?.items.map((item) => (item.kind === 'event' ? item.number : undefined))),
    }))
    for (const client of this.clients) client.drop()
    await this.#quiet()
    for (const client of this.clients) client.connect(FAST)
    await this.#quiet()
    for (const [i, { account }] of this.clients.entries()) {
      account.settled()
      const { connection } = account
      if (connection === undefined || connection.id === '' || connection.hasGap) continue
      // It resumes nothing where it reads other channels than before, or puts its ID aside.
      if (!connection.resumesAll || connection.channels.toSorted().join() !== before[i]?.channels) continue
      // What a filter held back before may pass another one.
      const again = connection.items.filter((item) => item.kind === 'event' && before[i]?.read.has(item.number))
      if (again.length === 0) continue
      account.complain(`had read everything, came back with ${connection.id} and got ${JSON.stringify(again)}`)
    }
  }

  #count(): void {
    const { published, gaps, resumes, conflated } = this.live.registry.stats()
    if (published !== this.ledger.count) this.complaints.push(`counts ${published} published of ${this.ledger.count}`)
    for (const [reason, count] of Object.entries(gaps)) this.count(`gaps: ${reason}`, count)
    for (const [outcome, count] of Object.entries(resumes)) this.count(`resumes: ${outcome}`, count)
    this.count('conflated', conflated)
    if (gaps.restarted > 0) this.complaints.push('announced that the log began anew')
  }

  /** Nothing may be left of any connection, nor of channels without a reader that hold nothing. */
  async #end(): Promise<void> {
    const { registry } = this.live
    await this.#within(this.#scenario.ending === 'drain' ? registry.drain({ window: 0 }) : this.live.close())
    const { connections, stalled, bytes, events } = registry.stats()
    if (connections !== 0 || stalled !== 0) this.complaints.push(`has ${connections} connections, ${stalled} stalled`)
    if (bytes > this.#scenario.bounds.bytes && events > 1) this.complaints.push(`holds ${bytes} bytes`)
    if (this.#scenario.ending === 'drain') await this.#age()
    await this.#within(this.live.close())
    this.#server.close()
  }

  /** Nothing else keeps the process alive while it waits: neither wires nor the package's timer do. */
  async #within(ending: Promise<unknown>): Promise<void> {
    const over = new AbortController()
    void ending.finally(() => over.abort())
    for (let turns = 0; !over.signal.aborted && turns < MAX_TURNS; turns++) await turn()
    if (!over.signal.aborted) this.complaints.push(`${this.#scenario.ending} does not settle`)
  }

  async #age(): Promise<void> {
    const { registry } = this.live
    this.count('drains')
    this.clock.pass(400_000)
    await registry.channel('probe').publish({ data: '' })
    const keyed = new Set(this.ledger.publications.filter(({ key }) => key !== undefined).map(({ channel }) => channel))
    const left = registry.names().filter((name) => name !== 'probe' && !keyed.has(name))
    if (left.length > 0) this.complaints.push(`still has the channels ${left.join(', ')}, which hold nothing`)
  }

  #handle(req: IncomingMessage & Partial<SseRequest>, res: ServerResponse & SseResponse): void {
    const { client, connection } = pathOf(req)
    this.clients[Number(client)]?.handle(Number(connection), req.lastEventId ?? '', res)
  }
}

function pathOf({ url = '' }: IncomingMessage) {
  const [, client, connection] = url.split('/')
  return { client, connection }
}

const FILTER_THREW = 'a filter threw'
/** A connection that never keeps its reader waiting. */
const FAST = { wire: { highWaterMark: 100_000_000, isPrompt: true }, allow: null, cutAfter: null }

interface ConnectOptions {
  wire: WireOptions
  allow: number | null
  cutAfter: number | null
}

type ClientStep = Extract<Step, { client: number }>

class ModelClient {
  readonly account: ClientAccount
  readonly #world: ModelWorld
  readonly #plan: ClientPlan
  readonly #name: string
  #connections = 0
  #wire: Wire | undefined
  #request: ClientRequest | undefined
  #connection: Connection | undefined
  /** What the server writes to the newest connection. */
  #onItem: (item: Item, isFull: boolean) => void = () => undefined
  /** By channel: what unsubscribes it, with all that was subscribed in the same call. */
  #unsubscribe = new Map<string, { channels: readonly string[]; run: () => void }>()
  #left = new Set<string>()
  /** Subscribed in this turn, so that the server has not placed them; and those of them that were unsubscribed at once. */
  readonly #unplaced = new Set<string>()
  readonly #neverPlaced = new Set<string>()
  /** What the last connection was subscribed to in the end. */
  #kept: string[] = []

  constructor(world: ModelWorld, plan: ClientPlan, name: string) {
    this.#world = world
    this.#plan = plan
    this.#name = name
    this.account = new ClientAccount(name, world.ledger, (complaint) => world.complaints.push(complaint))
    if (plan.hasForeignId) this.account.lastEventId = 'nobody gave this out'
  }

  take(step: ClientStep): void {
    switch (step.do) {
      case 'connect':
        return this.connect(step)
      case 'drop':
        return this.drop()
      case 'flow':
        return this.flow()
      case 'allow':
        this.account.connection?.stalled()
        return this.#wire?.allow(step.bytes)
      case 'cutAfter':
        return this.#wire?.cutAfter(step.bytes)
      case 'forgetId':
        if (this.#wire !== undefined) return
        this.account.lastEventId = ''
        this.account.lastEvent = undefined
        return
      case 'close':
        this.#world.count('closed by the server')
        return this.#connection?.close()
      case 'disconnect':
        this.#world.count('disconnected')
        return void this.#world.live.registry.disconnect({ owner: this.#name })
      case 'send':
        return this.#world.send(this.#connection)
      case 'comment':
        return void this.#connection?.comment('nothing')
      case 'subscribe':
        return this.#subscribe(this.#connection, this.account.connection, step.call)
      case 'unsubscribe':
        return this.#unsubscribeFrom(step.channel)
    }
  }

  connect({ wire: options, allow, cutAfter }: ConnectOptions): void {
    if (this.#wire !== undefined) return
    const { account } = this
    const isCalm = options.highWaterMark > 1_000_000 && options.isPrompt && allow === null
    const connection = account.connect(!isCalm, this.#plan.conflate !== null)
    const wire = (this.#wire = new Wire(options))
    this.#onItem = (item, isFull) => {
      this.#world.activity++
      connection.wrote(item, isFull)
      // Thrown into what writes, so that a fault that repeats for ever ends.
      if (this.#world.complaints.length > MAX_COMPLAINTS) throw new Error('too many complaints')
    }
    if (!this.#plan.isWrapped) tapSocket(wire.server, this.#onItem, IS_COMPRESSED)
    if (allow !== null) wire.allow(allow)
    if (cutAfter !== null) {
      this.#world.count('cuts')
      wire.cutAfter(cutAfter)
    }
    const id = account.lastEventId === '' ? {} : { 'last-event-id': account.lastEventId }
    const gzip = IS_COMPRESSED ? { 'accept-encoding': 'gzip' } : {}
    const headers = { accept: 'text/event-stream', connection: 'keep-alive', ...gzip, ...id }
    const path = `/${this.#name}/${++this.#connections}`
    this.#request = request({ createConnection: () => wire.client, path, headers })
    this.#request.on('error', () => undefined)
    this.#request.on('response', (response) => this.#read(response, connection))
    this.#request.end()
    wire.client.on('close', () => this.#ended(connection, wire))
    this.#world.accept(wire)
  }

  /** The client goes away at once, with all that is on its way. */
  drop(): void {
    const [wire, { connection }] = [this.#wire, this.account]
    if (wire === undefined || connection === undefined) return
    wire.client.destroy()
    this.#request?.destroy()
    this.#ended(connection, wire)
  }

  flow(): void {
    this.#wire?.allow(Infinity)
  }

  /** What the app's handler does. */
  handle(number: number, lastEventId: string, res: ServerResponse & SseResponse): void {
    const { connection: account } = this.account
    const connection = res.sse
    if (number !== this.#connections || account === undefined || connection === undefined) return
    if (lastEventId !== account.id) this.account.complain(`came with ${account.id}; the server read ${lastEventId}`)
    const onItem = this.#onItem
    if (this.#plan.isWrapped) tapResponse(res, (item) => onItem(item, false), IS_COMPRESSED)
    this.#connection = connection
    this.#unsubscribe.clear()
    this.#left.clear()
    this.#neverPlaced.clear()
    void this.#callAll(connection, account)
  }

  async #callAll(connection: Connection, account: ConnectionAccount): Promise<void> {
    for (const { turns, ...call } of this.#plan.calls) {
      for (let i = 0; i < turns; i++) await turn()
      this.#subscribe(connection, account, call)
    }
    const rest = this.#plan.keepsChannels ? this.#kept : []
    if (rest.length > 0)
      this.#subscribe(connection, account, { channels: rest, from: 'now', resume: true, filter: null })
  }

  #subscribe(connection: Connection | undefined, account: ConnectionAccount | undefined, plan: SubscribePlan): void {
    if (connection === undefined || account === undefined || connection.closed) return
    // Whether the last event ID still counts for these channels is not judged.
    const channels = plan.channels.filter((channel) => !this.#neverPlaced.has(channel))
    const added = channels.filter((channel) => account.period(channel) === undefined)
    if (added.some((channel) => this.#left.has(channel))) this.#world.count('rejoined')
    const rejects = plan.filter?.rejects ?? 0
    const accepts = (n: number) => rejects === 0 || n % rejects !== 0
    account.subscribed({ channels, from: plan.from, resume: plan.resume, accepts })
    const resume = plan.resume ? {} : { resume: false }
    const { conflate } = this.#plan
    const window = conflate === null ? {} : { conflate }
    if (conflate !== null) this.#world.count('update windows')
    const filter = plan.filter && this.#filter(connection, account, plan.filter, accepts)
    const run = connection.subscribe(channels, { from: plan.from, ...resume, ...window, ...(filter && { filter }) })
    for (const channel of added) this.#unsubscribe.set(channel, { channels: added, run })
    this.#watchPlacing(added)
  }

  #watchPlacing(channels: readonly string[]): void {
    for (const channel of channels) this.#unplaced.add(channel)
    setImmediate(() => setImmediate(() => channels.forEach((channel) => this.#unplaced.delete(channel))))
  }

  #filter(connection: Connection, account: ConnectionAccount, plan: FilterPlan, accepts: (n: number) => boolean) {
    return (event: { json(): unknown }): boolean => {
      const { number } = event.json() as Numbered
      const world = this.#world
      world.count('filter calls')
      return account.filtering(number, () => {
        if (plan.action !== null && number % plan.every === 0) this.#act(connection, account, plan.action)
        return accepts(number)
      })
    }
  }

  #act(connection: Connection, account: ConnectionAccount, action: NonNullable<FilterPlan['action']>): void {
    const world = this.#world
    if (this.#connections > FILTERED_CONNECTIONS || !world.takeFilterAction()) return
    world.count(`filters that ${action.do}`)
    switch (action.do) {
      case 'publish':
        world.ledger.mayOverrun = true
        return world.publish(action.message)
      case 'subscribe':
        return this.#subscribe(connection, account, { ...action.call, filter: null })
      case 'unsubscribe':
        return this.#unsubscribeFrom(action.channel)
      case 'send':
        return world.send(connection)
      case 'close':
        return connection.close()
      case 'throw':
        throw new Error(FILTER_THREW)
    }
  }

  #unsubscribeFrom(channel: string): void {
    const subscribed = this.#unsubscribe.get(channel)
    const { connection } = this.account
    if (subscribed === undefined || connection === undefined) return
    this.#world.count('unsubscribed')
    for (const each of subscribed.channels) {
      connection.unsubscribed(each)
      this.#unsubscribe.delete(each)
      this.#left.add(each)
      if (this.#unplaced.has(each)) this.#neverPlaced.add(each)
    }
    subscribed.run()
  }

  #read(response: IncomingMessage, connection: ConnectionAccount): void {
    const read = readItems((item) => {
      this.#world.activity++
      connection.received(item)
    })
    const gunzip = IS_COMPRESSED ? new SyncGunzip() : undefined
    if (gunzip === undefined) response.setEncoding('utf8').on('data', read)
    else response.on('data', (bytes: Buffer) => read(gunzip.push(bytes)))
    response.on('error', () => undefined)
    // The server has ended the stream.
    response.on('end', () => this.drop())
  }

  #ended(connection: ConnectionAccount, wire: Wire): void {
    if (this.#wire !== wire) return
    if (wire.hasStalled) this.#world.count('stalls')
    this.#kept = connection.channels
    connection.ended()
    this.#wire = this.#request = this.#connection = undefined
  }
}
