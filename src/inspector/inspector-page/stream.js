// The event stream of the page, and its state on the page.
import { byId, setText } from './dom.js'
import { streamAddress } from './query.js'

const states = { connecting: 'Connecting', open: 'Live', lost: 'Connection lost', refused: 'Refused', paused: 'Paused' }

const refused =
  'The server has refused the event stream. Perhaps you may not see it any more. Reload the page to try again.'

export class Stream {
  #listeners
  #source

  /** `listeners`: functions by event type. Each gets the data of an event. */
  constructor(listeners) {
    this.#listeners = listeners
  }

  get isPaused() {
    return this.#source === undefined
  }

  /** Opens the stream for what the page shows now. */
  open() {
    this.close()
    const source = (this.#source = new EventSource(streamAddress()))
    this.#say('connecting')
    source.addEventListener('open', () => this.#say('open'))
    source.addEventListener('error', () => this.#say(source.readyState === EventSource.CLOSED ? 'refused' : 'lost'))
    for (const [type, listener] of Object.entries(this.#listeners)) {
      source.addEventListener(type, ({ data }) => listener(JSON.parse(data)))
    }
  }

  close() {
    this.#source?.close()
    this.#source = undefined
  }

  /** The server samples nothing while no page watches. */
  pause() {
    this.close()
    this.#say('paused')
  }

  #say(state) {
    const box = byId('connection')
    if (box.dataset.state === state) return
    box.dataset.state = state
    setText(byId('state'), states[state])
    setText(byId('pause'), state === 'paused' ? 'Resume' : 'Pause')
    document.body.classList.toggle('stale', state !== 'open')
    const notice = byId('notice')
    notice.hidden = state !== 'refused'
    setText(notice, state === 'refused' ? refused : '')
  }
}
