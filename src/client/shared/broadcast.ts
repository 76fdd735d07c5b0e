// What the tabs tell each other over a BroadcastChannel.
import type { StreamState } from '../state.js'

/**
 * What the leader tells. A later leader has a higher term. The messages of a term are numbered, so that a missing one is
 * noticed.
 */
export type LeaderMessage = { readonly term: number; readonly seq: number } & (
  | {
      /** A leader begins, or a tab has asked who leads. */
      readonly kind: 'lead'
      /**
       * All after this ID comes from here on. Empty if the leader has begun like a new client, and has not caught up.
       * `undefined` in an answer.
       */
      readonly from?: string | undefined
      /** In an answer: where the leader is. What came before was not told to the tab that has asked. */
      readonly at?: string | undefined
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
    ? Omit<Message, 'term' | 'seq'>
    : never
  : never

/** Sends the messages of one term as leader. */
export class Term {
  readonly #channel: BroadcastChannel
  readonly number: number
  #seq = 0
  /** When it has last said something, in ms since 1970. */
  saidAt = 0

  /** `heard`: the highest term that this tab has heard of. */
  constructor(channel: BroadcastChannel, heard: number) {
    this.#channel = channel
    // The clock is the same in all tabs, also in one that has heard of no leader. No two terms are equal.
    this.number = Math.max(heard + 1, Date.now()) + Math.random()
  }

  say(message: Told): void {
    this.saidAt = Date.now()
    this.#channel.postMessage({ ...message, term: this.number, seq: this.#seq++ })
  }

  /** Tells who leads. Takes no number, because only the tab that has asked needs it. */
  answer(state: StreamState, from: '' | undefined, at: string | undefined): void {
    this.#channel.postMessage({ kind: 'lead', term: this.number, seq: this.#seq - 1, from, at, state })
  }
}

/** Follows the terms of leaders, and notices messages that were lost. */
export class TermReader {
  /** The highest term that was heard of. */
  term = 0
  #seq = 0

  /** Whether no later message was heard of. */
  isNewest({ term, seq }: LeaderMessage): boolean {
    return term === this.term && seq === this.#seq
  }

  /**
   * Returns what a message means here:
   * - `next`: it follows the one before
   * - `lost`: messages before it were lost, or it is the first of a term that was not announced
   * - `old`: it says nothing new, such as what a leader says that was replaced
   */
  judge({ term, seq, kind }: LeaderMessage): 'next' | 'lost' | 'old' {
    if (term < this.term) return 'old'
    const isKnown = term === this.term
    const expected = this.#seq + 1
    if (isKnown && seq < expected) return 'old'
    const isFirst = this.term === 0
    this.term = term
    this.#seq = seq
    if (isFirst || kind === 'lead') return 'next'
    return isKnown && seq === expected ? 'next' : 'lost'
  }
}
