// Follows a stream with EventStream, the client of this package. The only module that knows how events arrive.
import { EventStream } from './client.js'

const eventTypes = ['connecttime', 'score', 'clock', 'goal', 'availability', 'replay', 'sales']

export class LiveConnection {
  #url
  #listeners
  #source
  /** Events since the stream opened, until it has caught up. `undefined` afterwards. */
  #catchingUp
  #gap
  /** Whether the page once had everything, so that a lost connection means missed events. */
  #wasLive = false

  /** What `POST /connections/:id/cut` takes. */
  id = ''
  /** The newest ID seen, also across close() and open(). */
  lastEventId
  /** The update window in ms that the next open() asks for. Without one, every event is sent at once. */
  every
  /** As EventStream describes it: `name` is 'connecting', 'open', 'waiting' or 'closed'. */
  state = { name: 'closed' }

  /**
   * `lastEventId` is where the page stands; without it, the stream begins with the latest scores. Listeners: onState(state),
   * onEvent(event), onLost() and onCaughtUp({ isFirst, resumed, replayed, gap, events }).
   */
  constructor(url, { lastEventId = '', ...listeners }) {
    this.#url = url
    this.lastEventId = lastEventId
    this.#listeners = listeners
  }

  open() {
    if (this.#source) return
    // From here the stream remembers its last event ID, and sends it when it reconnects. In the query, it can be seen in the
    // browser's list of requests.
    const { every, lastEventId } = this
    const query = new URLSearchParams({ ...(every && { every }) })
    const source = new EventStream(`${this.#url}?${query}`, { lastEventId, lastEventIdParam: 'lastEventId' })
    this.#source = source
    this.#setState(source.state)
    source.addEventListener('statechange', ({ detail }) => this.#setState(detail))
    source.addEventListener('close', () => (this.#source = undefined))
    for (const type of eventTypes) source.addEventListener(type, (event) => this.#received(event))
    source.addEventListener('sse-gap', (event) => {
      this.#gap = event.json()
      this.#received(event)
    })
    source.addEventListener('sse-ready', (event) => {
      this.#received(event)
      this.#caughtUp(event.json())
    })
  }

  close() {
    this.#source?.close()
  }

  #received(message) {
    const { type, data: raw, lastEventId } = message
    const data = message.json()
    if (type === 'connecttime') this.id = data.connection
    // An event without an ID repeats that of the event before it.
    const id = lastEventId === this.lastEventId ? '' : lastEventId
    this.lastEventId = lastEventId || this.lastEventId
    const event = { type, id, data, raw, isMissed: this.#wasLive && this.#catchingUp !== undefined }
    this.#catchingUp?.push(event)
    this.#listeners.onEvent?.(event)
  }

  #caughtUp({ resumed, replayed }) {
    const outcome = { isFirst: !this.#wasLive, resumed, replayed, gap: this.#gap, events: this.#catchingUp ?? [] }
    this.#catchingUp = undefined
    this.#gap = undefined
    this.#wasLive = true
    this.#listeners.onCaughtUp?.(outcome)
  }

  #setState(state) {
    const { name } = this.state
    this.state = state
    if (state.name === name) return
    if (state.name === 'open') this.#catchingUp ??= []
    // A connection that is lost while it catches up was reported as lost before.
    else if (name === 'open' && this.#catchingUp === undefined) this.#listeners.onLost?.()
    this.#listeners.onState?.(state)
  }
}
