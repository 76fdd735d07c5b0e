/** The default store: the log lives in this process, and ends with it. */
import type { LogEntry } from './store.js'
import { createEpoch, nextPosition, ORIGIN, type Position } from './position.js'
import type { Store, StoreLog } from './store.js'

export class MemoryStore implements Store {
  #log: StoreLog | undefined
  #last: Position = ORIGIN

  start(log: StoreLog): void {
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
