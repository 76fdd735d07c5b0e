/** Publishes that wait for Redis, and how many of them go in one command. */
import type { LogEntry } from '../log.js'
import type { StoredPosition } from '../store.js'
import { latestField } from './entry.js'

export interface WaitingPublish {
  readonly entry: LogEntry
  /** When it is given up, in milliseconds on the monotonic clock. */
  readonly deadline: number
  /** Whether it does not count as waiting any more: answered, or given up. */
  isSettled: boolean
  readonly resolve: (position: StoredPosition) => void
  readonly reject: (error: Error) => void
}

/** Redis does nothing else while it runs a script: at most so much in one, about half a millisecond. */
const MAX_EVENTS = 100
const MAX_LENGTH = 256 * 1024

export interface Batch {
  readonly number: number
  readonly publishes: readonly WaitingPublish[]
}

/** How many of the publishes in front make up the next batch. */
export function batchSize(waiting: { peekAt(index: number): WaitingPublish | undefined; length: number }): number {
  let size = 0
  for (let length = 0; size < waiting.length && size < MAX_EVENTS; size++) {
    length += waiting.peekAt(size)?.entry.body.length ?? 0
    if (size > 0 && length > MAX_LENGTH) break
  }
  return size
}

/** The arguments of the script, five for each event. */
export function batchArguments({ publishes }: Batch): string[] {
  const args: string[] = []
  for (const { entry } of publishes) {
    const { channel, key, id, body } = entry
    args.push(channel, body, key === undefined ? '' : latestField(channel, key), key ?? '', id ?? '')
  }
  return args
}
