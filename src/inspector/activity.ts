/** Collects gaps, closes, shed requests, stalls and news of the store from `node:diagnostics_channel` while a page watches. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { DiagnosticsMessages } from '../diagnostics-messages.js'
import type { ChannelRegistry } from '../registry.js'
import { short, shortList } from './short.js'
import type { Source } from './source.js'

/** The most items in one sample. */
export const MAX_ACTIVITY = 100

/** The most channels that the page names of a gap. */
const NAMES = 5

type Name = keyof DiagnosticsMessages
type Kind = 'close' | 'gap' | 'shed' | 'stall' | 'store'

/** What the page shows of each message, beside its time and kind. */
const DETAILS: { [K in Kind]: (message: DiagnosticsMessages[`express-sse-channels:${K}`]) => object } = {
  close: ({ connection, reason, duration }) => ({ owner: ownerOf(connection), reason, duration }),
  gap: ({ connection, reason, channels }) => ({
    owner: ownerOf(connection),
    reason,
    channels: shortList(channels, NAMES),
  }),
  shed: ({ owner, reason }) => ({ owner: ownerOf({ owner }), reason }),
  stall: ({ connection, unsentBytes }) => ({ owner: ownerOf(connection), unsentBytes }),
  store: ({ state, error }) => ({ reason: state, error: error instanceof Error ? short(error.message) : undefined }),
}

export class Activity implements Source {
  readonly isState = false
  readonly #registry: ChannelRegistry
  readonly #unsubscribe: (() => void)[]
  #items: object[] = []
  #omitted = 0
  /** The number of the newest item, so that the page shows no item twice. */
  #count = Date.now()

  constructor(registry: ChannelRegistry) {
    this.#registry = registry
    this.#unsubscribe = (Object.keys(DETAILS) as Kind[]).map((kind) => this.#listen(kind))
  }

  sample(): object | undefined {
    if (this.#items.length === 0) return undefined
    const sample = { items: this.#items, omitted: this.#omitted }
    this.#items = []
    this.#omitted = 0
    return sample
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  #listen(kind: Kind): () => void {
    const name: Name = `express-sse-channels:${kind}`
    const listener = (message: unknown) => this.#add(kind, message as never)
    subscribe(name, listener)
    return () => unsubscribe(name, listener)
  }

  /** Only remembers the message, because this listener must not call the package. So a burst of closes costs little. */
  #add(kind: Kind, message: { registry?: object; connection?: { registry: object } }): void {
    if ((message.registry ?? message.connection?.registry) !== this.#registry) return
    if (this.#items.length >= MAX_ACTIVITY) {
      this.#omitted++
      return
    }
    this.#items.push({ number: ++this.#count, at: Date.now(), kind, ...DETAILS[kind](message as never) })
  }
}

function ownerOf({ owner }: { owner: string | undefined }) {
  return owner === undefined ? undefined : short(owner)
}
