/**
 * Positions in a log and the event IDs made of them. Pure.
 *
 * A position is a pair of milliseconds and a sequence number, as Redis Streams number their entries, so that a log in
 * memory and one in Redis speak of the same thing. The ID on the wire adds the log's epoch: an ID of another epoch
 * belongs to a log that is gone, and no comparison with it means anything.
 */

export interface Position {
  readonly ms: number
  readonly seq: number
}

/** Below every event: the cursor of a reader that has read nothing. */
export const ORIGIN: Position = { ms: 0, seq: 0 }

/** The largest sequence number that an ID has room for; no clock stands still for two billion events. */
export const MAX_SEQ = 36 ** 6 - 1

const EPOCH_LENGTH = 7
const ID = /^([0-9a-z]{1,9})-([0-9a-z]{1,6})-([0-9a-z]{7})$/

/** Negative when `a` comes before `b`, 0 when they are the same, positive when it comes after. */
export function comparePositions(a: Position, b: Position): number {
  return a.ms - b.ms || a.seq - b.seq
}

/** The position of the next event: the clock's, but never at or before the last one, wherever the clock has gone. */
export function nextPosition(last: Position, now: number): Position {
  return now > last.ms ? { ms: now, seq: 0 } : { ms: last.ms, seq: last.seq + 1 }
}

/** The position right before another: all that is at or before it has been read, the other has not. */
export function positionBefore(position: Position): Position {
  if (position.seq > 0) return { ms: position.ms, seq: position.seq - 1 }
  return position.ms > 0 ? { ms: position.ms - 1, seq: MAX_SEQ } : ORIGIN
}

/** A new epoch: random, so that two processes, or one before and after its restart, do not take each other's IDs. */
export function createEpoch(): string {
  const bits = crypto.getRandomValues(new Uint32Array(EPOCH_LENGTH))
  return Array.from(bits, (n) => (n % 36).toString(36)).join('')
}

/**
 * At most 24 ASCII bytes, opaque to clients: short, because clients send it back in a header. To write out milliseconds
 * costs as much as all the rest; who has them written out already hands them in.
 */
export function formatId({ ms, seq }: Position, epoch: string, writtenMs = writeMs(ms)): string {
  return `${writtenMs}-${seq.toString(36)}-${epoch}`
}

/** The milliseconds as IDs have them. */
export function writeMs(ms: number): string {
  return ms.toString(36)
}

/** Undefined when the text is no ID of this form: an app's own, or garbage. */
export function parseId(id: string): { position: Position; epoch: string } | undefined {
  const [, ms, seq, epoch] = ID.exec(id) ?? []
  if (ms === undefined || seq === undefined || epoch === undefined) return undefined
  return { position: { ms: parseInt(ms, 36), seq: parseInt(seq, 36) }, epoch }
}
