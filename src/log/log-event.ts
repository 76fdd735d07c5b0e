/** Makes the events of a log: adds the place in the channel, the ID and the encoded text to an entry. */
// Hot path: imported, because the global `Buffer` is a getter.
import { Buffer } from 'node:buffer'
import { endBody, endEvent, isEvent } from '../wire/format.js'
import type { ChannelLog, LogEvent } from './channel-log.js'
import type { EventIds, Position } from './position.js'
import { sizeOf } from './sizes.js'
import type { EventEntry } from './store.js'

/** Makes the next event of a channel. `at` is in milliseconds of a monotonic clock. */
export function createEvent(
  channel: ChannelLog,
  position: Position,
  entry: EventEntry,
  { ids, at }: { ids: EventIds; at: number },
): LogEvent {
  return new HeldEvent(channel, position, entry, ids, at)
}

/**
 * Hot path: not an object literal. V8 allocates literals that live long in old space, which took a third of the time of a publish
 * over 10,000 channels.
 */
class HeldEvent implements LogEvent {
  readonly channel: ChannelLog
  readonly position: Position
  readonly offset: number
  readonly key: string | undefined
  readonly ownId: string | undefined
  readonly text: string
  readonly bytes: number
  readonly size: number
  readonly at: number
  replaced = false
  older: LogEvent | undefined
  newer: LogEvent | undefined

  constructor(channel: ChannelLog, position: Position, { key, id, body }: EventEntry, ids: EventIds, at: number) {
    // Hot path: `isEvent` looks at the whole text, whose ID changes no answer. V8 joins the parts of a string at the first
    // look, so they are copied once. `Buffer.byteLength` takes twice as long on parts.
    const withId = endEvent(body, id ?? ids.of(position))
    this.text = isEvent(withId) || id !== undefined ? withId : endBody(body)
    this.bytes = Buffer.byteLength(this.text)
    this.size = sizeOf(this.text, this.bytes, key, id)
    this.channel = channel
    this.position = position
    this.offset = channel.tail + 1
    this.key = key
    this.ownId = id
    // A whole number, because V8 allocates a heap object for each fraction.
    this.at = Math.floor(at)
  }
}
