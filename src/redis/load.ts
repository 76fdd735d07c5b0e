/** Fetches what a log begins with: the newest events, and from before them the latest of each key. */
import { EVENT_OVERHEAD } from '../channel-log.js'
import type { LogBounds, StoredEvent } from '../log.js'
import { comparePositions, type Position } from '../position.js'
import type { Database, State } from './database.js'
import { decodeEntry, decodeLatest } from './entry.js'
import { compareIds, positionOf } from './stream-id.js'

export interface Loaded {
  readonly epoch: string
  /** ID of the newest entry. */
  readonly last: string
  /** ID of the entry before the oldest of `events`. */
  readonly floor: string
  readonly events: readonly StoredEvent[]
  readonly latest: readonly StoredEvent[]
}

/** `epoch` begins where there is none. Rejects when Redis cannot be reached, or is changed too much meanwhile. */
export async function load(database: Database, bounds: LogBounds, epoch: string): Promise<Loaded> {
  const state = await database.open(epoch)
  // In this order: a key that is set anew while the latest events are fetched is found among the newest events.
  const latest = await loadLatest(database)
  const { last, floor, events } = await loadNewest(database, bounds, state)
  const isWhole = compareIds(floor, state.last) <= 0 && (await database.state())?.epoch === state.epoch
  if (!isWhole) throw new Error('the stream was trimmed or replaced while it was being loaded')
  return { epoch: state.epoch, last, floor, events, latest: between(latest, undefined, positionOf(floor)) }
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

/** From the newest entry back, as far as the log keeps events and each is the one that the next one names. */
async function loadNewest(
  database: Database,
  { bytes, history, replay }: LogBounds,
  state: State,
): Promise<Pick<Loaded, 'last' | 'floor' | 'events'>> {
  const since = positionOf(state.last).ms
  const oldest = replay ? Math.min(since, Math.floor((await database.now()) - history.age)) : since
  const events: StoredEvent[] = []
  let last: string | undefined
  let floor: string | undefined
  let size = 0
  for await (const raw of database.newest(Math.max(0, oldest))) {
    const entry = decodeEntry(raw)
    if (entry === undefined) continue
    if (floor !== undefined && entry.id !== floor) break
    last ??= entry.id
    floor = entry.previous
    if (entry.event === undefined) continue
    events.push({ position: entry.position, entry: entry.event })
    size += entry.event.body.length + EVENT_OVERHEAD
    if (size > bytes) break
  }
  return { last: last ?? state.last, floor: floor ?? state.last, events: events.reverse() }
}
