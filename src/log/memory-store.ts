/** The default store: events go into the log of this process and nowhere else. */
import { SseError } from '../errors.js'
import type { LogEntry } from './store.js'
import { createEpoch, nextPosition, ORIGIN, type Position } from './position.js'
import type { Store, StoreLog } from './store.js'

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
    this.#last = nextPosition(this.#last, Date.now())
    this.#log?.append(this.#last, entry)
    return this.#last
  }

  close(): void {
    this.#log = undefined
  }
}
