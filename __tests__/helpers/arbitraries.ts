// Messages of every kind the event stream format can carry, for properties; the odd ones more often than chance has it.
import fc from 'fast-check'
import type { Message } from '../../src/index.js'

/** Text with what has broken event streams before: line ends, colons, spaces, NUL, a byte order mark, astral characters. */
const oddPieces = ['\r\n', '\n', '\r', '\0', ' ', ':', '\uFEFF', '😀', 'é', '\u2028', '\u0085', 'data: x', 'id: 1', 'a']

const SURROGATES = { first: 0xd800, count: 0x800 }

/**
 * Any character but a lone surrogate. The unit 'binary' of fast-check is the same, but builds a table of all of them, which
 * takes a second in each suite.
 */
export const anyCharacter = fc
  .nat(0x10ffff - SURROGATES.count)
  .map((n) => String.fromCodePoint(n < SURROGATES.first ? n : n + SURROGATES.count))

/** Any text without lone surrogates, which no encoding for the wire can hold. */
export const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...oddPieces), maxLength: 12 }),
)

/** As above, without what would end a line and without NUL. */
export const oneLine = anyText.map((text) => text.replace(/[\r\n\0]/g, ''))

export const eventType = oneLine.filter((type) => !type.startsWith('sse-'))

/** An ID that clients can send back in a header: printable ASCII without a blank at either end. */
export const ownId = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 }).filter((id) => id.trim() === id)

/** Text, or what becomes JSON. */
export const anyData: fc.Arbitrary<unknown> = fc.oneof(anyText, fc.jsonValue())

export const anyMessage: fc.Arbitrary<Message> = fc
  .record(
    {
      event: eventType,
      data: anyData,
      id: ownId,
      key: anyText,
      retry: fc.nat(),
      comment: anyText,
    },
    { requiredKeys: [] },
  )
  .filter((message) => Object.keys(message).some((field) => field !== 'key'))

/** The data of a message as its client reads it: the three line ends of the format all come out as one. */
export function asReceived(data: unknown): string {
  return typeof data === 'string' ? data.replace(/\r\n|\r/g, '\n') : JSON.stringify(data)
}
