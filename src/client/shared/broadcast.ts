// What the tabs tell each other over a BroadcastChannel.
import type { StreamState } from '../state.js'

/** What the leader tells: each message has the next number of its session, so that a missing one is noticed. */
export type LeaderMessage = { readonly session: string; readonly seq: number } & (
  | {
      /** A session begins, or a tab has asked who leads. */
      readonly kind: 'lead'
      /** The last event ID after which the session resumes. `undefined` in an answer. */
      readonly from?: string | undefined
      readonly state: StreamState
    }
  | {
      readonly kind: 'event'
      readonly type: string
      readonly data: string
      /** `undefined` for a control event without one. */
      readonly id: string | undefined
      /** The last event ID after this event. */
      readonly lastEventId: string
      readonly origin: string
    }
  | {
      readonly kind: 'notice'
      readonly type: string
      readonly detail: unknown
      /** The state when it was dispatched. */
      readonly state: StreamState
    }
  /** The server has sent something. */
  | { readonly kind: 'heard' }
)

/** What a follower asks of the leader. */
export interface FollowerMessage {
  readonly kind: 'who' | 'reconnect'
}

type Told = LeaderMessage extends infer Message
  ? Message extends unknown
    ? Omit<Message, 'session' | 'seq'>
    : never
  : never

/** Sends the messages of one session as leader. */
export class Session {
  readonly #id = crypto.randomUUID()
  readonly #channel: BroadcastChannel
  #seq = 0
  /** When it has last said something, in ms since 1970. */
  saidAt = 0

  constructor(channel: BroadcastChannel) {
    this.#channel = channel
  }

  say(message: Told): void {
    this.saidAt = Date.now()
    this.#channel.postMessage({ ...message, session: this.#id, seq: this.#seq++ })
  }

  /** Tells who leads. Takes no number, because only the tab that has asked needs it. */
  answer(state: StreamState): void {
    this.#channel.postMessage({ kind: 'lead', session: this.#id, seq: this.#seq - 1, state })
  }
}

/** Follows the sessions of leaders, and notices messages that were lost. */
export class SessionReader {
  #session: string | undefined
  #seq = 0
  /** Sessions that others have replaced: what a leader that hung still says. */
  readonly #replaced = new Set<string>()

  /**
   * Returns what a message means here:
   * - `next`: it follows the one before
   * - `lost`: messages before it were lost, or it is the first of a session that was not announced
   * - `old`: it says nothing new
   */
  judge({ session, seq, kind }: LeaderMessage): 'next' | 'lost' | 'old' {
    if (this.#replaced.has(session)) return 'old'
    const isFirst = this.#session === undefined
    const isKnown = this.#session === session
    const expected = this.#seq + 1
    if (isKnown && seq < expected) return 'old'
    if (this.#session !== undefined && !isKnown) this.#replaced.add(this.#session)
    this.#session = session
    this.#seq = seq
    if (isFirst) return 'next'
    return (isKnown ? seq === expected : kind === 'lead') ? 'next' : 'lost'
  }
}
