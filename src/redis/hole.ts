/**
 * Examines the stream where the chain of entries seems broken. An entry of this package is named by the next entry, or by
 * the state. Entries that are not named were written by other programs.
 */
import type { Database, State } from './database.js'
import { decodeEntry, type StreamEntry } from './entry.js'
import { compareIds } from './stream-id.js'

export interface Hole {
  /** The first entry after the missing ones; undefined if none is missing. */
  readonly next: StreamEntry | undefined
  /** ID of the newest entry of other programs before the next entry of this package. */
  readonly foreign: string | undefined
}

/** The most entries that are remembered until a later entry names them. Bounds the memory for entries of other programs. */
const MAX_CANDIDATES = 1000

/**
 * Examines the entries after the newest one in the log. `read` is the ID where reading stopped. Returns undefined while
 * further entries are needed to decide.
 */
export async function findHole(database: Database, { epoch, last }: State, read: string): Promise<Hole | undefined> {
  const candidates = new Map<string, StreamEntry>()
  let foreign: string | undefined
  for await (const page of database.after(read)) {
    for (const raw of page) {
      const entry = decodeEntry(raw)
      if (entry !== undefined) {
        const named = candidates.get(entry.previous)
        if (named !== undefined) return { next: named, foreign: undefined }
        const isOfEpoch = (entry.epoch ?? epoch) === epoch
        if (isOfEpoch && entry.previous === last) return { next: undefined, foreign }
        if (isOfEpoch && candidates.size < MAX_CANDIDATES) candidates.set(entry.id, entry)
      }
      foreign = raw[0]
    }
  }
  const state = await database.state()
  if (state?.epoch !== epoch) return undefined
  const newest = candidates.get(state.last)
  if (newest !== undefined) return { next: newest, foreign: undefined }
  const isMoreToCome = compareIds(state.last, foreign ?? read) > 0
  return isMoreToCome ? undefined : { next: undefined, foreign }
}
