// The one module that knows how events get here. It hands on each event as { type, id, data, raw } and each state as
// 'connecting', 'open' or 'closed'. Everything else on the page would not notice another client in its place.

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

  /**
   * A browser sends the last event ID by itself only when it reconnects. A new EventSource starts without one, so that
   * it goes into the query, where the server looks as well.
   */
  open() {
    if (this.#source) return
    const query = this.lastEventId && `?lastEventId=${encodeURIComponent(this.lastEventId)}`
    const source = new EventSource(this.#url + query)
    this.#source = source
    this.#setState('connecting')
    source.onopen = () => this.#setState('open')
    source.onerror = () => this.#failed(source)
    for (const type of eventTypes) source.addEventListener(type, (event) => this.#received(event))
  }

  close() {
    this.#source?.close()
    this.#source = undefined
    this.#setState('closed')
  }

  /** The browser goes on by itself after a lost connection, but not after an answer other than 200. */
  #failed(source) {
    if (source.readyState === EventSource.CLOSED) this.close()
    else this.#setState('connecting')
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
