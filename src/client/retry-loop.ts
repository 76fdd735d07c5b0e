// Connects to the server, one attempt at a time, until the stream is closed. All changes of state, all timers and all
// notices to listeners are here.
import { attempt, type AttemptHandlers } from './attempt.js'
import { backoffWindow, defaultRetry, longestTimer } from './backoff.js'
import type { Block } from './blocks.js'
import { StreamMessage, type Gap } from './events.js'
import type { Settings } from './options.js'
import { Seen } from './seen.js'
import type { Reason, StreamState } from './state.js'

type Told = Gap & { resumed: boolean; replayed: number }

export class RetryLoop implements AttemptHandlers {
  state: StreamState = { name: 'connecting', attempt: 0 }
  readonly #closing = new AbortController()
  /** Aborted when the stream is closed, to remove listeners on other objects. */
  readonly signal = this.#closing.signal
  readonly #target: EventTarget
  readonly #settings: Settings
  readonly #seen = new Seen()
  /** `undefined` until the server has sent an ID. */
  #lastEventId: string | undefined
  #retry = defaultRetry
  /** Whether the last thing the server sent is `retry`: it asks the client to come back, such as at a drain. */
  #recalled = false
  /** Failed attempts since the last good connection. */
  #failures = 0
  /** The longest the last wait could be, in ms. */
  #window = 0
  /** ms that the server asked the client to wait, when the connection was last lost. */
  #wait = 0
  /** Whether the network went offline, and nothing has arrived and no online attempt was made since. */
  #suspect = false
  /** Aborts the current attempt, or the last one. */
  #current = new AbortController()
  /** During an attempt: the limit on silence. Otherwise: the wait for the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Dispatches all events on `target`. */
  constructor(target: EventTarget, settings: Settings) {
    this.#target = target
    this.#settings = settings
  }

  connect(): void {
    this.#drop()
    const { signal } = (this.#current = new AbortController())
    this.#seen.isOurs = this.#recalled = false
    this.#watch()
    void attempt(this.#settings, this.#lastEventId, signal, this)
    // After the attempt has begun, so that a listener that closes the stream ends the attempt.
    this.#become({ name: 'connecting', attempt: this.#failures })
  }

  close(reason: Reason, event?: Event): void {
    if (this.state.name === 'closed') return
    this.#drop()
    this.#closing.abort()
    this.#become({ name: 'closed', reason }, event)
    this.#notify('close', reason)
  }

  open(): void {
    this.#become({ name: 'open', since: Date.now() }, new Event('open'))
  }

  heard(): void {
    this.#suspect = false
    this.#watch()
  }

  block({ id, event: type = 'message', data }: Block, origin: string): void {
    this.#recalled = false
    if (id !== undefined) this.#lastEventId = id
    const control = /^sse-(ready|gap|end)$/.test(type)
    if (data === undefined) {
      // Streams of this package begin with a block without data.
      if (type === 'sse-open') this.#seen.isOurs = true
      return
    }
    // Control events are exempt: they may carry the ID of an event that follows.
    if (id && !control && !this.#seen.isNew(id)) return
    const message = new StreamMessage(type, { data, lastEventId: this.#lastEventId ?? '', origin })
    this.#target.dispatchEvent(message)
    if (control) this.#told(type, parse(data))
  }

  retry(ms: number): void {
    this.#retry = ms
    this.#recalled = true
  }

  /** Waits as long as the server asks, plus the backoff, and connects again. Without `wait`, closes the stream. */
  end(reason: Reason, wait?: number): void {
    if (this.#isOver(reason)) return this.close(reason)
    const error = new CustomEvent('error', { detail: reason })
    if (wait === undefined) return this.close(reason, error)
    const { state } = this
    const now = Date.now()
    // Only a connection that outlasts the previous wait resets the backoff, so waits grow for a server that keeps crashing.
    if (state.name === 'open' && now - state.since > Math.max(this.#window, this.#retry)) this.#failures = 0
    const attempt = ++this.#failures
    this.#window = backoffWindow(this.#retry, attempt)
    const delay = Math.min(wait + Math.random() * this.#window, longestTimer)
    this.#wait = wait
    this.#drop()
    this.#after(delay, () => this.connect())
    this.#become({ name: 'waiting', attempt, nextTry: now + delay, reason }, error)
  }

  offline(): void {
    this.#suspect = true
  }

  online(): void {
    if (this.#suspect && this.state.name !== 'waiting') this.end({ code: 'offline' }, 0)
    this.#suspect = false
    if (this.state.name === 'waiting' && !this.#wait) this.connect()
  }

  /** Whether the stream closes, without an error, because the server has ended it as the app expects. */
  #isOver({ code }: Reason): boolean {
    const { afterEnd } = this.#settings
    if (code === 'finished') return afterEnd !== 'always'
    return code === 'ended' && afterEnd === 'never' && !this.#recalled
  }

  /** Handles a control event. */
  #told(type: string, detail: Partial<Told> | null | undefined): void {
    const { state } = this
    if (!detail || state.name !== 'open') return
    this.#seen.isOurs = true
    if (type === 'sse-gap') {
      // After a gap, the server may send events again.
      this.#seen.clear()
      this.#notify('gap', detail)
    } else if (type === 'sse-end') {
      this.#lastEventId = this.#lastEventId?.replace(/-end$/, '')
      this.end({ code: 'finished' }, 0)
    } else this.#become({ ...state, resumed: detail.resumed, replayed: detail.replayed })
  }

  /** Starts the limit on silence again. */
  #watch(): void {
    const { silence } = this.#settings
    // In two parts: after a blocked event loop, Node fires timers before it reads the socket. The second part leaves time to
    // read.
    if (silence) this.#after(silence * 0.9, () => this.#after(silence * 0.1, () => this.end({ code: 'silent' }, 0)))
  }

  #after(ms: number, what: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(what, ms)
  }

  /** Ends the current attempt and its timer. */
  #drop(): void {
    clearTimeout(this.#timer)
    this.#current.abort()
  }

  #become(state: StreamState, event?: Event): void {
    this.state = state
    if (event) this.#target.dispatchEvent(event)
    // A listener may have changed the state again.
    if (this.state === state) this.#notify('statechange', state)
  }

  #notify(type: string, detail: unknown): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** Returns `undefined` if the text is not JSON: other servers may use the names of control events for other content. */
function parse(data: string): Partial<Told> | null | undefined {
  try {
    return JSON.parse(data) as Partial<Told> | null
  } catch {
    return undefined
  }
}
