/**
 * Checks event IDs of the app. A client sends its last event ID back in a header, so IDs must be valid header values.
 * Pure.
 */

/** The end of the ID of `sse-end`. It tells the server that the client has received everything. */
export const END_SUFFIX = '-end'

/** IDs that the package gives out: milliseconds, sequence number and epoch, in base 36. An end ID has a suffix too. */
export const PACKAGE_ID = /^([0-9a-z]{1,9})-([0-9a-z]{1,6})-([0-9a-z]{7})(-end)?$/

/** The longest ID in bytes. Servers answer 431 to requests with oversized headers. */
export const MAX_ID_BYTES = 1024

/** Chromium, `eventsource` or undici send each of these characters back changed, or not at all. */
const NOT_PRINTABLE_ASCII = /[^ -~]/

/** Control characters, and spaces that every client and server trims. */
const NEVER_SENT_BACK = /[^ -~\u0080-\u{10FFFF}]|^ | $/u

/** Returns the fault of an ID of the app, to follow "id must "; undefined for a valid ID. */
export function faultOfId(id: string): string | undefined {
  const at = id.search(NOT_PRINTABLE_ASCII)
  if (at >= 0) {
    return `be printable ASCII, so that every client can send it back in a header; got ${nameOf(id, at)} at index ${at}`
  }
  if (id === '') return 'not be empty; got ""'
  if (id.startsWith(' ') || id.endsWith(' ')) return `not begin or end with a space, which headers lose; got "${id}"`
  if (id.length > MAX_ID_BYTES) return `be at most ${MAX_ID_BYTES} bytes; got ${id.length}`
  if (PACKAGE_ID.test(id)) {
    return `not have the form of the package's own IDs; got "${id}". Leave it out, or put a word and a colon before it`
  }
  return undefined
}

/** Returns the ID before the suffix of an end ID; undefined for other IDs. */
export function beforeEnd(id: string): string | undefined {
  return id.endsWith(END_SUFFIX) && PACKAGE_ID.test(id) ? id.slice(0, -END_SUFFIX.length) : undefined
}

/** Whether no server can have given out this last event ID. Servers before this package may use IDs that are not ASCII. */
export function isForgedId(id: string): boolean {
  return Buffer.byteLength(id) > MAX_ID_BYTES || NEVER_SENT_BACK.test(id)
}

function nameOf(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
