/**
 * The form of event IDs that an app may give. A client sends its last event ID back in a header, so an ID has to survive
 * that. Pure.
 */

/** IDs that the package itself gives out: milliseconds, sequence number and epoch, in base 36. */
export const PACKAGE_ID = /^([0-9a-z]{1,9})-([0-9a-z]{1,6})-([0-9a-z]{7})$/

/** Longer last event IDs are not accepted back: they travel in a header, and an oversized header is a 431. */
export const MAX_ID_BYTES = 1024

/** Each of these once came back changed, or not at all, from Chromium, `eventsource` or undici. */
const NOT_PRINTABLE_ASCII = /[^ -~]/

/** Control characters, and blanks that every client and server trims. */
const NEVER_SENT_BACK = /[^ -~\u0080-\u{10FFFF}]|^ | $/u

/** What is wrong with an app's own ID, to go on after "id must"; undefined when nothing is. */
export function faultOfId(id: string): string | undefined {
  const at = id.search(NOT_PRINTABLE_ASCII)
  if (at >= 0) {
    return `be printable ASCII, so that every client can send it back in a header; got ${nameOf(id, at)} at index ${at}`
  }
  if (id === '') return 'not be empty'
  if (id.startsWith(' ') || id.endsWith(' ')) return `not begin or end with a blank, which headers lose; got "${id}"`
  if (id.length > MAX_ID_BYTES) return `be at most ${MAX_ID_BYTES} bytes; got ${id.length}`
  if (PACKAGE_ID.test(id)) {
    return `not have the form of the package's own IDs, as "${id}" has; leave it out, or put a word and a colon before it`
  }
  return undefined
}

/** Whether a last event ID has what no log has given out. It need not be ASCII: an earlier server may have given it. */
export function isForgedId(id: string): boolean {
  return Buffer.byteLength(id) > MAX_ID_BYTES || NEVER_SENT_BACK.test(id)
}

function nameOf(text: string, at: number): string {
  const code = text.codePointAt(at) ?? 0
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
}
