/**
 * Judges what clients get by the promise in the README: at least once, in publish order, within history. What a client
 * does not get was replaced by a newer event of the same key, or is announced by a gap.
 *
 * It is told what was published, what each handler subscribed to, what the server wrote and what the client read. It
 * knows nothing of how the package keeps its log.
 */
import { positionOf, type Ledger, type Publication } from './ledger.js'
import type { Item } from './stream-items.js'

/** An event that a client is still to get. */
interface Debt {
  readonly publication: Publication
  /** Whether a newer event of the same key may stand for it, because the reader was late or had a gap. */
  mayConflate: boolean
  /** Whether it is owed only as the latest event of its key, so that it is not once the key is forgotten. */
  mayForget?: boolean
}

type Debts = Map<number, Debt>

export interface SubscribeCall {
  readonly channels: readonly string[]
  readonly from: 'latest' | 'now' | 'start'
  /** False when the call puts aside the client's last event ID. */
  readonly resume: boolean
  readonly accepts: (number: number) => boolean
}

/** One channel of one connection, from `subscribe` until it is unsubscribed. */
interface Period {
  readonly channel: string
  readonly mode: 'resume' | SubscribeCall['from']
  readonly accepts: (number: number) => boolean
  /** How many events had been published at the call. */
  readonly since: number
  /** How many keys had been forgotten at the call. */
  readonly forgets: number
  /** What the server is still to write. */
  readonly pending: Debts
  /** What was written before the server placed it; undefined as long as it cannot have done so. */
  placedAfter: number | undefined
  /** Whether an ID had been written before, so that the client's ID may be ahead of what this channel has missed. */
  readonly isLate: boolean
  last: number
  hasUnknownGap: boolean
  /** Set by a gap after which the latest event of every key comes again. */
  repeat: Repeat | undefined
}

interface Repeat {
  /** How many events had been published when it began. */
  readonly since: number
  /** The newest event that was written before. */
  readonly upTo: number
}

/** What a gap covers and what comes after it, in one subscription. */
interface GapEffect {
  readonly period: Period
  readonly reason: string
  readonly excused: Publication[]
  readonly healed: Publication[]
}

export class ClientAccount {
  readonly name: string
  readonly ledger: Ledger
  readonly complain: (complaint: string) => void
  lastEventId = ''
  /** The event that the last event ID came with; undefined when it came with a control event, or from nowhere. */
  lastEvent: number | undefined
  connection: ConnectionAccount | undefined
  /** What is still to come, by each channel that the client follows. */
  readonly owed = new Map<string, Debts>()

  constructor(name: string, ledger: Ledger, complain: (complaint: string) => void) {
    this.name = name
    this.ledger = ledger
    this.complain = (complaint) => complain(`client ${name}: ${complaint}`)
  }

  published(publication: Publication): void {
    const { channel, number } = publication
    const { connection } = this
    const period = connection?.period(channel)
    if (period !== undefined && !period.accepts(number)) return
    const mayConflate = connection?.mayConflate ?? false
    period?.pending.set(number, { publication, mayConflate })
    this.owed.get(channel)?.set(number, { publication, mayConflate })
  }

  /** A connection is opened with the last event ID. */
  connect(mayBeLate: boolean, hasWindow: boolean): ConnectionAccount {
    if (this.lastEventId === '') this.owed.clear()
    return (this.connection = new ConnectionAccount(this, mayBeLate, hasWindow))
  }

  /** Told when all that can be read has been read: what is still owed on the open connection is lost. */
  settled(): void {
    const { connection } = this
    for (const [channel, debts] of this.owed) {
      if (connection?.period(channel) === undefined) continue
      for (const debt of debts.values()) {
        if (!this.isCovered(debt)) this.complain(`lost ${show(debt.publication)} in silence`)
      }
    }
    connection?.settled()
  }

  isCovered({ publication, mayConflate, mayForget }: Debt): boolean {
    if (publication.key === undefined) return false
    if (mayForget === true && publication.forgotten !== undefined) return true
    if (this.ledger.forgetsChannels && this.ledger.mayBeForgotten(publication)) return true
    return mayConflate && this.ledger.isReplaced(publication)
  }
}

export class ConnectionAccount {
  readonly client: ClientAccount
  readonly ledger: Ledger
  /** The last event ID that it came with. */
  readonly id: string
  /** Whether the socket may have kept the reader waiting, so that keyed events conflate. */
  mayBeLate: boolean
  /** What the server wrote, and how much of it the client has read. */
  readonly items: Item[] = []
  read = 0
  /** Whether it has an update window, so that keyed events conflate. */
  readonly #hasWindow: boolean
  readonly #event: number | undefined
  readonly #idAt: number
  readonly #periods = new Map<string, Period>()
  readonly #subscribed = new Set<string>()
  /** What a gap covers and what it heals, by the index of its item. */
  readonly #gaps = new Map<number, GapEffect[]>()
  /** By channel that a filter has unsubscribed: the event that the filter was asked about. */
  readonly #leaving = new Map<string, number>()
  /** Events that filters of this connection are asked about at this moment. */
  readonly #filtering: number[] = []
  #hasGap = false
  /** Whether a filter has just subscribed, so that the rest waits for the next pass. */
  #isWaiting = false
  #isReady = false
  /** The newest event that was written. */
  #newest = -1
  #readies = 0
  #events = 0
  #putIdAside = false

  constructor(client: ClientAccount, mayBeLate: boolean, hasWindow: boolean) {
    this.client = client
    this.ledger = client.ledger
    this.id = client.lastEventId
    this.mayBeLate = mayBeLate
    this.#hasWindow = hasWindow
    this.#event = client.lastEvent
    this.#idAt = this.#event ?? this.ledger.numberAt(this.id)
  }

  get mayConflate(): boolean {
    return this.mayBeLate || this.#hasWindow
  }

  get hasGap(): boolean {
    return this.#hasGap
  }

  get isReady(): boolean {
    return this.#isReady
  }

  period(channel: string): Period | undefined {
    return this.#periods.get(channel)
  }

  /** Whether every channel goes on after the last event ID. */
  get resumesAll(): boolean {
    return [...this.#periods.values()].every(({ mode }) => mode === 'resume')
  }

  get channels(): string[] {
    return [...this.#periods.keys()]
  }

  /** How many of the channels' events the client had read by its last event ID; -1 where the ID stands for no one event. */
  get #resumesAfter(): number {
    const id = this.#event === undefined ? undefined : this.ledger.publications[this.#event]?.ownId
    return id !== undefined && this.ledger.timesUsed(id) > 1 ? -1 : this.#idAt
  }

  stalled(): void {
    this.mayBeLate = true
    for (const debts of this.client.owed.values()) for (const debt of debts.values()) debt.mayConflate = true
    for (const { pending } of this.#periods.values()) for (const debt of pending.values()) debt.mayConflate = true
  }

  subscribed({ channels, from, resume, accepts }: SubscribeCall): void {
    if (!resume) this.#putIdAside = true
    if (this.#filtering.length > 0) {
      this.#isWaiting = true
      queueMicrotask(() => (this.#isWaiting = false))
    }
    for (const channel of new Set(channels)) {
      if (this.#periods.has(channel)) continue
      const mode = this.id !== '' && resume && !this.#subscribed.has(channel) ? 'resume' : from
      this.#subscribed.add(channel)
      const isInFilter = this.#filtering.length > 0
      const period: Period = {
        channel,
        mode,
        accepts,
        since: this.ledger.count,
        forgets: this.ledger.forgets,
        pending: this.#debts(channel, mode, accepts),
        placedAfter: isInFilter ? undefined : this.items.length,
        isLate: isInFilter || this.items.some(({ id }) => id !== undefined) || (this.id !== '' && mode !== 'resume'),
        last: -1,
        hasUnknownGap: false,
        repeat: undefined,
      }
      if (isInFilter) queueMicrotask(() => (period.placedAfter = this.items.length))
      this.#periods.set(channel, period)
    }
  }

  unsubscribed(channel: string): void {
    if (!this.#periods.delete(channel)) return
    this.client.owed.delete(channel)
    const event = this.#filtering.at(-1)
    if (event === undefined) return
    this.#leaving.set(channel, event)
    queueMicrotask(() => this.#leaving.delete(channel))
  }

  /** A filter of this connection runs. */
  filtering<T>(number: number, filter: () => T): T {
    this.#filtering.push(number)
    try {
      return filter()
    } finally {
      this.#filtering.pop()
    }
  }

  /** The server has given an item to the socket, which may have asked to wait. */
  wrote(item: Item, isFull: boolean): void {
    // A gap may have filled it in between.
    if (item.kind === 'event' && isFull && this.items.at(-1)?.kind === 'event') {
      this.client.complain(`got event ${item.number} while its socket was full`)
    }
    this.items.push(item)
    if (item.kind === 'sent') this.#wroteSent(item.number)
    if (item.kind === 'event') this.#wroteEvent(item.number, item.id)
    if (item.kind === 'gap') this.#wroteGap(item)
    if (item.kind === 'ready') this.#wroteReady(item.resumed, item.replayed)
    const before = this.items.at(-2)
    // Of several gaps in a row only the last moves the last event ID.
    if (before?.kind === 'gap' && before.id === undefined && item.kind !== 'gap') {
      this.client.complain('got a gap without an ID')
    }
    if (item.kind === 'ready' || (item.kind === 'gap' && item.id !== undefined)) this.#checkControlId(item)
  }

  /** The client has read an item. */
  received(item: Item): void {
    const index = this.read++
    const { client } = this
    const [expected, got] = [this.items[index], item].map((each) => JSON.stringify(each))
    if (expected !== got) client.complain(`read ${got} where the server wrote ${expected}`)
    if (item.id !== undefined) {
      client.lastEventId = item.id
      client.lastEvent = item.kind === 'event' ? item.number : undefined
    }
    if (item.kind === 'event') {
      const channel = this.ledger.publications[item.number]?.channel ?? ''
      client.owed.get(channel)?.delete(item.number)
    }
    if (item.kind === 'gap') this.#receivedGap(index)
  }

  /** The client has nothing more of it. */
  ended(): void {
    const { client } = this
    if (client.connection !== this) return
    client.connection = undefined
    const hasReadId = this.items.slice(0, this.read).some(hasId)
    for (const [channel, debts] of client.owed) {
      const period = this.#periods.get(channel)
      // Its last event ID has moved on while the channel was not read.
      if (period === undefined && hasReadId) client.owed.delete(channel)
      if (!period?.isLate || this.items.slice(period.placedAfter ?? Infinity, this.read).some(hasId)) continue
      for (const number of debts.keys()) if (number < period.since) debts.delete(number)
    }
  }

  /** Told when the server has written all and the client has read all. */
  settled(): void {
    const { client } = this
    if (this.#periods.size === 0) return
    if (!this.#isReady) client.complain('has read everything and is not told that it is ready')
    for (const { pending } of this.#periods.values()) {
      for (const debt of pending.values()) {
        if (!client.isCovered(debt)) client.complain(`was never written ${show(debt.publication)}`)
      }
    }
  }

  /** What a subscription begins with. */
  #debts(channel: string, mode: Period['mode'], accepts: Period['accepts']): Debts {
    const { client, ledger } = this
    if (mode === 'resume') {
      const debts = client.owed.get(channel) ?? new Map<number, Debt>()
      for (const [number, debt] of debts) {
        if (!accepts(number)) debts.delete(number)
        if (this.mayConflate) debt.mayConflate = true
      }
      client.owed.set(channel, debts)
      return new Map(Array.from(debts, ([number, debt]) => [number, { ...debt }]))
    }
    const debts: Debts = new Map()
    if (mode !== 'now') {
      for (const each of ledger.latestBefore(channel, Infinity))
        debts.set(each.number, { publication: each, mayConflate: true, mayForget: true })
    }
    if (mode === 'start') {
      for (const each of ledger.of(channel)) {
        if (!ledger.mayHaveLeft(each, false))
          debts.set(each.number, { publication: each, mayConflate: this.mayConflate })
      }
    }
    for (const number of debts.keys()) if (!accepts(number)) debts.delete(number)
    client.owed.set(channel, new Map(Array.from(debts, ([number, debt]) => [number, { ...debt }])))
    return debts
  }

  #wroteEvent(number: number, id: string | undefined): void {
    const { client, ledger } = this
    this.#events++
    const publication = ledger.publications[number]
    if (publication === undefined) return client.complain(`got event ${number}, which nobody published`)
    const { channel, ownId } = publication
    if (id === undefined || (ownId === undefined ? positionOf(id) === undefined : id !== ownId)) {
      client.complain(`got ${show(publication)} with the ID ${id}`)
    }
    const period = this.#periods.get(channel)
    // It was accepted before a filter unsubscribed the channel, and may even have subscribed to it again.
    if (number < (this.#leaving.get(channel) ?? -1)) return void period?.pending.delete(number)
    if (period === undefined) return client.complain(`got ${show(publication)} of a channel that it does not read`)
    if (!period.accepts(number)) client.complain(`got ${show(publication)}, which its filter rejects`)
    if (number <= period.last) client.complain(`got ${show(publication)} after ${period.last}`)
    if (!this.#mayBegin(period, publication)) {
      client.complain(
        `got ${show(publication)}, which is older than where it began (${period.mode} at ${period.since})`,
      )
    }
    period.pending.delete(number)
    period.last = number
    // Its last event ID goes back, and is to be moved forward again.
    if (number < this.#newest) this.#isReady = false
    this.#newest = Math.max(this.#newest, number)
    for (const each of this.#periods.values()) this.#checkPassed(each, number, each === period)
  }

  /** Whether an event is one that the subscription may be sent, by where it began. */
  #mayBegin({ mode, since, forgets, hasUnknownGap, repeat }: Period, publication: Publication): boolean {
    const { number, key, forgotten } = publication
    if (repeat !== undefined && number <= repeat.upTo) {
      return key !== undefined && !this.ledger.hasNewer(publication, repeat.since)
    }
    if (number >= since) return true
    if (repeat !== undefined && key !== undefined && !this.ledger.hasNewer(publication, repeat.since)) return true
    if (mode === 'now' || (mode === 'resume' && !hasUnknownGap && number <= this.#resumesAfter)) return false
    if (this.ledger.replays && (mode === 'start' || (mode === 'resume' && !hasUnknownGap))) return true
    if (forgotten !== undefined && forgotten < forgets) return false
    return key !== undefined && !this.ledger.hasNewer(publication, since)
  }

  /** The last event ID must never be ahead of something that was not written. */
  #checkPassed(period: Period, number: number, isOwn: boolean): void {
    for (const [skipped, debt] of period.pending) {
      if (skipped >= number || (period.placedAfter === undefined && skipped < period.since)) continue
      if (!this.client.isCovered(debt)) {
        this.client.complain(`got event ${number} before ${show(debt.publication)}`)
        period.pending.delete(skipped)
      } else if (isOwn) period.pending.delete(skipped)
    }
  }

  /** What is due goes ahead of a message that is sent, unless the socket is full. */
  #wroteSent(number: number): void {
    if (this.mayBeLate || this.#isWaiting || this.#filtering.length > 0) return
    for (const { pending } of this.#periods.values()) {
      for (const debt of pending.values()) {
        if (this.client.isCovered(debt)) continue
        this.client.complain(`was sent message ${number} before ${show(debt.publication)}`)
      }
    }
  }

  #wroteGap({ reason, channels, complete }: Extract<Item, { kind: 'gap' }>): void {
    const { client, ledger } = this
    this.#hasGap = true
    this.#isReady = false
    const effects: GapEffect[] = []
    this.#gaps.set(this.items.length - 1, effects)
    for (const channel of channels) {
      const period = this.#periods.get(channel)
      if (period === undefined) {
        if (!this.#leaving.has(channel)) client.complain(`was told of a gap in ${channel}, which it does not read`)
        continue
      }
      if (!this.#isPlausible(reason, period))
        client.complain(`was told of a gap (${reason}) in ${channel}, where none can be`)
      const gap: GapEffect = { period, reason, excused: [], healed: [] }
      effects.push(gap)
      for (const [number, debt] of period.pending) {
        if (this.#isExcused(reason, period, debt.publication)) {
          gap.excused.push(debt.publication)
          period.pending.delete(number)
        }
        debt.mayConflate = true
        debt.mayForget ||= this.#mayForget(reason, debt)
      }
      if (reason !== 'unknown') continue
      period.hasUnknownGap = true
      for (const each of ledger.latestBefore(channel, Infinity)) {
        if (each.number >= period.since || ledger.mayBeForgotten(each) || !period.accepts(each.number)) continue
        gap.healed.push(each)
        period.pending.set(each.number, { publication: each, mayConflate: true, mayForget: true })
      }
    }
    if (!complete && this.#mustBeComplete()) client.complain(`was told that a gap (${reason}) is not complete`)
    if (complete) effects.push(...this.#repeats())
  }

  /** It need not be when a gap came before and the client has not caught up since, or when a key may lack its event. */
  #mustBeComplete(): boolean {
    const { ledger } = this
    const before = this.items.slice(0, -1).findLast(({ kind }) => kind === 'gap' || kind === 'ready')
    if (before?.kind === 'gap' || this.#leaving.size > 0 || this.ledger.mayLackAny) return false
    return this.channels.every((channel) => ledger.of(channel).every((each) => !ledger.mayBeForgotten(each)))
  }

  /** The latest event of every key comes again, in all channels. */
  #repeats(): GapEffect[] {
    return Array.from(this.#periods.values(), (period) => {
      period.repeat = { since: this.ledger.count, upTo: Math.max(period.last, period.repeat?.upTo ?? -1) }
      period.last = -1
      const healed = this.ledger
        .latestBefore(period.channel, Infinity)
        .filter((each) => period.accepts(each.number) && !period.pending.has(each.number))
        .filter((each) => period.mode !== 'now' || each.number >= period.since)
      for (const each of healed)
        period.pending.set(each.number, { publication: each, mayConflate: true, mayForget: true })
      return { period, reason: 'complete', excused: [], healed }
    })
  }

  /** Whether an event after a gap may come only as the latest event of its key. */
  #mayForget(reason: string, { publication }: Debt): boolean {
    return reason === 'unknown' || this.ledger.mayHaveLeft(publication, false)
  }

  #isPlausible(reason: string, period: Period): boolean {
    const { ledger } = this
    const { channel, since, last, mode } = period
    const events = ledger.of(channel)
    if (reason === 'slow') {
      // Whoever publishes waits for readers that keep up, except in a filter, and except that history grows old.
      const isOverrun = this.mayBeLate || ledger.mayOverrun
      // A bound may evict the latest event of a key before a newcomer has read it.
      if (mode !== 'now' && events.some((each) => each.number > last && ledger.mayBeForgotten(each))) return true
      return events.some(
        (each) =>
          each.number > last && ledger.mayHaveLeft(each, each.number >= since) && (isOverrun || each.number < since),
      )
    }
    if (reason === 'evicted') {
      if (mode === 'latest' || mode === 'start') {
        return ledger.mayLackAny || events.some((each) => ledger.mayBeForgotten(each))
      }
      if (mode === 'now') return false
      const after = this.#resumesAfter
      return ledger.mayHaveDropped || events.some((each) => each.number > after && ledger.mayHaveLeft(each, false))
    }
    if (reason !== 'unknown' || mode !== 'resume') return false
    const resumed = this.#event === undefined ? undefined : ledger.publications[this.#event]
    if (resumed?.ownId === undefined) return positionOf(this.id) === undefined
    // An own ID counts in the channels that the connection reads.
    const isElsewhere = !this.#periods.has(resumed.channel)
    return isElsewhere || ledger.timesUsed(resumed.ownId) > 1 || ledger.mayHaveLeft(resumed, false)
  }

  /** Whether an event need not come after a gap. The latest event of a key must, unless the log may have forgotten it. */
  #isExcused(reason: string, { since, mode }: Period, publication: Publication): boolean {
    const { ledger } = this
    if (ledger.isLatest(publication) && !ledger.mayBeForgotten(publication)) return false
    const { number } = publication
    if (reason === 'unknown' || (reason === 'evicted' && mode === 'latest')) return number < since
    // Without history a client that comes back goes on with what is published from the gap on.
    if (reason === 'slow' && ledger.mayBeForgotten(publication)) return true
    return ledger.mayHaveLeft(publication, reason === 'slow' && number >= since)
  }

  #receivedGap(index: number): void {
    for (const { period, reason, excused, healed } of this.#gaps.get(index) ?? []) {
      const debts = this.client.owed.get(period.channel)
      // It may have left the channel, and subscribed again, while the gap was on its way.
      if (debts === undefined || this.#periods.get(period.channel) !== period) continue
      for (const debt of debts.values()) {
        debt.mayConflate = true
        debt.mayForget ||= this.#mayForget(reason, debt)
      }
      for (const { number } of excused) debts.delete(number)
      for (const each of healed) debts.set(each.number, { publication: each, mayConflate: true, mayForget: true })
    }
  }

  #wroteReady(resumed: boolean, replayed: number): void {
    const { client } = this
    const isFirst = this.#readies++ === 0
    this.#isReady = true
    if (isFirst && replayed !== this.#events) client.complain(`was told of ${replayed} replayed; got ${this.#events}`)
    const mayResume = this.id !== '' && !this.#hasGap
    if (isFirst && !this.#putIdAside && resumed !== mayResume) client.complain(`was told that it resumed: ${resumed}`)
  }

  #checkControlId({ kind, id }: Item): void {
    if (id === undefined || positionOf(id) === undefined) {
      this.client.complain(`got sse-${kind} with the ID ${id}`)
    }
  }
}

function hasId({ id }: Item): boolean {
  return id !== undefined
}

export function show({ number, channel, key, ownId }: Publication): string {
  const details = [channel, key && `key ${key}`, ownId && `ID ${ownId}`].filter(Boolean)
  return `event ${number} (${details.join(', ')})`
}
