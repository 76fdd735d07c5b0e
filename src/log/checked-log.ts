/**
 * Checks what a store gives to the log. A wrong beginning throws, because the store cannot go on. A wrong entry is reported
 * and left out: what calls `append` is often a listener of the store, where an error would end the process.
 */
import { inspect } from 'node:util'
import { SseError } from '../errors.js'
import { comparePositions, isPosition, showPosition, type Position } from './position.js'
import type { HeldEvents, LogBounds, LogEntry, StoredEntry, StoredEvent, StoreLog } from './store.js'

const EPOCH = /^[0-9a-z]{7}$/

export class CheckedLog implements StoreLog {
  readonly bounds: LogBounds
  readonly #log: StoreLog
  readonly #onMistake: (mistake: SseError) => void
  /** Position of the newest entry, or where the log began; undefined before. */
  #last: Position | undefined

  constructor(log: StoreLog, onMistake = (mistake: SseError) => log.report(mistake)) {
    this.bounds = log.bounds
    this.#log = log
    this.#onMistake = onMistake
  }

  begin(epoch: string, position: Position, held?: HeldEvents): void {
    if (typeof epoch !== 'string' || !EPOCH.test(epoch)) {
      throw wrong(`begin() of the log takes an epoch of createEpoch(), 7 characters of base 36; got ${inspect(epoch)}`)
    }
    if (!isPosition(position)) throw wrong(`begin() of the log takes a position; got ${showPosition(position)}`)
    this.#last = lastOf(position, held?.events ?? [])
    this.#log.begin(epoch, position, held)
  }

  append(position: Position, entry: LogEntry): void {
    if (this.#isNext('append', position)) this.#log.append(position, entry)
  }

  skip(position: Position, latest: readonly StoredEvent[], incomplete?: readonly string[]): void {
    if (this.#isNext('skip', position)) this.#log.skip(position, latest, incomplete)
  }

  unavailable(cause: unknown): void {
    this.#log.unavailable(cause)
  }

  available(): void {
    this.#log.available()
  }

  report(error: unknown): void {
    this.#log.report(error)
  }

  /** Whether a position may come next. Reports it if not. */
  #isNext(method: string, position: Position): boolean {
    const fault = this.#last === undefined ? 'was called before begin()' : faultAfter(this.#last, position)
    if (fault === undefined) this.#last = position
    else this.#onMistake(wrong(`${method}() of the log ${fault}; the entry is left out`))
    return fault === undefined
  }
}

/** Returns why a position may not come after another one; undefined if it may. */
function faultAfter(last: Position, position: Position): string | undefined {
  if (!isPosition(position)) return `takes a position; got ${showPosition(position)}`
  if (comparePositions(position, last) > 0) return undefined
  return `takes positions that rise; got ${showPosition(position)} after ${showPosition(last)}`
}

/** Returns the position of the newest entry that a log begins with. */
function lastOf(beginning: Position, entries: readonly StoredEntry[]): Position {
  let last = beginning
  for (const { position } of entries) {
    const fault = faultAfter(last, position)
    if (fault !== undefined) throw wrong(`begin() of the log ${fault} in held.events`)
    last = position
  }
  return last
}

function wrong(message: string): SseError {
  return new SseError('ERR_SSE_STORE', `the store made a mistake: ${message}`)
}
