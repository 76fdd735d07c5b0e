/** A batch of the events of one channel, and which cursors can use it. */
import type { ChannelLog } from '../log/channel-log.js'
import { type Batch, BatchBuilder } from '../wire/batch.js'
import type { Cursor } from './cursor.js'

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

/** Makes a batch of the next events of a cursor, up to the size of one write. Moves the cursor past them. */
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
export function fits(shared: SharedBatch | undefined, cursor: Cursor, conflates: boolean): shared is SharedBatch {
  return (
    shared?.channel === cursor.channel &&
    shared.from === cursor.offset &&
    shared.tail === cursor.channel.tail &&
    shared.conflates === conflates &&
    (shared.latestUpTo === cursor.latestUpTo || shared.from >= Math.max(shared.latestUpTo, cursor.latestUpTo))
  )
}
