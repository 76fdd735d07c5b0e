/** Makes the events of a log: adds the place in the channel, the ID and the encoded text to an entry. */
import { endBody, endEvent, isEvent } from '../wire/format.js'
import type { ChannelLog, LogEvent } from './channel-log.js'
import type { EventIds, Position } from './position.js'
import { sizeOf } from './sizes.js'
import type { EventEntry } from './store.js'

/** Makes the next event of a channel. `at` is in milliseconds of a monotonic clock. */
export function createEvent(
  channel: ChannelLog,
  position: Position,
  { key, id: ownId, body }: EventEntry,
  { ids, at }: { ids: EventIds; at: number },
): LogEvent {
  // Hot path: `isEvent` looks at the whole text, whose ID changes no answer. V8 joins the parts of a string at the first
  // look, so they are copied once. `Buffer.byteLength` takes twice as long on parts.
  const withId = endEvent(body, ownId ?? ids.of(position))
  const text = isEvent(withId) || ownId !== undefined ? withId : endBody(body)
  const bytes = Buffer.byteLength(text)
  return {
    channel,
    position,
    offset: channel.tail + 1,
    key,
    ownId,
    text,
    bytes,
    size: sizeOf(text, bytes, key, ownId),
    // A whole number, because V8 allocates a heap object for each fraction.
    at: Math.floor(at),
    replaced: false,
    older: undefined,
    newer: undefined,
  }
}
