// A connection of a follower's own, which ends as soon as it has caught up. A new tab gets what a new connection gets, and a
// tab that has missed something resumes.
import { StreamMessage } from '../events.js'
import type { Settings } from '../options.js'
import { RetryLoop } from '../retry-loop.js'
import type { StreamState } from '../state.js'

/** So many ms after a response has begun, a follower does without: the server may never say that it has caught up. */
const PATIENCE = 10_000

export interface CatchUpHandlers {
  message(event: StreamMessage, id: string | undefined, lastEventId: string): void
  notice(event: Event, state: StreamState): void
  /** `upTo`: the ID up to which all is known now. */
  done(upTo: string): void
  /** The server does not say that it has caught up. */
  gaveUp(): void
}

export class CatchUp {
  readonly loop: RetryLoop
  readonly #handlers: CatchUpHandlers
  #hasEnded = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(settings: Settings, handlers: CatchUpHandlers) {
    this.loop = new RetryLoop({ dispatchEvent: (event, id) => this.#dispatch(event, id) }, settings)
    this.#handlers = handlers
  }

  begin(): void {
    this.loop.connect()
  }

  end(): void {
    this.#hasEnded = true
    clearTimeout(this.#timer)
    this.loop.close({ code: 'called' })
  }

  #dispatch(event: Event, id: string | undefined): void {
    if (this.#hasEnded) return
    const { state, lastEventId = '' } = this.loop
    if (event instanceof StreamMessage) return this.#handlers.message(event, id, lastEventId)
    clearTimeout(this.#timer)
    if (state.name === 'open') this.#timer = setTimeout(() => this.#handlers.gaveUp(), PATIENCE)
    this.#handlers.notice(event, state)
    const hasCaughtUp = event.type === 'statechange' && state.name === 'open' && state.resumed !== undefined
    // A listener may have closed the stream.
    if (hasCaughtUp && !this.#isOver()) this.#handlers.done(lastEventId)
  }

  #isOver(): boolean {
    return this.#hasEnded
  }
}
