/** Redis's way to write a position. */
import { MAX_SEQ, type Position } from '../log/position.js'

/** Stands before every entry. */
export const ORIGIN_ID = '0-0'

/** The largest milliseconds that an event ID has room for; the clock gets there in the year 5188. */
export const MAX_MS = 36 ** 9 - 1

const ID = /^(\d+)-(\d+)$/

/** Undefined when the text is no ID of an entry, or one that an event ID has no room for. */
export function parseStreamId(id: string): Position | undefined {
  const [, ms, seq] = ID.exec(id) ?? []
  const position = { ms: Number(ms), seq: Number(seq) }
  return position.ms <= MAX_MS && position.seq <= MAX_SEQ ? position : undefined
}

/** The position of an entry of ours. */
export function positionOf(id: string): Position {
  const position = parseStreamId(id)
  if (position === undefined) throw new TypeError(`"${id}" is no ID of a stream's entry`)
  return position
}

/** Compares IDs as Redis writes them, also those that are no positions: of 64 bits, which a number cannot hold. */
export function compareIds(a: string, b: string): number {
  const [msA = '', seqA = ''] = a.split('-')
  const [msB = '', seqB = ''] = b.split('-')
  return compareDigits(msA, msB) || compareDigits(seqA, seqB)
}

function compareDigits(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
