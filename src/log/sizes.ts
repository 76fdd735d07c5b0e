/** Estimates the memory of events and channels in bytes, for all bounds. Everything that grows with input counts. */
// Hot path: imported, because the global `Buffer` is a getter.
import { Buffer } from 'node:buffer'
import type { LogEntry } from './store.js'

/** Bytes of the objects that hold an event, and of the map entries for its key and its own ID. */
const EVENT_OVERHEAD = 256
const KEY_OVERHEAD = 64
const OWN_ID_OVERHEAD = 128
/** Bytes of the objects that hold a channel. */
const CHANNEL_OVERHEAD = 768

/** Bytes of an event: its text, its key, its own ID, and the objects that hold them. */
export function sizeOf(text: string, bytes: number, key?: string, ownId?: string): number {
  let size = EVENT_OVERHEAD + memoryOf(text, bytes)
  if (key !== undefined) size += KEY_OVERHEAD + memoryOf(key)
  if (ownId !== undefined) size += OWN_ID_OVERHEAD + memoryOf(ownId)
  return size
}

/** Bytes of an entry that is not in the log yet. Its channel name counts too, because no channel holds the name yet. */
export function sizeOfEntry(entry: LogEntry): number {
  switch (entry.kind) {
    case undefined:
      return sizeOf(entry.body, Buffer.byteLength(entry.body), entry.key, entry.id) + memoryOf(entry.channel)
    case 'forget':
      return sizeOf('', 0, entry.key) + memoryOf(entry.channel)
    case 'disconnect':
      return sizeOf('', 0, entry.owner, entry.by)
    case 'unknown':
      return sizeOf('', 0)
  }
}

/** Bytes of a channel without its events. */
export function sizeOfChannel(name: string): number {
  return CHANNEL_OVERHEAD + memoryOf(name)
}

/** V8 stores one byte per character, or two if any character is above U+00FF. */
export function memoryOf(text: string, bytes = Buffer.byteLength(text)): number {
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length)
}
