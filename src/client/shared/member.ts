// One tab among those that share a connection: leads or follows, and steps aside when its page is put aside.
import type { Settings } from '../options.js'
import type { RetryLoop } from '../retry-loop.js'
import type { EventSink, StreamSource } from '../source.js'
import type { Reason, StreamState } from '../state.js'
import type { FollowerMessage, LeaderMessage } from './broadcast.js'
import { Follower } from './follower.js'
import { Leader } from './leader.js'
import { Leadership, type Candidate } from './leadership.js'
import { StreamView } from './stream-view.js'

/** After so many ms, a leader whose stream was closed lets go of the lead. */
const GOODBYE = 100

export class Member implements StreamSource, Candidate {
  readonly #closing = new AbortController()
  readonly signal = this.#closing.signal
  readonly #name: string
  readonly #view: StreamView
  readonly #leadership: Leadership
  /** Undefined while the page is put aside, and once the stream is closed. */
  #channel: BroadcastChannel | undefined
  /** Undefined while another tab leads. */
  #leader: Leader | undefined
  #follower: Follower | undefined
  /** The highest term of a leader that this tab has heard of, or led. */
  #highestTerm = 0

  constructor(target: EventSink, settings: Settings, name: string) {
    this.#name = name
    this.#view = new StreamView(target, settings)
    this.#leadership = new Leadership(name, this)
  }

  get role(): 'leader' | 'follower' {
    return this.#leader ? 'leader' : 'follower'
  }

  /** This tab's connection, if it has one. */
  get #loop(): RetryLoop | undefined {
    return this.#leader?.loop ?? this.#follower?.loop
  }

  get state(): StreamState {
    return this.#view.state
  }

  get lastEventId(): string | undefined {
    return this.#view.lastEventId
  }

  connect(): void {
    const channel = (this.#channel = new BroadcastChannel(this.#name))
    this.#follower = new Follower(this.#view, {
      silent: () => {
        this.#leadership.steal()
        this.#follower?.watch.extend()
      },
      closed: (reason, error) => this.close(reason, error),
    })
    channel.onmessage = ({ data }: MessageEvent<LeaderMessage | FollowerMessage>) => {
      if (channel === this.#channel) this.#receive(data)
    }
    this.#leadership.enter()
  }

  reconnect(): void {
    if (this.#leader) this.#leader.loop.reconnect()
    else if (this.#channel) this.#ask('reconnect')
    else this.wake()
  }

  /** `error`: dispatched when the state has changed. */
  close(reason: Reason, error?: Event): void {
    if (this.state.name === 'closed') return
    this.#leave()
    this.#closing.abort()
    this.#view.become({ name: 'closed', reason }, error)
    this.#view.notify('close', reason)
  }

  online(): void {
    this.#loop?.online()
  }

  offline(): void {
    this.#loop?.offline()
  }

  /** A page that holds a lock does not enter the back/forward cache. */
  suspend(): void {
    if (!this.#channel) return
    this.#leave()
    this.#view.become({ name: 'waiting', attempt: 0, nextTry: Infinity, reason: { code: 'hidden' } })
  }

  wake(): void {
    this.#loop?.wake()
    if (this.#channel) this.#follower?.watch.check()
    else if (this.state.name !== 'closed') {
      this.connect()
      this.#view.become({ name: 'connecting', attempt: 0 })
    }
  }

  lead(): void {
    this.#stopFollowing()
    if (!this.#channel) return
    this.#leader = new Leader(this.#view, this.#channel, this.#highestTerm, () => {
      this.#closing.abort()
      // The others are told before one of them leads.
      setTimeout(() => this.#leave(), GOODBYE)
    })
    this.#highestTerm = this.#leader.term
    this.#leader.begin()
  }

  follow(): void {
    this.#ask('who')
    this.#follower?.catchUp()
  }

  lost(): void {
    if (this.state.name === 'closed') return
    this.#stopLeading()
    this.#leadership.enter()
  }

  #receive(message: LeaderMessage | FollowerMessage): void {
    if (this.state.name === 'closed') return
    if (message.kind === 'who') this.#leader?.answer()
    else if (message.kind === 'reconnect') this.#leader?.loop.reconnect()
    else if (!this.#leader) this.#follower?.receive(message as LeaderMessage)
  }

  #ask(kind: FollowerMessage['kind']): void {
    this.#channel?.postMessage({ kind } satisfies FollowerMessage)
  }

  #leave(): void {
    this.#stopFollowing()
    this.#stopLeading()
    this.#channel?.close()
    this.#channel = undefined
    this.#leadership.leave()
  }

  #stopFollowing(): void {
    this.#highestTerm = Math.max(this.#highestTerm, this.#follower?.heardTerm ?? 0)
    this.#follower?.end()
  }

  #stopLeading(): void {
    this.#leader?.end()
    this.#leader = undefined
  }
}
