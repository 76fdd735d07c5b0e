/** IDs of stream entries: the form in which Redis writes positions. */
import { MAX_MS, MAX_SEQ, type Position } from '../log/position.js'

/** The ID before all entries. */
export const ORIGIN_ID = '0-0'

const ID = /^(\d+)-(\d+)$/

/** Returns undefined if the text is not an entry ID, or does not fit into an event ID. */
export function parseStreamId(id: string): Position | undefined {
  const [, ms, seq] = ID.exec(id) ?? []
  const position = { ms: Number(ms), seq: Number(seq) }
  return position.ms <= MAX_MS && position.seq <= MAX_SEQ ? position : undefined
}

/** Returns the position of an entry of this package. Throws for other IDs. */
export function positionOf(id: string): Position {
  const position = parseStreamId(id)
  if (position === undefined) throw new TypeError(`"${id}" is not the ID of a stream entry`)
  return position
}

/** Compares IDs as text, because IDs of other programs may have 64 bits, which a number cannot hold. */
export function compareIds(a: string, b: string): number {
  const [msA = '', seqA = ''] = a.split('-')
  const [msB = '', seqB = ''] = b.split('-')
  return compareDigits(msA, msB) || compareDigits(seqA, seqB)
}

function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
