/** The default store: keeps the log in the memory of this process. */
import { SseError } from '../errors.js'
import type { LogEntry } from './store.js'
import { createEpoch, nextPosition, ORIGIN, type Position } from './position.js'
import type { Store, StoreLog } from './store.js'

/**
 * Makes the default store. Pass it if each of several workers should have a separate registry: this turns off the warning
 * `SSE_WORKERS`.
 *
 * ```ts
 * const registry = createRegistry({ store: memoryStore() })
 * ```
 *
 * A second registry with the same store throws `ERR_SSE_OPTION`.
 */
export function memoryStore(): Store {
  return new MemoryStore()
}

export class MemoryStore implements Store {
  #log: StoreLog | undefined
  #last: Position = ORIGIN

  start(log: StoreLog): void {
    if (this.#log !== undefined) {
      throw new SseError('ERR_SSE_OPTION', 'a memory store belongs to one registry: call memoryStore() for each')
    }
    this.#log = log
    this.#last = nextPosition(this.#last, Date.now())
    log.begin(createEpoch(), this.#last)
  }

  append(entry: LogEntry): Position {
    this.#last = nextPosition(this.#last, Date.now())
    this.#log?.append(this.#last, entry)
    return this.#last
  }

  close(): void {
    this.#log = undefined
  }
}
