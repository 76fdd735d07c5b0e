/**
 * Positions in a log, and the event IDs made of them. Pure.
 *
 * A position is a pair of milliseconds and a sequence number, like the IDs of Redis Streams, so that both stores number
 * events in the same way. The ID on the wire adds the log's epoch: an ID of another epoch belongs to a log that is gone,
 * and cannot be compared.
 */
import { PACKAGE_ID } from '../wire/id-form.js'

export interface Position {
  readonly ms: number
  readonly seq: number
}

/** Below every event: the position of a reader that has read nothing. */
export const ORIGIN: Position = { ms: 0, seq: 0 }

/** The largest sequence number that an ID has room for. No clock stands still for two billion events. */
export const MAX_SEQ = 36 ** 6 - 1

const EPOCH_LENGTH = 7

/** Negative when `a` comes before `b`, 0 when they are the same, positive when `a` comes after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.ms - b.ms || a.seq - b.seq
}

/**
 * The position of the next event: the clock's, but always after the last one, also when the clock was set back.
 *
 * ```ts
 * last = nextPosition(last, Date.now())
 * ```
 */
export function nextPosition(last: Position, now: number): Position {
  return now > last.ms ? { ms: now, seq: 0 } : { ms: last.ms, seq: last.seq + 1 }
}

/** The position right before another one. */
export function positionBefore(position: Position): Position {
  if (position.seq > 0) return { ms: position.ms, seq: position.seq - 1 }
  return position.ms > 0 ? { ms: position.ms - 1, seq: MAX_SEQ } : ORIGIN
}

/**
 * A random epoch, so that IDs of two processes, or from before and after a restart, are never taken for each other.
 *
 * ```ts
 * log.begin(createEpoch(), nextPosition({ ms: 0, seq: 0 }, Date.now()))
 * ```
 */
export function createEpoch(): string {
  const bits = crypto.getRandomValues(new Uint32Array(EPOCH_LENGTH))
  return Array.from(bits, (n) => (n % 36).toString(36)).join('')
}

/** At most 24 ASCII bytes, opaque to clients. IDs are short because clients send them back in a header. */
export function formatId({ ms, seq }: Position, epoch: string): string {
  return join(ms.toString(36), seq, epoch)
}

/** Undefined when the text is not an ID of this form. */
export function parseId(id: string): { position: Position; epoch: string } | undefined {
  const [, ms, seq, epoch] = PACKAGE_ID.exec(id) ?? []
  if (ms === undefined || seq === undefined || epoch === undefined) return undefined
  return { position: { ms: parseInt(ms, 36), seq: parseInt(seq, 36) }, epoch }
}

/** The event IDs of one log. */
export class EventIds {
  readonly epoch: string
  #ms = NaN
  #msText = ''

  constructor(epoch: string) {
    this.epoch = epoch
  }

  /** Hot path: caches the base-36 milliseconds, which many events share and which cost as much as all the rest. */
  of({ ms, seq }: Position): string {
    if (ms !== this.#ms) {
      this.#ms = ms
      this.#msText = ms.toString(36)
    }
    return join(this.#msText, seq, this.epoch)
  }
}

function join(ms: string, seq: number, epoch: string): string {
  return `${ms}-${seq.toString(36)}-${epoch}`
}
