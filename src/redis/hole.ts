/**
 * Finds out what stands in the stream where the chain of entries seems to be broken. An entry of ours is named by the one
 * after it, or by the state; what nobody names was written by somebody else, however much it looks like ours.
 */
import type { Database, State } from './database.js'
import { decodeEntry, type StreamEntry } from './entry.js'
import { compareIds } from './stream-id.js'

export interface Hole {
  /** The first entry behind the missing ones; undefined when none is missing. */
  readonly next: StreamEntry | undefined
  /** ID of the newest entry that was written by somebody else, before the next one of ours. */
  readonly foreign: string | undefined
}

/** Entries that may turn out to be ours; more of somebody else's are not told apart. */
const MAX_CANDIDATES = 1000

/**
 * Looks at what follows after the newest entry in the log. `read` is where reading stopped. Undefined when that cannot
 * be told yet, since there is more to come.
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
