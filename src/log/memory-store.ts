/** The default store: the log lives in this process, and ends with it. */
import { SseError } from '../errors.js'
import type { LogEntry } from './store.js'
import { createEpoch, nextPosition, ORIGIN, type Position } from './position.js'
import type { Store, StoreLog } from './store.js'

/**
 * Makes the store that a registry has by default. Pass it to say that each of several workers is meant to have a registry
 * of its own: then `SSE_WORKERS` is not warned of.
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
