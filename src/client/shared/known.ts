// What a tab knows already, so that it dispatches no event twice, and none that a newer one has replaced.
import { isControl } from '../events.js'
import { Seen } from '../seen.js'
import { isUpTo } from './position.js'

export class Known {
  readonly #seen = new Seen()
  /** All up to this ID is known, also events that were replaced by newer ones. Empty for nothing. */
  #upTo = ''

  constructor() {
    this.#seen.isOurs = true
  }

  /** All up to this ID is known. */
  cover(upTo: string): void {
    this.#upTo = upTo
  }

  /** Whether the leader repeats what is known here. Once it has gone past that, it repeats nothing. */
  covers(lastEventId: string): boolean {
    if (this.#upTo !== '' && !isUpTo(lastEventId, this.#upTo)) this.#upTo = ''
    return this.#upTo !== ''
  }

  /** Whether to dispatch an event; the next one with the same ID is not. Control events come as often as they are sent. */
  isNew(type: string, id: string | undefined): boolean {
    return id === undefined || isControl(type) || this.#seen.isNew(id)
  }

  /** Events were lost, so some may come again. */
  gap(): void {
    this.#seen.clear()
    this.#upTo = ''
  }
}
