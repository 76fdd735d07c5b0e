/** Publishes that wait for Redis, and how many of them go in one command. */
import type { LogEntry } from '../log/store.js'
import type { StoredPosition } from '../log/store.js'

export interface WaitingPublish {
  readonly entry: LogEntry
  /** What it occupies, in bytes. */
  readonly bytes: number
  /** When it is given up, in milliseconds on the monotonic clock. */
  readonly deadline: number
  /** Whether it does not count as waiting any more: answered, or given up. */
  isSettled: boolean
  readonly resolve: (position: StoredPosition) => void
  readonly reject: (error: Error) => void
}

/** Redis does nothing else while it runs a script: at most so much in one, a few milliseconds. */
const MAX_EVENTS = 1000
const MAX_BYTES = 1024 * 1024

export interface Batch {
  readonly number: number
  readonly publishes: readonly WaitingPublish[]
}

/** How many of the publishes in front make up the next batch. */
export function batchSize(waiting: { peekAt(index: number): WaitingPublish | undefined; length: number }): number {
  let size = 0
  for (let bytes = 0; size < waiting.length && size < MAX_EVENTS; size++) {
    bytes += waiting.peekAt(size)?.bytes ?? 0
    if (size > 0 && bytes > MAX_BYTES) break
  }
  return size
}

/** The arguments of the script: whether there is a key in the batch, and five for each event. */
export function batchArguments({ publishes }: Batch): string[] {
  const args = [publishes.some(({ entry }) => entry.key !== undefined) ? '1' : '']
  for (const { entry } of publishes) {
    const { channel, key, id, body } = entry
    args.push(channel, body, key === undefined ? '' : '1', key ?? '', id ?? '')
  }
  return args
}
