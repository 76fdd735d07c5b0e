/** What events and channels count for in every bound: bytes of memory, so that all that grows with input counts. */

/** Bytes of the objects that hold an event. */
export const EVENT_OVERHEAD = 256
/** Bytes of the objects that hold a channel. */
const CHANNEL_OVERHEAD = 768

/** Bytes of an event: its text, its key, its own ID, and the objects that hold them. */
export function sizeOf(text: string, bytes: number, key = '', ownId = ''): number {
  return EVENT_OVERHEAD + memoryOf(text, bytes) + memoryOf(key) + memoryOf(ownId)
}

/** Bytes of a channel beside its events. */
export function sizeOfChannel(name: string): number {
  return CHANNEL_OVERHEAD + memoryOf(name)
}

/** V8 keeps a text in one byte per character, or in two when one of them is above U+00FF. */
export function memoryOf(text: string, bytes = Buffer.byteLength(text)): number {
  return bytes === text.length ? bytes : Math.max(bytes, 2 * text.length)
}
