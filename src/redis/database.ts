/** What a registry's keys in Redis can be asked, over one connection. */
import type { Link } from './link.js'
import type { Keys } from './keys.js'
import { OPEN, BREAK, run } from './scripts.js'
import type { RawEntry } from './entry.js'

/** The epoch, and the ID of the newest entry. */
export interface State {
  readonly epoch: string
  readonly last: string
}

/** How many entries are fetched at once: some milliseconds' worth. */
const PAGE = 1000

export class Database {
  readonly keys: Keys
  readonly #link: Link
  readonly #timeout: number
  readonly #maxLength: number

  /** `timeout` is how long, in milliseconds, an answer may take. */
  constructor(link: Link, { keys, timeout, maxLength }: { keys: Keys; timeout: number; maxLength: number }) {
    this.#link = link
    this.keys = keys
    this.#timeout = timeout
    this.#maxLength = maxLength
  }

  /** The state; where there is none, this epoch begins. */
  async open(epoch: string): Promise<State> {
    const state = parseState(await run(this.#link, OPEN, [this.keys.state], [epoch], this.#timeout))
    if (state === undefined) throw new Error(`the key ${this.keys.state} was not written by this package`)
    return state
  }

  /** The state, where there is one. */
  async state(): Promise<State | undefined> {
    return parseState(await this.#send('GET', this.keys.state))
  }

  /** Begins a new epoch in place of one of which events are lost. */
  async break(lost: string, epoch: string): Promise<void> {
    const { events, state } = this.keys
    await run(this.#link, BREAK, [events, state], [String(this.#maxLength), lost, epoch], this.#timeout)
  }

  /** Redis's clock, in milliseconds. */
  async now(): Promise<number> {
    const [seconds] = (await this.#link.send(this.keys.events, ['TIME'], this.#timeout)) as string[]
    return Number(seconds) * 1000
  }

  /** Waits for entries after an ID, for so many milliseconds. */
  async read(after: string, block: number): Promise<readonly RawEntry[]> {
    const args = ['XREAD', 'COUNT', String(PAGE), 'BLOCK', String(block), 'STREAMS', this.keys.events, after]
    const reply = await this.#link.send(this.keys.events, args, block + this.#timeout)
    return entriesOf(reply)
  }

  /** The first entry after an ID. */
  async next(after: string): Promise<RawEntry | undefined> {
    return ((await this.#send('XRANGE', this.keys.events, `(${after}`, '+', 'COUNT', '1')) as RawEntry[])[0]
  }

  async has(id: string): Promise<boolean> {
    return ((await this.#send('XRANGE', this.keys.events, id, id)) as RawEntry[]).length > 0
  }

  /** Entries from the newest back to a time in milliseconds. */
  async *newest(since: number): AsyncGenerator<RawEntry, void> {
    for (let before = '+'; ;) {
      const range = [before, String(since), 'COUNT', String(PAGE)]
      const page = (await this.#send('XREVRANGE', this.keys.events, ...range)) as RawEntry[]
      yield* page
      const oldest = page.at(-1)
      if (oldest === undefined || page.length < PAGE) return
      before = `(${oldest[0]}`
    }
  }

  /** The latest event of each key: fields and values of the hash, in no order. */
  async *latest(): AsyncGenerator<[field: string, value: string], void> {
    for (let cursor = ''; cursor !== '0';) {
      const from = [cursor || '0', 'COUNT', String(PAGE)]
      const [next, pairs] = (await this.#send('HSCAN', this.keys.latest, ...from)) as [string, string[]]
      for (let i = 0; i < pairs.length; i += 2) yield [pairs[i] ?? '', pairs[i + 1] ?? '']
      cursor = next
    }
  }

  #send(...args: [command: string, key: string, ...rest: string[]]): Promise<unknown> {
    return this.#link.send(args[1], args, this.#timeout)
  }
}

/** By stream, as an array in RESP 2 and as a map in RESP 3; `null` when nothing came. */
function entriesOf(reply: unknown): readonly RawEntry[] {
  const [stream] = Array.isArray(reply) ? (reply as [string, RawEntry[]][]) : Object.entries(reply ?? {})
  return (stream?.[1] ?? []) as RawEntry[]
}

function parseState(state: unknown): State | undefined {
  const [, epoch, last] = /^([0-9a-z]{7}) (\d+-\d+)$/.exec(typeof state === 'string' ? state : '') ?? []
  return epoch === undefined || last === undefined ? undefined : { epoch, last }
}
