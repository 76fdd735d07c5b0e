/** Queries to the Redis keys of one registry, over one connection. */
import type { RawEntry } from './entry.js'
import type { Keys } from './keys.js'
import type { RedisConnection } from './connection.js'
import { LATEST, RANGE, REFUSED } from './reading-scripts.js'
import { run } from './script.js'
import { BREAK, OPEN } from './writing-scripts.js'

/** The state of the stream: its epoch, and the ID of its newest entry. */
export interface State {
  readonly epoch: string
  readonly last: string
}

export interface LatestPage {
  /** Fields and values, alternating. */
  readonly pairs: readonly string[]
  /** The place of the last field; undefined after the last page. */
  readonly end: LatestPlace | undefined
}

/** The place of a latest event in the order of their ages: its score and its field. */
export type LatestPlace = readonly string[]

/** Bytes and entries of one page, which keeps Redis busy for a few milliseconds. */
const PAGE_BYTES = 512 * 1024
const PAGE_ENTRIES = 2000
/** The most entries that one blocking read returns. Further entries are fetched page by page. */
const WAKE_ENTRIES = 64

export interface DatabaseOptions {
  keys: Keys
  /** Milliseconds that a reply may take. */
  timeout: number
  maxLength: number
}

export class Database {
  readonly keys: Keys
  readonly #connection: RedisConnection
  readonly #timeout: number
  readonly #maxLength: number
  /** How many entries to read at once: as many as fit into a page, judged by the last read. */
  #wakeCount = WAKE_ENTRIES

  constructor(connection: RedisConnection, { keys, timeout, maxLength }: DatabaseOptions) {
    this.#connection = connection
    this.keys = keys
    this.#timeout = timeout
    this.#maxLength = maxLength
  }

  /** Returns the state. If there is none, begins `epoch`. Writes only in that case, so that a read-only Redis can be read. */
  async open(epoch: string): Promise<State> {
    const state =
      (await this.state()) ?? parseState(await run(this.#connection, OPEN, [this.keys.state], [epoch], this.#timeout))
    if (state === undefined) throw this.#foreignState()
    return state
  }

  /** Returns the state; undefined if there is none. */
  async state(): Promise<State | undefined> {
    const text = await this.#send('GET', this.keys.state)
    const state = parseState(text)
    if (state === undefined && text !== null) throw this.#foreignState()
    return state
  }

  /** Replaces the epoch `lost`, whose events are lost, by a new one. */
  async break(lost: string, epoch: string): Promise<void> {
    const { events, state } = this.keys
    await run(this.#connection, BREAK, [events, state], [String(this.#maxLength), lost, epoch], this.#timeout)
  }

  /** Returns the time of Redis in milliseconds; undefined if the Redis user may not run `TIME`. */
  async now(): Promise<number | undefined> {
    try {
      const [seconds, micros] = (await this.#connection.send(this.keys.events, ['TIME'], this.#timeout)) as string[]
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOPERM')) return undefined
      throw error
    }
  }

  /** Returns the commands that the Redis user may not run, for reading and for publishing. */
  async refused(): Promise<{ reading: readonly string[]; publishing: readonly string[] }> {
    const { events, state, latest, order, incomplete, receipt } = this.keys
    const keys = [events, state, latest, order, incomplete, receipt] as const
    const [reading, publishing] = (await run(this.#connection, REFUSED, keys, [], this.#timeout)) as [
      string[],
      string[],
    ]
    return { reading, publishing }
  }

  /** Waits up to `block` milliseconds for entries after an ID. `isAll`: there were no further entries. */
  async read(after: string, block: number): Promise<{ entries: readonly RawEntry[]; isAll: boolean }> {
    const count = this.#wakeCount
    const args = ['XREAD', 'COUNT', String(count), 'BLOCK', String(block), 'STREAMS', this.keys.events, after]
    const entries = entriesOf(await this.#connection.send(this.keys.events, args, block + this.#timeout))
    const largest = Math.max(1, ...entries.map(lengthOf))
    if (entries.length > 0) this.#wakeCount = Math.max(1, Math.min(WAKE_ENTRIES, Math.floor(PAGE_BYTES / largest)))
    return { entries, isAll: entries.length < count }
  }

  /** Returns the first entry after an ID. */
  async next(after: string): Promise<RawEntry | undefined> {
    return ((await this.#send('XRANGE', this.keys.events, `(${after}`, '+', 'COUNT', '1')) as RawEntry[])[0]
  }

  async has(id: string): Promise<boolean> {
    return ((await this.#send('XRANGE', this.keys.events, id, id)) as RawEntry[]).length > 0
  }

  /** Yields pages of the entries after an ID, up to the newest. */
  after(id: string): AsyncGenerator<readonly RawEntry[], void> {
    return this.#range('XRANGE', `(${id}`, '+')
  }

  /** Yields pages of the entries from an ID back to a time in milliseconds, newest first. */
  before(id: string, since: number): AsyncGenerator<readonly RawEntry[], void> {
    return this.#range('XREVRANGE', id, String(since))
  }

  /** Yields pages of the latest events before a time in milliseconds, newest first. */
  latest(before: number): AsyncGenerator<LatestPage, void> {
    return this.#latest([String(before), String(PAGE_BYTES), String(PAGE_ENTRIES), ''], [])
  }

  /** Yields the fields of the latest events after a place, newest first. */
  async *fields(after: LatestPlace): AsyncGenerator<string, void> {
    const pages = this.#latest(['', String(PAGE_BYTES), String(PAGE_ENTRIES), '1'], after)
    for await (const { pairs } of pages) yield* pairs.filter((_, i) => i % 2 === 0)
  }

  /** Returns the channels that lost a latest event by eviction. The empty name stands for all channels. */
  async incomplete(): Promise<readonly string[]> {
    return (await this.#send('ZRANGE', this.keys.incomplete, '0', '-1')) as string[]
  }

  async *#latest(args: readonly string[], after: LatestPlace): AsyncGenerator<LatestPage, void> {
    const { latest, order } = this.keys
    for (let end: LatestPlace | undefined = after; end !== undefined;) {
      const reply = await run(this.#connection, LATEST, [latest, order], [...args, ...end], this.#timeout)
      const [pairs, ...place] = reply as [string[], ...string[]]
      end = place.length === 0 ? undefined : place
      yield { pairs, end }
    }
  }

  async *#range(command: string, first: string, end: string): AsyncGenerator<readonly RawEntry[], void> {
    const bounds = [String(PAGE_BYTES), String(PAGE_ENTRIES)]
    for (let from = first; ;) {
      const reply = await run(
        this.#connection,
        RANGE,
        [this.keys.events],
        [command, from, end, ...bounds],
        this.#timeout,
      )
      const [page, isLast] = reply as [RawEntry[], number]
      if (page.length > 0) yield page
      if (isLast === 1) return
      from = `(${page.at(-1)?.[0] ?? first}`
    }
  }

  #foreignState(): Error {
    return new Error(`the key ${this.keys.state} was not written by this package`)
  }

  #send(...args: [command: string, key: string, ...rest: string[]]): Promise<unknown> {
    return this.#connection.send(args[1], args, this.#timeout)
  }
}

/** Unwraps the reply of XREAD: an array in RESP 2, a map in RESP 3, and `null` without entries. */
function entriesOf(reply: unknown): readonly RawEntry[] {
  const [stream] = Array.isArray(reply) ? (reply as [string, RawEntry[]][]) : Object.entries(reply ?? {})
  return (stream?.[1] ?? []) as RawEntry[]
}

function lengthOf([, fields]: RawEntry): number {
  return fields?.reduce((sum, text) => sum + text.length, 0) ?? 0
}

function parseState(state: unknown): State | undefined {
  const [, epoch, last] = /^([0-9a-z]{7}) (\d+-\d+)$/.exec(typeof state === 'string' ? state : '') ?? []
  return epoch === undefined || last === undefined ? undefined : { epoch, last }
}
