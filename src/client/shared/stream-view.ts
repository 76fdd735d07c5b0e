// What the page sees of a shared stream: its state, its place and its events, whichever tab they come from.
import type { Settings } from '../options.js'
import type { EventSink } from '../source.js'
import type { StreamState } from '../state.js'
import { Known } from './known.js'

export class StreamView {
  state: StreamState = { name: 'connecting', attempt: 0 }
  readonly known = new Known()
  #lastEventId: string | undefined
  readonly #target: EventSink
  readonly #settings: Settings

  constructor(target: EventSink, settings: Settings) {
    this.#target = target
    this.#settings = settings
    this.lastEventId = settings.lastEventId
  }

  get lastEventId(): string | undefined {
    return this.#lastEventId
  }

  /** The ID of an end would make the next connection end too. */
  set lastEventId(id: string | undefined) {
    this.#lastEventId = id?.replace(/-end$/, '')
  }

  /** Settings of a connection that resumes after what the page has seen. */
  get settings(): Settings {
    return { ...this.#settings, lastEventId: this.lastEventId }
  }

  /** `event`: dispatched when the state has changed. */
  become(state: StreamState, event?: Event): void {
    this.state = state
    if (event) this.dispatch(event)
    this.notify('statechange', state)
  }

  notify(type: string, detail: unknown): void {
    this.dispatch(new CustomEvent(type, { detail }))
  }

  dispatch(event: Event): void {
    this.#target.dispatchEvent(event)
  }
}
