/** Fetches what a log begins with: the newest events, and from before them the latest of each key. */
import { sizeOfEntry } from '../log/sizes.js'
import type { HeldEvents, LogBounds, StoredEvent } from '../log/store.js'
import type { Database, State } from './database.js'
import { decodeEntry } from './entry.js'
import { loadLatest } from './latest.js'
import { compareIds, ORIGIN_ID, positionOf } from './stream-id.js'

export interface Loaded {
  readonly epoch: string
  /** ID of the newest entry. */
  readonly last: string
  /** ID of the entry before the oldest of the events. */
  readonly floor: string
  readonly held: HeldEvents
}

/**
 * `epoch` begins where there is none, and `read` is the newest ID that was read under another. Rejects when Redis cannot be
 * reached, or begins another epoch meanwhile.
 */
export async function load(
  database: Database,
  bounds: LogBounds,
  { epoch, read }: { epoch: string; read: string },
): Promise<Loaded> {
  const state = await database.open(epoch)
  const now = await database.now()
  const { floor, began, events, bytes } = await loadNewest(database, bounds, { ...state, now })
  // A key that is set anew meanwhile is left out here: its event is among the newer ones.
  const latest = await loadLatest(database, {
    upTo: positionOf(floor),
    bytes: bounds.bytes - Math.min(bytes, bounds.bytes / 2),
    keys: bounds.keys,
  })
  for (const name of await database.incomplete()) latest.incomplete.add(name)
  const newer = await loadNewer(database, state, bounds.bytes - bytes)
  if ((await database.state())?.epoch !== state.epoch)
    throw new Error('another epoch began while the log was being loaded')
  // What stands behind the beginning of the epoch is new to everyone; so is, before it, what is newer than all was.
  const readUpTo = positionOf(compareIds(read, began) < 0 ? read : began)
  events.push(...newer.events)
  const incomplete = incompleteNames(latest.incomplete, [...latest.events, ...events])
  const held = { latest: latest.events, events, readUpTo, now, incomplete }
  return { epoch: state.epoch, last: newer.last, floor, held }
}

/** Where the empty name stands for any further channel, those of all events count. */
function incompleteNames(names: Set<string>, events: readonly StoredEvent[]): string[] {
  if (names.delete('')) for (const { entry } of events) names.add(entry.channel)
  return [...names]
}

interface Newest {
  readonly events: StoredEvent[]
  /** What they occupy. */
  readonly bytes: number
  /** ID of the entry before the oldest of them. */
  readonly floor: string
  /** ID of the entry with which the epoch began, or else the floor. */
  readonly began: string
}

/** From the newest entry back, as far as the log keeps events and each is the one that the next one names. */
async function loadNewest(
  database: Database,
  bounds: LogBounds,
  { last, now }: State & { now: number | undefined },
): Promise<Newest> {
  const events: StoredEvent[] = []
  let floor = last
  let began: string | undefined
  let size = 0
  const result = () => ({ events: events.reverse(), bytes: size, floor, began: began ?? floor })
  if (last === ORIGIN_ID) return result()
  for await (const page of database.before(last, oldestWanted(bounds, positionOf(last).ms, now))) {
    for (const raw of page) {
      const entry = decodeEntry(raw)
      // Somebody else's, unless an entry is missing: then one that is older comes first.
      if (entry === undefined || compareIds(entry.id, floor) > 0) continue
      if (entry.id !== floor) return result()
      floor = entry.previous
      if (entry.epoch !== undefined) began ??= entry.id
      if (entry.event === undefined) continue
      events.push({ position: entry.position, entry: entry.event })
      size += sizeOfEntry(entry.event)
      if (size > bounds.bytes) return result()
    }
  }
  return result()
}

/** Milliseconds before which the log keeps no events. */
function oldestWanted({ history, replay }: LogBounds, last: number, now = last): number {
  return Math.max(0, replay ? Math.min(last, Math.floor(now - history.age)) : last)
}

/** What was published while the rest was loaded, so that the log does not begin behind. The reader goes on from there. */
async function loadNewer(
  database: Database,
  { epoch, last: from }: State,
  bytes: number,
): Promise<{ events: StoredEvent[]; last: string }> {
  const events: StoredEvent[] = []
  let last = from
  let size = 0
  for await (const page of database.after(from)) {
    for (const raw of page) {
      const entry = decodeEntry(raw)
      if (entry === undefined) continue
      const isNext = entry.previous === last && (entry.epoch ?? epoch) === epoch
      if (!isNext || entry.event === undefined || size > bytes) return { events, last }
      last = entry.id
      events.push({ position: entry.position, entry: entry.event })
      size += sizeOfEntry(entry.event)
    }
  }
  return { events, last }
}
