/** Redis's way to write a position. */
import { comparePositions, type Position } from '../position.js'

/** Stands before every entry. */
export const ORIGIN_ID = '0-0'

const ID = /^(\d{1,15})-(\d{1,15})$/

/** Undefined when the text is no ID of an entry. */
export function parseStreamId(id: string): Position | undefined {
  const [, ms, seq] = ID.exec(id) ?? []
  return ms === undefined || seq === undefined ? undefined : { ms: Number(ms), seq: Number(seq) }
}

/** An ID that Redis has made. */
export function positionOf(id: string): Position {
  const position = parseStreamId(id)
  if (position === undefined) throw new TypeError(`"${id}" is no ID of a stream's entry`)
  return position
}

export function compareIds(a: string, b: string): number {
  return a === b ? 0 : comparePositions(positionOf(a), positionOf(b))
}
