/** Fetches what a log begins with: the newest events, and from before them the latest of each key. */
import { EVENT_OVERHEAD } from '../sizes.js'
import type { HeldEvents, LogBounds, StoredEvent } from '../log.js'
import { comparePositions, type Position } from '../position.js'
import type { Database, State } from './database.js'
import { decodeEntry, decodeLatest } from './entry.js'
import { compareIds, positionOf } from './stream-id.js'

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
 * reached, or is changed too much meanwhile.
 */
export async function load(
  database: Database,
  bounds: LogBounds,
  { epoch, read }: { epoch: string; read: string },
): Promise<Loaded> {
  const state = await database.open(epoch)
  // In this order: a key that is set anew while the latest events are fetched is found among the newest events.
  const latest = await loadLatest(database)
  const { last, floor, began, events } = await loadNewest(database, bounds, state)
  const isWhole = compareIds(floor, state.last) <= 0 && (await database.state())?.epoch === state.epoch
  if (!isWhole) throw new Error('the stream was trimmed or replaced while it was being loaded')
  // What stands behind the beginning of the epoch is new to everyone; so is, before it, what is newer than all was.
  const readUpTo = positionOf(compareIds(read, began) < 0 ? read : began)
  const held = { latest: between(latest, undefined, positionOf(floor)), events, readUpTo }
  return { epoch: state.epoch, last, floor, held }
}

/** The latest event of each key, of those after one ID, up to another. */
export async function loadLatestBetween(database: Database, after: string, upTo: string): Promise<StoredEvent[]> {
  return between(await loadLatest(database), positionOf(after), positionOf(upTo))
}

function between(latest: StoredEvent[], after: Position | undefined, upTo: Position): StoredEvent[] {
  const isAfter = (position: Position) => after === undefined || comparePositions(position, after) > 0
  return latest
    .filter(({ position }) => isAfter(position) && comparePositions(position, upTo) <= 0)
    .sort((a, b) => comparePositions(a.position, b.position))
}

async function loadLatest(database: Database): Promise<StoredEvent[]> {
  // A scan may name a field more than once.
  const byField = new Map<string, StoredEvent>()
  for await (const [field, value] of database.latest()) {
    const event = decodeLatest(field, value)
    if (event !== undefined) byField.set(field, event)
  }
  return [...byField.values()]
}

interface Newest extends Pick<Loaded, 'last' | 'floor'> {
  readonly events: StoredEvent[]
  /** ID of the entry with which the epoch began, or else the floor. */
  readonly began: string
}

/** From the newest entry back, as far as the log keeps events and each is the one that the next one names. */
async function loadNewest(database: Database, { bytes, history, replay }: LogBounds, state: State): Promise<Newest> {
  const since = positionOf(state.last).ms
  const oldest = replay ? Math.min(since, Math.floor((await database.now()) - history.age)) : since
  const events: StoredEvent[] = []
  let last: string | undefined
  let floor: string | undefined
  let began: string | undefined
  let size = 0
  for await (const raw of database.newest(Math.max(0, oldest))) {
    const entry = decodeEntry(raw)
    if (entry === undefined) continue
    if (floor !== undefined && entry.id !== floor) break
    last ??= entry.id
    floor = entry.previous
    if (entry.epoch !== undefined) began ??= entry.id
    if (entry.event === undefined) continue
    events.push({ position: entry.position, entry: entry.event })
    size += entry.event.body.length + EVENT_OVERHEAD
    if (size > bytes) break
  }
  floor ??= state.last
  return { last: last ?? state.last, floor, began: began ?? floor, events: events.reverse() }
}
