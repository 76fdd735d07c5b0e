/** The connections of a registry: first those with most unsent bytes, then those that have been open longest. */
import type { ChannelRegistry, Connection } from '../registry.js'
import { Largest } from './largest.js'
import { short, shortList } from './short.js'
import type { Source } from './source.js'

/** The most connections in one sample. */
export const MAX_CONNECTIONS = 100

/** The most channels that a row names. */
const NAMES = 5

interface Row {
  readonly connection: Connection
  readonly unsentBytes: number
}

// The registry lists the oldest connections first, so age needs no comparison.
const byUnsent = (a: Row, b: Row) => b.unsentBytes - a.unsentBytes

export class ConnectionRows implements Source {
  readonly isState = true
  readonly #registry: ChannelRegistry
  readonly #owner: string
  /** A number for each connection that was ever in a row, so that the page can keep its row. */
  readonly #numbers = new WeakMap<Connection, number>()
  #count = 0

  /** `owner`: only connections of this owner; an empty string for all. */
  constructor(registry: ChannelRegistry, owner: string) {
    this.#registry = registry
    this.#owner = owner
  }

  sample(): object {
    const largest = new Largest(MAX_CONNECTIONS, byUnsent)
    let total = 0
    for (const connection of this.#registry.connections(this.#owner === '' ? {} : { owner: this.#owner })) {
      total++
      const { unsentBytes } = connection
      // Most connections have no unsent bytes. Only the first of these can be shown.
      if (unsentBytes > 0 || total <= MAX_CONNECTIONS) largest.offer({ connection, unsentBytes })
    }
    return { total, now: Date.now(), rows: largest.items.map((row) => this.#describe(row)) }
  }

  #describe({ connection, unsentBytes }: Row) {
    const { owner, channels, sentUpTo, openedAt } = connection
    return {
      number: this.#numberOf(connection),
      owner: owner === undefined ? undefined : short(owner),
      channels: shortList(channels, NAMES),
      sentUpTo,
      unsentBytes,
      openedAt: openedAt?.getTime(),
    }
  }

  #numberOf(connection: Connection): number {
    let number = this.#numbers.get(connection)
    if (number === undefined) this.#numbers.set(connection, (number = ++this.#count))
    return number
  }
}
