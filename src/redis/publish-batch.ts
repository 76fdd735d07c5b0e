/** Groups publishes that wait for Redis into batches, one for each command. */
import type { LogEntry, StoredPosition, UnknownEntry } from '../log/store.js'

/** The entries that this version of the package can write. */
export type WritableEntry = Exclude<LogEntry, UnknownEntry>

export interface WaitingPublish {
  readonly entry: WritableEntry
  /** Bytes that the publish counts for in `maxWaiting`. */
  readonly bytes: number
  /** Whether it goes into the same batch as the publish before it. */
  readonly isJoined: boolean
  /** When the publish times out, in milliseconds on the monotonic clock. */
  readonly deadline: number
  /** Whether the publish was confirmed, refused or timed out, and no longer counts. */
  isSettled: boolean
  readonly resolve: (position: StoredPosition) => void
  readonly reject: (error: Error) => void
}

/** Bounds of one batch. Redis serves no other client while it runs a script, so each takes a few milliseconds at most. */
const MAX_EVENTS = 1000
const MAX_BYTES = 1024 * 1024

export interface PublishBatch {
  /** Rises with each batch, so that Redis recognises one that is sent twice. */
  readonly number: number
  readonly publishes: readonly WaitingPublish[]
}

/** Returns how many of the first waiting publishes form the next batch. Joined ones are never split: they may exceed it. */
export function batchSize(waiting: { at(index: number): WaitingPublish | undefined; length: number }): number {
  let size = 0
  for (let bytes = 0; size < waiting.length; size++) {
    const publish = waiting.at(size)
    bytes += publish?.bytes ?? 0
    if (size > 0 && publish?.isJoined !== true && (size >= MAX_EVENTS || bytes > MAX_BYTES)) break
  }
  return size
}

/** Returns the arguments of the publish script: what the batch does with latest events, then five for each entry. */
export function batchArguments({ publishes }: PublishBatch): string[] {
  const sets = publishes.some(({ entry }) => entry.kind === undefined && entry.key !== undefined)
  const forgets = publishes.some(({ entry }) => entry.kind === 'forget')
  const args = [sets ? '1' : '', forgets ? '1' : '']
  for (const { entry } of publishes) args.push(...entryArguments(entry))
  return args
}

/** Five arguments: what kind of entry it is, then channel, body, key or owner, and own ID or origin. */
function entryArguments(entry: WritableEntry): string[] {
  switch (entry.kind) {
    case undefined:
      return [entry.key === undefined ? '' : 'set', entry.channel, entry.body, entry.key ?? '', entry.id ?? '']
    case 'forget':
      return [entry.kind, entry.channel, '', entry.key, '']
    case 'disconnect':
      return [entry.kind, '', '', entry.owner, entry.by]
  }
}
