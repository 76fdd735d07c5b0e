/**
 * Fetches the latest events, newest first, until all are fetched or a bound is reached. Channels with events that were
 * left out here, by `maxKeys` or by Redis are incomplete.
 */
import { sizeOfEntry } from '../log/sizes.js'
import type { StoredEvent } from '../log/store.js'
import { comparePositions, type Position } from '../log/position.js'
import type { Database } from './database.js'
import { decodeLatest, splitField } from './entry.js'

export interface LatestRange {
  /** Fetches only events at or before this position. */
  readonly upTo: Position
  /** The most bytes of all events. */
  readonly bytes: number
  /** The most keys of one channel. */
  readonly keys: number
}

export interface Latest {
  /** In order of position. */
  readonly events: StoredEvent[]
  /** Channels with events that were left out. The empty name stands for all channels. */
  readonly incomplete: Set<string>
}

export async function loadLatest(database: Database, range: LatestRange): Promise<Latest> {
  const found = new Found(range)
  for await (const { pairs, end } of database.latest(range.upTo.ms + 1)) {
    for (let i = 0; i < pairs.length; i += 2) found.add(pairs[i] ?? '', pairs[i + 1] ?? '')
    if (!found.isAtBound || end === undefined) continue
    for await (const field of database.fields(end)) found.leaveOut(field)
    break
  }
  const latest = found.result()
  for (const name of await database.incomplete()) latest.incomplete.add(name)
  return latest
}

class Found {
  /** Whether `bytes` is reached. */
  isAtBound = false
  readonly #range: LatestRange
  /** Events by field. Keys may change while pages are fetched, so events may come twice. */
  readonly #events = new Map<string, StoredEvent>()
  readonly #keys = new Map<string, number>()
  readonly #incomplete = new Set<string>()
  #bytes = 0

  constructor(range: LatestRange) {
    this.#range = range
  }

  add(field: string, value: string): void {
    if (value === '') return this.leaveOut(field)
    const event = decodeLatest(field, value)
    if (event === undefined || this.#events.has(field)) return
    const { position, entry } = event
    const { upTo, bytes, keys } = this.#range
    if (comparePositions(position, upTo) > 0) return
    const ofChannel = this.#keys.get(entry.channel) ?? 0
    this.#bytes += sizeOfEntry(entry)
    this.isAtBound ||= this.#bytes > bytes && this.#events.size > 0
    if (this.isAtBound || ofChannel >= keys) {
      this.#incomplete.add(entry.channel)
      return
    }
    this.#keys.set(entry.channel, ofChannel + 1)
    this.#events.set(field, event)
  }

  /** Marks the channel of an event that is left out as incomplete. */
  leaveOut(field: string): void {
    const [channel] = splitField(field) ?? []
    if (channel !== undefined && !this.#events.has(field)) this.#incomplete.add(channel)
  }

  result(): Latest {
    const events = [...this.#events.values()].sort((a, b) => comparePositions(a.position, b.position))
    return { events, incomplete: this.#incomplete }
  }
}
