/**
 * Positions in a log, and the event IDs made of them. Pure.
 *
 * A position is a pair of milliseconds and a sequence number. IDs of Redis Streams are such pairs, so both stores number
 * events in the same way. The ID on the wire adds the log's epoch. IDs of other epochs belong to other logs, so they
 * cannot be compared.
 */
import { inspect } from 'node:util'
import { PACKAGE_ID } from '../wire/id-form.js'

/** The place of an event in the log. Positions rise with each event of a registry. Event IDs are made of them. */
export interface Position {
  /** Milliseconds since 1970, at most 36⁹ − 1. */
  readonly ms: number
  /** Tells events of one millisecond apart: a whole number from 0 to 36⁶ − 1. */
  readonly seq: number
}

/** The position before all events. */
export const ORIGIN: Position = { ms: 0, seq: 0 }

/** The largest sequence number that fits into an event ID. */
export const MAX_SEQ = 36 ** 6 - 1

/** The largest milliseconds that fit into an event ID: the year 5188. */
export const MAX_MS = 36 ** 9 - 1

const EPOCH_LENGTH = 7

/** Whether a value of a store can be the position of an event: event IDs have no room for other numbers. */
export function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null) return false
  const { ms, seq } = value as Partial<Position>
  return isWithin(ms, MAX_MS) && isWithin(seq, MAX_SEQ)
}

/** Shows a value that should be a position, for messages. */
export function showPosition(value: unknown): string {
  if (typeof value !== 'object' || value === null) return inspect(value)
  const { ms, seq } = value as Partial<Position>
  return inspect({ ms, seq }, { depth: 0, breakLength: Infinity })
}

function isWithin(value: unknown, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most
}

/** Negative when `a` comes before `b`, 0 when they are the same, positive when `a` comes after `b`. */
export function comparePositions(a: Position, b: Position): number {
  return a.ms - b.ms || a.seq - b.seq
}

/**
 * Returns the position of the next event, for authors of stores. `now` is in milliseconds since 1970. The position comes
 * after `last` even if the clock was set back.
 *
 * @example
 * ```ts
 * import { nextPosition } from 'express-sse-channels'
 *
 * let last = { ms: 0, seq: 0 }
 * last = nextPosition(last, Date.now())
 * ```
 */
export function nextPosition(last: Position, now: number): Position {
  return now > last.ms ? new HeldPosition(now, 0) : new HeldPosition(last.ms, last.seq + 1)
}

/**
 * Hot path: not an object literal. V8 allocates literals that live long in old space, which took a sixth of the time of a publish
 * over 10,000 channels. A literal would also hold its own heap number: 16 bytes more for each event of one millisecond.
 */
class HeldPosition implements Position {
  readonly ms: number
  readonly seq: number

  constructor(ms: number, seq: number) {
    this.ms = ms
    this.seq = seq
  }
}

/** Returns the position right before another one. */
export function positionBefore(position: Position): Position {
  if (position.seq > 0) return { ms: position.ms, seq: position.seq - 1 }
  return position.ms > 0 ? { ms: position.ms - 1, seq: MAX_SEQ } : ORIGIN
}

/**
 * Returns a random epoch, for authors of stores: 7 characters of base 36. Each log has its own epoch, so that IDs of two
 * processes, or of times before and after a restart, are never confused.
 *
 * @example
 * ```ts
 * import { createEpoch, type StoreLog } from 'express-sse-channels'
 *
 * export const start = (log: StoreLog) => log.begin(createEpoch(), { ms: Date.now(), seq: 0 })
 * ```
 */
export function createEpoch(): string {
  const bits = crypto.getRandomValues(new Uint32Array(EPOCH_LENGTH))
  return Array.from(bits, (n) => (n % 36).toString(36)).join('')
}

/** Returns an ID of at most 24 ASCII bytes. IDs are short because clients send them back in a header. */
export function formatId({ ms, seq }: Position, epoch: string): string {
  return `${ms.toString(36)}-${seq.toString(36)}-${epoch}`
}

/** Returns undefined if the text is not an ID of this form. */
export function parseId(id: string): { position: Position; epoch: string } | undefined {
  if (!PACKAGE_ID.test(id)) return undefined
  const [ms, seq, epoch] = id.split('-') as [string, string, string]
  return { position: { ms: parseInt(ms, 36), seq: parseInt(seq, 36) }, epoch }
}

/** The sequence numbers of two digits, which nearly all events have, in base 36. To write one takes longer than to add it. */
const SHORT_SEQS = Array.from({ length: 36 ** 2 }, (_, seq) => seq.toString(36))

/**
 * The event IDs of one log.
 *
 * Hot path: keeps the text before the sequence number, which the events of a millisecond share, and the text after it. So an ID
 * is made of two additions, not of four. Keeps the newest ID too, because a publish asks for it twice: for the text of the
 * event, and for its promise.
 */
export class EventIds {
  readonly epoch: string
  readonly #end: string
  #ms = 0
  #start = '0-'
  #seq = 0
  #id: string

  constructor(epoch: string) {
    this.epoch = epoch
    this.#end = `-${epoch}`
    this.#id = formatId(ORIGIN, epoch)
  }

  of({ ms, seq }: Position): string {
    if (ms === this.#ms && seq === this.#seq) return this.#id
    if (ms !== this.#ms) this.#start = `${ms.toString(36)}-`
    this.#ms = ms
    this.#seq = seq
    return (this.#id = this.#start + (SHORT_SEQS[seq] ?? seq.toString(36)) + this.#end)
  }
}
