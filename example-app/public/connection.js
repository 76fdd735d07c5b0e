// The one module that knows how events get here. It hands on each event as { type, id, data, raw } and each state of the
// stream: 'connecting', 'open', 'waiting' or 'closed'. Everything else on the page would not notice another client in its place.
import { EventStream } from './client.js'

const eventTypes = ['connecttime', 'score', 'clock', 'goal', 'availability', 'replay', 'sales', 'sse-ready', 'sse-gap']

export class LiveConnection {
  #url
  #source
  #onState
  #onEvent

  /** The newest ID seen, also across close() and open(). */
  lastEventId = ''
  state = 'closed'

  constructor(url, { onState, onEvent }) {
    this.#url = url
    this.#onState = onState
    this.#onEvent = onEvent
  }

  /** When the next try will be made, in ms since 1970, while waiting for it. */
  get nextTry() {
    return this.#source?.state.nextTry
  }

  /** A stream knows its own last event ID; a new one is told that of the one before it. */
  open() {
    if (this.#source) return
    const headers = this.lastEventId ? { 'Last-Event-ID': this.lastEventId } : {}
    const source = new EventStream(this.#url, { headers })
    this.#source = source
    this.#setState('connecting')
    source.addEventListener('statechange', ({ detail }) => this.#setState(detail.name))
    source.addEventListener('close', () => (this.#source = undefined))
    for (const type of eventTypes) source.addEventListener(type, (event) => this.#received(event))
  }

  close() {
    this.#source?.close()
  }

  #received({ type, data, lastEventId }) {
    // An event without an ID repeats that of the one before it.
    const id = lastEventId === this.lastEventId ? '' : lastEventId
    this.lastEventId = lastEventId
    this.#onEvent({ type, id, data: JSON.parse(data), raw: data })
  }

  #setState(state) {
    if (state === this.state) return
    this.state = state
    this.#onState(state)
  }
}
