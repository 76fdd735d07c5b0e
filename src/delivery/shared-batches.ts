/**
 * Batches that readers share. Readers at the same place of a channel get the same bytes, so that events are joined, encoded
 * and framed once for all of them.
 */
import type { ChannelLog } from '../log/channel-log.js'
import { type Batch, BatchBuilder } from '../wire/batch.js'
import type { Cursor } from './cursor.js'
import { SharedMerges } from './shared-merges.js'

/** A batch, and the conditions under which a cursor can use it. */
export interface SharedBatch {
  readonly channel: ChannelLog
  /** `offset` and `latestUpTo` of the cursors that the batch is for. */
  readonly from: number
  readonly latestUpTo: number
  /** Whether events that a newer one of their key has replaced were left out. */
  readonly conflates: boolean
  /** Offset of the newest event of the channel when the batch was made. Later events may belong into the batch. */
  readonly tail: number
  /** Offset of a cursor that has read the batch. */
  readonly to: number
  /** Undefined if all events were left out. */
  readonly batch: Batch | undefined
  /** The number of events that were left out. */
  readonly conflated: number
}

/** 16 MiB. After an outage, readers may be at very many places, and each place makes a batch. */
const MAX_BYTES = 16 * 1024 * 1024

export class SharedBatches {
  /** Those of connections that are behind in several channels. */
  readonly merges = new SharedMerges()
  /** By channel and `from`. */
  readonly #byPlace = new Map<ChannelLog, Map<number, SharedBatch>>()
  #newest: SharedBatch | undefined
  #bytes = 0

  /** Returns the next events of a cursor, up to the size of one write. Moves the cursor past them. */
  take(cursor: Cursor, conflates: boolean): SharedBatch {
    let shared = this.#newest
    if (!fits(shared, cursor, conflates)) shared = this.#byPlace.get(cursor.channel)?.get(cursor.offset)
    if (!fits(shared, cursor, conflates)) shared = this.#share(takeBatch(cursor, conflates))
    cursor.offset = shared.to
    return shared
  }

  /** Drops all batches. Sockets keep a batch while they write it. */
  clear(): void {
    this.#newest = undefined
    this.#byPlace.clear()
    this.merges.clear()
    this.#bytes = 0
  }

  #share(shared: SharedBatch): SharedBatch {
    if (this.#bytes > MAX_BYTES) this.clear()
    if (shared.batch !== undefined) shared.batch.isShared = true
    this.#bytes += shared.batch?.chunk.length ?? 0
    let places = this.#byPlace.get(shared.channel)
    if (places === undefined) this.#byPlace.set(shared.channel, (places = new Map<number, SharedBatch>()))
    places.set(shared.from, shared)
    this.#newest = shared
    return shared
  }
}

/** Does the same as `take`, without sharing: for a cursor whose channel has no other reader. */
export function takeBatch(cursor: Cursor, conflates: boolean): SharedBatch {
  const { channel, offset: from, latestUpTo } = cursor
  const builder = new BatchBuilder({ conflates })
  while (!builder.isFull) {
    const event = cursor.peek()
    cursor.advance(event)
    if (event === undefined) break
    builder.add(event)
  }
  const { conflated } = builder
  return {
    channel,
    from,
    latestUpTo,
    conflates,
    tail: channel.tail,
    to: cursor.offset,
    batch: builder.build(),
    conflated,
  }
}

/** Whether a cursor can use a shared batch. */
function fits(shared: SharedBatch | undefined, cursor: Cursor, conflates: boolean): shared is SharedBatch {
  return (
    shared?.channel === cursor.channel &&
    shared.from === cursor.offset &&
    shared.tail === cursor.channel.tail &&
    shared.conflates === conflates &&
    (shared.latestUpTo === cursor.latestUpTo || shared.from >= Math.max(shared.latestUpTo, cursor.latestUpTo))
  )
}
