// A tab that follows: dispatches what the leader tells. If it is new, or has missed something, it first catches up.
import { StreamMessage, type Gap } from '../events.js'
import type { RetryLoop } from '../retry-loop.js'
import type { Reason, StreamState } from '../state.js'
import { TermReader, type LeaderMessage } from './broadcast.js'
import { CatchUp } from './catch-up.js'
import { receivedDetail } from './cloneable.js'
import { LeaderWatch } from './leader-watch.js'
import { isUpTo } from './position.js'
import type { StreamView } from './stream-view.js'

/** So many messages are held. Those before them come over a connection of this tab's own. */
const MOST_HELD = 2000

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
  readonly #reader = new TermReader()
  #catchUp: CatchUp | undefined
  /** Messages that wait until this tab has caught up. `undefined` once it has. */
  #held: LeaderMessage[] | undefined = []

  /** Whether it has begun to catch up, since it follows. */
  #hasBegun = false
  /** Whether the leader has begun like a new client, and has not caught up. Nobody knows what it leaves out. */
  #isLeaderBlank = false

  /** The ID that the catch-up must reach, or else another one follows. Empty for none. */
  #mustReach = ''

  constructor(view: StreamView, handlers: FollowerHandlers) {
    this.#view = view
    this.#handlers = handlers
    this.watch = new LeaderWatch(view.settings.silence, () => handlers.silent())
  }

  /** The highest term of a leader that this tab has heard of. */
  get heardTerm(): number {
    return this.#reader.term
  }

  /** The connection of this tab's own, while it catches up. */
  get loop(): RetryLoop | undefined {
    return this.#catchUp?.loop
  }

  /** Stops following, until `catchUp` is called again. */
  end(): void {
    this.watch.stop()
    this.#catchUp?.end()
    this.#catchUp = undefined
    this.#held = []
    this.#hasBegun = this.#isLeaderBlank = false
    this.#mustReach = ''
  }

  /** Gets what a new connection gets, or what is missing. Until then, what the leader tells waits. */
  catchUp(): void {
    const view = this.#view
    this.#catchUp?.end()
    this.#held ??= []
    this.#hasBegun = true
    this.watch.extend()
    // The leader's connection may well be open, and then this one is not shown.
    let isShown = view.state.name !== 'open'
    this.#catchUp = new CatchUp(view.settings, {
      message: (event, id, lastEventId) => {
        view.lastEventId = lastEventId
        if (view.known.isNew(event.type, id)) view.dispatch(event)
      },
      notice: (event, state) => {
        const { type } = event
        if (type === 'gap') view.known.gap()
        if (state.name === 'closed') return this.#close(type, state.reason)
        if (state.name === 'waiting') isShown = true
        if (!isShown && (state.name !== 'open' || type === 'open')) return
        view.state = state
        view.dispatch(event)
      },
      done: (upTo) => this.#caughtUp(upTo),
      gaveUp: () => {
        this.#isLeaderBlank = false
        view.known.gap()
        view.notify('gap', { channels: [], reason: 'unknown', complete: false } satisfies Gap)
        this.#caughtUp('')
      },
    })
    this.#catchUp.begin()
  }

  receive(message: LeaderMessage): void {
    const verdict = this.#reader.judge(message)
    const isLead = message.kind === 'lead'
    if (verdict === 'old') {
      // The answer to a tab that has heard something else of this leader first.
      if (isLead && message.from === '' && this.#catchUp && this.#reader.isNewest(message)) this.#isLeaderBlank = true
      return
    }
    this.watch.extend('state' in message ? message.state : undefined)
    const wasBlank = this.#isLeaderBlank
    if (isLead || verdict === 'lost') this.#isLeaderBlank = isLead && message.from === ''
    if (verdict === 'lost' || (isLead && this.#isBehind(message))) this.catchUp()
    if (this.#isLeaderBlank) this.#held ??= []
    if (this.#held && !this.#isUrgent(message)) this.#hold(message)
    else this.#apply(message)
    if (wasBlank) this.#release(this.#view.lastEventId ?? '')
  }

  /** Whether a leader that begins does not bring all that is missing here. */
  #isBehind({ from, at = '' }: Extract<LeaderMessage, { kind: 'lead' }>): boolean {
    const { lastEventId = '' } = this.#view
    if (from === '') return false
    // An answer, which a tab gets that has just asked, and catches up. The process that it asks may know less than the leader.
    if (from === undefined) {
      if (this.#catchUp) this.#mustReach = at
      return !this.#held
    }
    if (from === lastEventId || isUpTo(from, lastEventId)) return false
    if (this.#catchUp) this.#mustReach = from
    return this.#hasBegun && !this.#catchUp
  }

  /**
   * Whether to apply a message at once, because it tells why nothing comes. A tab that catches up learns that from its own
   * connection, after what it lacks.
   */
  #isUrgent(message: LeaderMessage): boolean {
    return message.kind === 'notice' && this.#hasBegun && !this.#catchUp && message.state.name !== 'open'
  }

  #hold(message: LeaderMessage): void {
    const held = (this.#held ??= [])
    held.push(message)
    if (held.length <= MOST_HELD) return
    const dropped = held.shift()
    if (dropped?.kind === 'event') this.#mustReach = dropped.lastEventId
  }

  #apply(message: LeaderMessage): void {
    const view = this.#view
    if (message.kind === 'event') this.#applyEvent(message)
    else if (message.kind === 'notice') this.#applyNotice(message.type, message.detail, message.state)
    else if (message.kind === 'lead') {
      // What it repeats is known here, also what was replaced by newer events.
      if (message.from && view.lastEventId) view.known.cover(view.lastEventId)
      if (message.state.name !== view.state.name) view.become(message.state)
    }
  }

  #applyEvent({ type, data, id, lastEventId, origin }: Extract<LeaderMessage, { kind: 'event' }>): void {
    const { known } = this.#view
    if (known.covers(lastEventId)) return
    this.#view.lastEventId = lastEventId
    if (known.isNew(type, id)) this.#view.dispatch(new StreamMessage(type, { data, lastEventId, origin }))
  }

  #applyNotice(type: string, detail: unknown, state: StreamState): void {
    if (state.name === 'closed') return this.#close(type, state.reason)
    this.#view.state = state
    if (type === 'gap') this.#view.known.gap()
    this.#view.notify(type, receivedDetail(type, detail))
    // Then not all that follows comes from the leader: snapshots have no ID, so each tab gets its own.
    if (type === 'gap' && !(detail as Gap).complete && this.#hasBegun) this.catchUp()
  }

  /** Of the notices that follow when a stream closes, the first that says all. */
  #close(type: string, reason: Reason): void {
    if (type === 'error') this.#handlers.closed(reason, new CustomEvent('error', { detail: reason }))
    else if (type === 'close') this.#handlers.closed(reason)
  }

  #isHolding(): boolean {
    return this.#held !== undefined
  }

  #caughtUp(upTo: string): void {
    const isFarEnough = upTo === '' || this.#mustReach === '' || isUpTo(this.#mustReach, upTo)
    this.#mustReach = ''
    this.#catchUp?.end()
    this.#catchUp = undefined
    if (isFarEnough) this.#release(upTo)
    else this.catchUp()
  }

  /** Applies what was held, unless there is more to wait for. All up to an ID is known. */
  #release(upTo: string): void {
    if (this.#catchUp || this.#isLeaderBlank || !this.#hasBegun) return
    const held = this.#held ?? []
    this.#held = undefined
    this.#view.known.cover(upTo)
    for (const [i, message] of held.entries()) {
      // A listener may have closed the stream, or a gap may lie in between.
      if (this.#isHolding()) this.#hold(message)
      else if (!isGap(message) || !this.#isPast(held.slice(i), upTo)) this.#apply(message)
    }
  }

  /** Whether a gap of the leader was over before this tab caught up, so that it is none here. */
  #isPast(messages: readonly LeaderMessage[], upTo: string): boolean {
    const ready = messages.find((message) => message.kind === 'event' && message.type === 'sse-ready')
    return upTo !== '' && ready?.kind === 'event' && isUpTo(ready.lastEventId, upTo)
  }
}

function isGap(message: LeaderMessage): boolean {
  return message.kind === 'notice' && message.type === 'gap'
}
