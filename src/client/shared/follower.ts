// A tab that follows: dispatches what the leader tells. If it is new, or has missed something, it first catches up.
import { StreamMessage } from '../events.js'
import type { Reason, StreamState } from '../state.js'
import { SessionReader, type LeaderMessage } from './broadcast.js'
import { CatchUp } from './catch-up.js'
import { receivedDetail } from './cloneable.js'
import { LeaderWatch } from './leader-watch.js'
import { isUpTo } from './position.js'
import type { StreamView } from './stream-view.js'

export interface FollowerHandlers {
  /** The leader has said nothing for too long. */
  silent(): void
  /** The server has closed the stream for good. `error`: the event to dispatch, if it was an error. */
  closed(reason: Reason, error?: Event): void
}

export class Follower {
  readonly watch: LeaderWatch
  readonly #view: StreamView
  readonly #handlers: FollowerHandlers
  readonly #reader = new SessionReader()
  #catchUp: CatchUp | undefined
  /** Messages that wait for the end of the catch-up. */
  #held: LeaderMessage[] = []

  constructor(view: StreamView, handlers: FollowerHandlers) {
    this.#view = view
    this.#handlers = handlers
    this.watch = new LeaderWatch(view.settings.silence, () => handlers.silent())
  }

  end(): void {
    this.watch.stop()
    this.#endCatchUp()
  }

  /** Gets what a new connection gets, or what is missing. */
  catchUp(): void {
    const view = this.#view
    this.#endCatchUp()
    this.watch.extend()
    // The leader's connection may well be open, and then this one is not shown.
    const isShown = view.state.name !== 'open'
    this.#catchUp = new CatchUp(view.settings, {
      message: (event, id, lastEventId) => {
        view.lastEventId = lastEventId
        if (view.known.isNew(event.type, id)) view.dispatch(event)
      },
      notice: (event, state) => {
        const { type } = event
        if (type === 'gap') view.known.gap()
        if (state.name === 'closed') return this.#close(type, state.reason)
        if (!isShown && (state.name !== 'open' || type === 'open')) return
        view.state = state
        view.dispatch(event)
      },
      done: (upTo) => this.#caughtUp(upTo),
    })
    this.#catchUp.begin()
  }

  receive(message: LeaderMessage): void {
    const verdict = this.#reader.judge(message)
    if (verdict === 'old') return
    this.watch.extend('state' in message ? message.state : undefined)
    if (verdict === 'lost' || (message.kind === 'lead' && this.#isBehind(message.from))) this.catchUp()
    if (this.#catchUp) this.#held.push(message)
    else this.#apply(message)
  }

  /** Whether a session that resumes after this ID does not bring all that is missing here. */
  #isBehind(from: string | undefined): boolean {
    const { known, lastEventId = '' } = this.#view
    if (from === undefined || (from !== lastEventId && !isUpTo(from, lastEventId))) return true
    known.cover(lastEventId)
    return false
  }

  #apply(message: LeaderMessage): void {
    const view = this.#view
    if (message.kind === 'event') this.#applyEvent(message)
    else if (message.kind === 'notice') this.#applyNotice(message.type, message.detail, message.state)
    else if (message.kind === 'lead' && message.state.name !== view.state.name) view.become(message.state)
  }

  #applyEvent({ type, data, id, lastEventId, origin }: Extract<LeaderMessage, { kind: 'event' }>): void {
    const { known } = this.#view
    const isKnown = known.covers(lastEventId)
    if (type === 'sse-ready') known.ready()
    if (isKnown) return
    this.#view.lastEventId = lastEventId
    if (known.isNew(type, id)) this.#view.dispatch(new StreamMessage(type, { data, lastEventId, origin }))
  }

  #applyNotice(type: string, detail: unknown, state: StreamState): void {
    if (state.name === 'closed') return this.#close(type, state.reason)
    this.#view.state = state
    if (type === 'gap') this.#view.known.gap()
    this.#view.notify(type, receivedDetail(type, detail))
  }

  /** Of the notices that follow when a stream closes, the first that says all. */
  #close(type: string, reason: Reason): void {
    if (type === 'error') this.#handlers.closed(reason, new CustomEvent('error', { detail: reason }))
    else if (type === 'close') this.#handlers.closed(reason)
  }

  #endCatchUp(): void {
    this.#catchUp?.end()
    this.#catchUp = undefined
    this.#held = []
  }

  #caughtUp(upTo: string): void {
    const held = this.#held
    this.#endCatchUp()
    this.#view.known.cover(upTo)
    for (const message of held) {
      // A gap of the leader's connection is none here.
      if (message.kind === 'notice' && message.type === 'gap' && upTo !== '') continue
      this.#apply(message)
    }
  }
}
