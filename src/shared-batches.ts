/**
 * The batches that readers share: those that stand at the same place of a channel are handed the same bytes, so that
 * joining, encoding and framing happen once for all of them.
 */
import { type Batch, BatchBuilder } from './batch.js'
import type { ChannelLog } from './channel-log.js'
import type { Cursor } from './cursor.js'

/** A batch, and the conditions under which it is what a cursor has to read next. */
export interface SharedBatch {
  readonly channel: ChannelLog
  readonly from: number
  readonly latestUpTo: number
  readonly conflate: boolean
  /** The channel's newest event when the batch was made: one published later may belong in it. */
  readonly tail: number
  /** Where a cursor stands that has read it. */
  readonly to: number
  /** Undefined when all of its events were conflated. */
  readonly batch: Batch | undefined
  readonly conflated: number
}

/** 16 MiB: after an outage readers come to very many places at once, and must not each leave a batch behind. */
const MAX_BYTES = 16 * 1024 * 1024

export class SharedBatches {
  readonly #byPlace = new Map<ChannelLog, Map<number, SharedBatch>>()
  #newest: SharedBatch | undefined
  #bytes = 0

  /** What a cursor has to read next, as far as one write goes; moves the cursor behind it. */
  read(cursor: Cursor, conflate: boolean): SharedBatch {
    let shared = this.#newest
    if (!fits(shared, cursor, conflate)) shared = this.#byPlace.get(cursor.channel)?.get(cursor.number)
    if (!fits(shared, cursor, conflate)) shared = this.#share(read(cursor, conflate))
    cursor.number = shared.to
    return shared
  }

  /** Lets go of them all; what a socket still writes lives as long as it does. */
  clear(): void {
    this.#newest = undefined
    this.#byPlace.clear()
    this.#bytes = 0
  }

  #share(shared: SharedBatch): SharedBatch {
    if (this.#bytes > MAX_BYTES) this.clear()
    this.#bytes += shared.batch?.chunk.length ?? 0
    let places = this.#byPlace.get(shared.channel)
    if (places === undefined) this.#byPlace.set(shared.channel, (places = new Map<number, SharedBatch>()))
    places.set(shared.from, shared)
    this.#newest = shared
    return shared
  }
}

/** The same for a cursor that shares with nobody. */
export function read(cursor: Cursor, conflate: boolean): SharedBatch {
  const { channel, number: from, latestUpTo } = cursor
  const builder = new BatchBuilder()
  for (let event = cursor.next(); event !== undefined && !builder.isFull; event = cursor.next()) {
    cursor.number = event.number
    if (conflate && event.replaced) builder.conflated++
    else builder.add(event)
  }
  const { conflated } = builder
  return {
    channel,
    from,
    latestUpTo,
    conflate,
    tail: channel.tail,
    to: cursor.number,
    batch: builder.build(),
    conflated,
  }
}

function fits(shared: SharedBatch | undefined, cursor: Cursor, conflate: boolean): shared is SharedBatch {
  return (
    shared?.channel === cursor.channel &&
    shared.from === cursor.number &&
    shared.tail === cursor.channel.tail &&
    shared.conflate === conflate &&
    (shared.latestUpTo === cursor.latestUpTo || shared.from >= Math.max(shared.latestUpTo, cursor.latestUpTo))
  )
}
