/** Groups publishes that wait for Redis into batches, one for each command. */
import type { LogEntry } from '../log/store.js'
import type { StoredPosition } from '../log/store.js'

export interface WaitingPublish {
  readonly entry: LogEntry
  /** Bytes that the publish counts for in `maxWaiting`. */
  readonly bytes: number
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

/** Returns how many of the first waiting publishes form the next batch. */
export function batchSize(waiting: { at(index: number): WaitingPublish | undefined; length: number }): number {
  let size = 0
  for (let bytes = 0; size < waiting.length && size < MAX_EVENTS; size++) {
    bytes += waiting.at(size)?.bytes ?? 0
    if (size > 0 && bytes > MAX_BYTES) break
  }
  return size
}

/** Returns the arguments of the publish script: whether the batch has a key, then five for each event. */
export function batchArguments({ publishes }: PublishBatch): string[] {
  const args = [publishes.some(({ entry }) => entry.key !== undefined) ? '1' : '']
  for (const { entry } of publishes) {
    const { channel, key, id, body } = entry
    args.push(channel, body, key === undefined ? '' : '1', key ?? '', id ?? '')
  }
  return args
}
