/** Fetches the content of a new log: the newest events, and older latest events. */
import { sizeOfEntry } from '../log/sizes.js'
import type { HeldEvents, LogBounds, StoredEntry } from '../log/store.js'
import type { Database, State } from './database.js'
import { decodeEntry } from './entry.js'
import { loadLatest } from './latest.js'
import { compareIds, ORIGIN_ID, positionOf } from './stream-id.js'

export interface Loaded {
  readonly epoch: string
  /** ID of the newest entry that was loaded. */
  readonly last: string
  /** ID of the entry before the oldest event. */
  readonly floor: string
  readonly held: HeldEvents
}

/**
 * Loads the log. `epoch` begins if Redis has none. `read` is the newest ID that was read in the previous epoch. Rejects if
 * Redis cannot be reached, or if another epoch begins meanwhile.
 */
export async function load(
  database: Database,
  bounds: LogBounds,
  { epoch, read }: { epoch: string; read: string },
): Promise<Loaded> {
  const state = await database.open(epoch)
  const now = await database.now()
  const { floor, began, events, bytes } = await loadNewest(database, bounds, { ...state, now })
  // A key that changes meanwhile is skipped here. `loadNewer` fetches its new event.
  const latest = await loadLatest(database, {
    upTo: positionOf(floor),
    bytes: bounds.bytes - Math.min(bytes, bounds.bytes / 2),
    keys: bounds.keys,
  })
  const newer = await loadNewer(database, state, bounds.bytes - bytes)
  if ((await database.state())?.epoch !== state.epoch)
    throw new Error('another epoch began while the log was being loaded')
  // Clients cannot have read entries after the beginning of the epoch, nor entries after `read`.
  const readUpTo = positionOf(compareIds(read, began) < 0 ? read : began)
  events.push(...newer.events)
  const held = { latest: latest.events, events, readUpTo, now, incomplete: [...latest.incomplete] }
  return { epoch: state.epoch, last: newer.last, floor, held }
}

interface Newest {
  readonly events: StoredEntry[]
  /** Bytes of the events. */
  readonly bytes: number
  /** ID of the entry before the oldest of these events. */
  readonly floor: string
  /** ID of the entry that began the epoch; the floor if that entry was not loaded. */
  readonly began: string
}

/** Loads entries backwards from the newest, within the bounds of the log, until the chain of entries breaks. */
async function loadNewest(
  database: Database,
  bounds: LogBounds,
  { last, now }: State & { now: number | undefined },
): Promise<Newest> {
  const events: StoredEntry[] = []
  let floor = last
  let began: string | undefined
  let size = 0
  const result = () => ({ events: events.reverse(), bytes: size, floor, began: began ?? floor })
  if (last === ORIGIN_ID) return result()
  for await (const page of database.before(last, oldestWanted(bounds, positionOf(last).ms, now))) {
    for (const raw of page) {
      const entry = decodeEntry(raw)
      // Skips entries of other programs. If an entry is missing, the next one is older than `floor`.
      if (entry === undefined || compareIds(entry.id, floor) > 0) continue
      if (entry.id !== floor) return result()
      floor = entry.previous
      if (entry.epoch !== undefined) began ??= entry.id
      if (entry.entry === undefined) continue
      events.push({ position: entry.position, entry: entry.entry })
      size += sizeOfEntry(entry.entry)
      if (size > bounds.bytes) return result()
    }
  }
  return result()
}

/** The time in milliseconds before which the log keeps no events. */
function oldestWanted({ history, replay }: LogBounds, last: number, now = last): number {
  return Math.max(0, replay ? Math.min(last, Math.floor(now - history.age)) : last)
}

/** Loads events that were published during the load, so that the log begins up to date. Reading continues after them. */
async function loadNewer(
  database: Database,
  { epoch, last: from }: State,
  bytes: number,
): Promise<{ events: StoredEntry[]; last: string }> {
  const events: StoredEntry[] = []
  let last = from
  let size = 0
  for await (const page of database.after(from)) {
    for (const raw of page) {
      const entry = decodeEntry(raw)
      if (entry === undefined) continue
      const isNext = entry.previous === last && (entry.epoch ?? epoch) === epoch
      if (!isNext || entry.entry === undefined || size > bytes) return { events, last }
      last = entry.id
      events.push({ position: entry.position, entry: entry.entry })
      size += sizeOfEntry(entry.entry)
    }
  }
  return { events, last }
}
