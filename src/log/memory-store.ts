/** The default store: events go into the log of this process and nowhere else. */
import { SseError } from '../errors.js'
import type { LogEntry } from './store.js'
import { createEpoch, nextPosition, ORIGIN, type Position } from './position.js'
import type { Store, StoredEntry, StoreLog } from './store.js'

/**
 * Makes the default store, which keeps events in the memory of this process. Pass it if each of several workers should
 * have a separate registry: this turns off the warning `SSE_WORKERS`. A store belongs to one registry: a second
 * `createRegistry()` with it throws `ERR_SSE_OPTION`.
 *
 * @example
 * ```ts
 * import { createRegistry, memoryStore } from 'express-sse-channels'
 *
 * const registry = createRegistry({ store: memoryStore() })
 * ```
 */
export function memoryStore(): Store {
  return new MemoryStore()
}

export class MemoryStore implements Store {
  #log: StoreLog | undefined
  #last: Position = ORIGIN
  /** Entries that have their positions and are being appended to the log; undefined if there are none. */
  #appending: StoredEntry[] | undefined

  start(log: StoreLog): void {
    if (this.#log !== undefined) {
      throw new SseError(
        'ERR_SSE_OPTION',
        'memoryStore(): a store belongs to one registry; got a second one. Call memoryStore() for each registry',
      )
    }
    this.#log = log
    this.#last = nextPosition(this.#last, Date.now())
    log.begin(createEpoch(), this.#last)
  }

  append(entry: LogEntry): Position {
    const position = this.#next()
    if (this.#appending === undefined) this.#log?.append(position, entry)
    else this.#appending.push({ position, entry })
    return position
  }

  appendAll(entries: readonly LogEntry[]): Position[] {
    const all = entries.map((entry) => ({ position: this.#next(), entry }))
    if (this.#appending === undefined) this.#appendToLog([...all])
    else this.#appending.push(...all)
    return all.map(({ position }) => position)
  }

  close(): void {
    this.#log = undefined
  }

  #next(): Position {
    return (this.#last = nextPosition(this.#last, Date.now()))
  }

  /** Appends entries that follow each other. What a filter publishes meanwhile is added to the list, so it comes after them. */
  #appendToLog(entries: StoredEntry[]): void {
    this.#appending = entries
    try {
      for (const { position, entry } of entries) this.#log?.append(position, entry)
    } finally {
      this.#appending = undefined
    }
  }
}
