/** A snapshot of one channel, encoded once for all connections. */
import { SseError } from '../errors.js'
import type { Position } from '../log/position.js'
import type { ViewedEvent } from '../log/published-event.js'
import { memoryOf } from '../log/sizes.js'
import { Batch } from '../wire/batch.js'
import { encodeBody, endBody, type Message } from '../wire/format.js'

export interface Snapshot {
  /** The channel. */
  readonly name: string
  /** The newest position of the log before the state was loaded. */
  readonly position: Position
  /** Generation of the log that the position belongs to. */
  readonly generation: number
  /** The messages one by one, for filters. */
  readonly messages: readonly ViewedEvent[]
  /** All messages; undefined if there are none. */
  readonly batch: Batch | undefined
  /** Bytes that the snapshot counts for. */
  readonly size: number
}

/** Bytes of the objects that hold a message. */
const MESSAGE_OVERHEAD = 128

/**
 * The messages have no ID. A client that disconnects in the middle of a snapshot must not resume after its end.
 *
 * @throws `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent, or that has an own ID
 */
export function encodeSnapshot(
  messages: Message | readonly Message[],
  { name, position, generation }: Pick<Snapshot, 'name' | 'position' | 'generation'>,
): Snapshot {
  const views = [messages].flat().map((message: Message): ViewedEvent => {
    const text = endBody(encodeBody(message))
    if (message.id !== undefined) throw ownId(name)
    return { channel: { name }, position, key: message.key, ownId: undefined, text }
  })
  const batch = joinTexts(views)
  const chunk = batch?.chunk.length ?? 0
  const size = views.reduce((sum, { text }) => sum + memoryOf(text) + MESSAGE_OVERHEAD, chunk + memoryOf(name))
  return { name, position, generation, messages: views, batch, size }
}

/** Joins messages for one write. They do not count as delivered events of the log. */
export function joinTexts(messages: readonly ViewedEvent[]): Batch | undefined {
  const text = messages.map((message) => message.text).join('')
  if (text === '') return undefined
  const batch = Batch.ofText(text)
  batch.isShared = true
  return batch
}

function ownId(name: string): SseError {
  return new SseError('ERR_SSE_MESSAGE', `a message of snapshot.load("${name}") must not have an id; leave it out`)
}
