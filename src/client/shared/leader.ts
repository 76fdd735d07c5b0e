// The tab that holds the connection: tells the followers what the server sends.
import { isControl, StreamMessage } from '../events.js'
import type { StreamState } from '../state.js'
import { Term } from './broadcast.js'
import { cloneableDetail, cloneableState } from './cloneable.js'
import { LeaderLoop } from './leader-loop.js'
import type { StreamView } from './stream-view.js'

export class Leader {
  readonly loop: LeaderLoop
  readonly #view: StreamView
  readonly #term: Term
  readonly #onClosed: () => void
  /** Whether it has begun like a new client, and has not caught up. Then followers cannot tell what they lack. */
  #isBlank: boolean
  #hasEnded = false

  /**
   * Calls back when the server has closed the stream for good.
   *
   * @param heard the highest term that this tab has heard of
   */
  constructor(view: StreamView, channel: BroadcastChannel, heard: number, onClosed: () => void) {
    const { settings } = view
    const term = (this.#term = new Term(channel, heard))
    this.#view = view
    this.#isBlank = !view.lastEventId
    this.#onClosed = onClosed
    const sink = { dispatchEvent: (event: Event, id?: string) => this.#relay(event, id) }
    this.loop = new LeaderLoop(sink, settings, () => {
      if (Date.now() - term.saidAt > settings.silence / 10) term.say({ kind: 'heard' })
    })
  }

  /** The number of its term. */
  get term(): number {
    return this.#term.number
  }

  /** Connects, and resumes after what this tab has seen. */
  begin(): void {
    this.#term.say({ kind: 'lead', from: this.#view.lastEventId ?? '', state: this.#state })
    this.loop.connect()
  }

  /** Tells a tab that has asked who leads. */
  answer(): void {
    this.#term.answer(this.#state, this.#isBlank ? '' : undefined, this.#view.lastEventId)
  }

  /** Lets go of the connection. */
  end(): void {
    this.#hasEnded = true
    this.loop.close({ code: 'called' })
  }

  get #state(): StreamState {
    return cloneableState(this.loop.state)
  }

  #relay(event: Event, id: string | undefined): void {
    if (this.#hasEnded) return
    const view = this.#view
    view.state = this.loop.state
    view.lastEventId = this.loop.lastEventId
    if (event instanceof StreamMessage) return this.#relayMessage(event, id)
    const { type, detail } = event as CustomEvent<unknown>
    this.#term.say({ kind: 'notice', type, detail: cloneableDetail(type, detail), state: this.#state })
    if (type === 'gap') view.known.gap()
    if (type === 'close') this.#onClosed()
    view.dispatch(event)
  }

  #relayMessage(event: StreamMessage, id: string | undefined): void {
    const { type, data, lastEventId, origin } = event
    if (type === 'sse-ready' && this.#isBlank) {
      this.#isBlank = false
      this.#term.say({ kind: 'lead', from: lastEventId, state: this.#state })
    }
    // Other events without an ID were sent to this connection alone.
    if (id !== undefined || isControl(type)) this.#term.say({ kind: 'event', type, data, id, lastEventId, origin })
    if (this.#view.known.isNew(type, id)) this.#view.dispatch(event)
  }
}
