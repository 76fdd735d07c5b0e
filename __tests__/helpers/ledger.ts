/**
 * What was published to a registry, and what its log may have let go by now. It knows the bounds from docs/options.md and nothing
 * of how the log keeps them. Where sizes are not known to the byte it takes the largest.
 */

export interface Bounds {
  readonly history: { readonly events: number; readonly bytes: number; readonly age: number } | false
  readonly bytes: number
  readonly keys: number
}

/** One published event. */
export interface Publication {
  /** Its place in the order of publishing. */
  readonly number: number
  readonly channel: string
  readonly key: string | undefined
  readonly ownId: string | undefined
  /** What it counts for in bounds of bytes, at most. */
  readonly size: number
  /** Milliseconds on a monotonic clock. */
  readonly at: number
  /** Where it stands in the log. */
  readonly position: readonly [ms: number, seq: number]
  /** How many keys had been forgotten before this one, while this event was the latest of it; undefined if it was not. */
  forgotten: number | undefined
}

/** What `history: false` still keeps for slow readers. */
const DEFAULTS = { events: 1000, bytes: 4 * 1024 * 1024, age: 5 * 60_000 }
/** What an event counts for besides its text, at most: with a key, and with an ID of the app's own. */
const OVERHEAD = 256 + 100 + 200
/** What a channel that holds events counts for, at most. */
const CHANNEL = 800
/** The part of the bound on the whole log that hashes of evicted IDs and channels may take. */
const HASHES = 1 / 8
const LONGEST_ID = 24
const PACKAGE_ID = /^([0-9a-z]{1,9})-([0-9a-z]{1,6})-[0-9a-z]{7}$/

export class Ledger {
  readonly publications: Publication[] = []
  /** How often a key was forgotten. */
  forgets = 0
  /** Whether events may have come faster than passes: a filter has published, or history has grown old. */
  mayOverrun = false
  readonly #bounds: Bounds
  readonly #now: () => number
  readonly #timesUsed = new Map<string, number>()
  /** By channel and key: the newest event. */
  readonly #latest = new Map<string, Map<string, Publication>>()
  /** By channel and key: the largest event there has been. */
  readonly #largest = new Map<string, number>()
  #latestBytes = 0
  #hasDropped = false
  #let: { count: number; now: number; upTo: Map<string, number> } | undefined

  constructor(bounds: Bounds, now: () => number) {
    this.#bounds = bounds
    this.#now = now
  }

  /** Whether clients that come back are sent what they missed. */
  get replays(): boolean {
    return this.#bounds.history !== false
  }

  get count(): number {
    return this.publications.length
  }

  /** Takes in what is about to be appended. `text` is the event on the wire, without its ID. */
  publish(event: Pick<Publication, 'channel' | 'key' | 'ownId' | 'position'>, text: string): Publication {
    const size = Buffer.byteLength(`${text}id: ${event.ownId ?? ''}\n\n`) + (event.ownId === undefined ? LONGEST_ID : 0)
    const rest = {
      number: this.count,
      size: size + OVERHEAD,
      at: this.#now(),
      forgotten: undefined,
    }
    const publication: Publication = { ...event, ...rest }
    // Asked before, since what comes now hides that the channel held nothing.
    this.#hasDropped = this.mayHaveDropped
    this.publications.push(publication)
    if (event.ownId !== undefined) this.#timesUsed.set(event.ownId, this.timesUsed(event.ownId) + 1)
    if (event.key !== undefined) this.#keep(publication, event.key)
    return publication
  }

  /** Takes in that a key is about to be forgotten. Returns whether it had a latest event. */
  forget(channel: string, key: string): boolean {
    const publication = this.#latest.get(channel)?.get(key)
    this.#latest.get(channel)?.delete(key)
    if (publication !== undefined) publication.forgotten = this.forgets
    this.forgets++
    return publication !== undefined
  }

  /** How often an ID of the app's own has been published. */
  timesUsed(id: string): number {
    return this.#timesUsed.get(id) ?? 0
  }

  of(channel: string): Publication[] {
    return this.publications.filter((each) => each.channel === channel)
  }

  /** The latest event of each key, of those with a lower number. */
  latestBefore(channel: string, number: number): Publication[] {
    const latest = new Map<string, Publication>()
    for (const each of this.of(channel)) if (each.key !== undefined && each.number < number) latest.set(each.key, each)
    return [...latest.values()].filter(({ forgotten }) => forgotten === undefined)
  }

  /** Whether a newer event of the same key stands for it. It does not where the key was forgotten in between. */
  isReplaced(publication: Publication): boolean {
    return publication.forgotten === undefined && this.hasNewer(publication)
  }

  hasNewer({ channel, key, number }: Publication, before = Infinity): boolean {
    return this.publications.some(
      (other) => other.number > number && other.number < before && other.channel === channel && other.key === key,
    )
  }

  isLatest(publication: Publication): boolean {
    return publication.key !== undefined && this.#latest.get(publication.channel)?.get(publication.key) === publication
  }

  /** Whether history may have let an event go; one that was published while somebody read the channel, if `live`. */
  mayHaveLeft({ channel, number }: Publication, live: boolean): boolean {
    if (this.#bounds.history === false && !live) return true
    return number <= (this.#upTo.get(channel) ?? -1)
  }

  /** Whether the log remembers so few dropped channels that it forgets that one lacks the latest event of a key. */
  get forgetsChannels(): boolean {
    return this.#bounds.bytes < 10_000
  }

  /** Whether the log may have forgotten which channels lack a latest event, and so supposes it of each channel. */
  get mayLackAny(): boolean {
    return this.forgetsChannels && this.mayHaveDropped
  }

  /** Whether the log may have forgotten the latest event of a key. */
  mayBeForgotten({ channel, number }: Publication): boolean {
    const newer = this.publications.filter((each) => each.channel === channel && each.number >= number)
    const keys = new Set(newer.map(({ key }) => key).filter((key) => key !== undefined))
    return keys.size > this.#bounds.keys || this.#latestBytes + this.#channelBytes > this.#bounds.bytes / 2
  }

  /** Whether a channel may ever have been dropped with all it held; one that comes back may announce a gap to be safe. */
  get mayHaveDropped(): boolean {
    const channels = new Set(this.publications.map(({ channel }) => channel))
    return this.#hasDropped || [...channels].some((channel) => this.mayHaveLeft(this.of(channel).at(-1)!, false))
  }

  /** The number of the newest event at or before an ID of the package. */
  numberAt(id: string): number {
    const at = positionOf(id)
    if (at === undefined) return -1
    return this.publications.findLastIndex(({ position }) => !isAfter(position, at))
  }

  get #channelBytes(): number {
    return new Set(this.publications.map(({ channel }) => channel)).size * CHANNEL
  }

  #keep(publication: Publication, key: string): void {
    const { channel, size } = publication
    const keys = this.#latest.get(channel) ?? new Map<string, Publication>()
    this.#latest.set(channel, keys.set(key, publication))
    const place = JSON.stringify([channel, key])
    const grown = Math.max(0, size - (this.#largest.get(place) ?? 0))
    this.#largest.set(place, (this.#largest.get(place) ?? 0) + grown)
    this.#latestBytes += grown
  }

  /** By channel, the newest event that history may have let go. The oldest goes first, so all before it may have gone too. */
  get #upTo(): Map<string, number> {
    const [count, now] = [this.count, this.#now()]
    if (this.#let?.count === count && this.#let.now === now) return this.#let.upTo
    const bounds = this.#bounds.history === false ? DEFAULTS : this.#bounds.history
    const upTo = new Map<string, number>()
    const held = new Map<string, { events: number; bytes: number }>()
    let total = this.#latestBytes + this.#channelBytes + this.#bounds.bytes * HASHES
    for (const { channel, number, size, at } of this.publications.toReversed()) {
      const { events, bytes } = held.get(channel) ?? { events: 0, bytes: 0 }
      held.set(channel, { events: events + 1, bytes: bytes + size })
      total += size
      if (upTo.has(channel)) continue
      const isBeyond = events >= bounds.events || (events > 0 && bytes + size > bounds.bytes)
      if (isBeyond || total > this.#bounds.bytes || now - at >= bounds.age) upTo.set(channel, number)
    }
    this.#let = { count, now, upTo }
    return upTo
  }
}

/** Undefined for an ID that is not of the package's form. */
export function positionOf(id: string): readonly [ms: number, seq: number] | undefined {
  const [, ms, seq] = PACKAGE_ID.exec(id) ?? []
  return ms === undefined || seq === undefined ? undefined : [parseInt(ms, 36), parseInt(seq, 36)]
}

function isAfter(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
}
