// The connection of the tab that leads.
import type { Settings } from '../options.js'
import { RetryLoop } from '../retry-loop.js'
import type { EventSink } from '../source.js'

export class LeaderLoop extends RetryLoop {
  readonly #onHeard: () => void

  /** Calls back whenever the server has sent something, keep-alives included. */
  constructor(target: EventSink, settings: Settings, onHeard: () => void) {
    super(target, settings)
    this.#onHeard = onHeard
  }

  override heard(): void {
    super.heard()
    this.#onHeard()
  }
}
