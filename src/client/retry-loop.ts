// The link to the server: made again whenever it is lost, one attempt at a time, until it is closed. Every way in and out
// of a state is here, and so is every timer and what the stream's listeners are told.
import { attempt, type AttemptHandlers } from './attempt.js'
import { backoffWindow, defaultRetry, longestTimer } from './backoff.js'
import type { Block } from './blocks.js'
import { StreamMessage, type Gap } from './events.js'
import type { Settings } from './options.js'
import { Seen } from './seen.js'
import type { Reason, StreamState } from './state.js'

type Told = Gap & { resumed: boolean; replayed: number }

export class Link implements AttemptHandlers {
  state: StreamState = { name: 'connecting', attempt: 0 }
  readonly #closing = new AbortController()
  /** Aborted when the link is closed: for the listeners on everything else. */
  readonly signal = this.#closing.signal
  readonly #target: EventTarget
  readonly #settings: Settings
  readonly #seen = new Seen()
  /** `undefined` until the server has sent one. */
  #lastEventId: string | undefined
  #retry = defaultRetry
  #failures = 0
  /** ms: the last wait was a random part of this. */
  #window = 0
  /** ms that the server asked to be left alone when it was last lost. */
  #wait = 0
  /** The network went away, and since then nothing has come and no try was made online. */
  #suspect = false
  /** The one attempt there is, or the last one there was. */
  #current = new AbortController()
  /** While there is an attempt: the watchdog. While there is none: the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Dispatches on `target` all that an EventStream dispatches. */
  constructor(target: EventTarget, settings: Settings) {
    this.#target = target
    this.#settings = settings
  }

  connect(): void {
    this.#drop()
    const { signal } = (this.#current = new AbortController())
    this.#seen.isOurs = false
    this.#watch()
    void attempt(this.#settings, this.#lastEventId, signal, this)
    // After the attempt has begun, so that a listener that closes the stream ends it.
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
    if (id !== undefined) this.#lastEventId = id
    const control = /^sse-(ready|gap)$/.test(type)
    if (data === undefined) {
      // The head of our streams is a block without data.
      if (type === 'sse-open') this.#seen.isOurs = true
      return
    }
    // A control event carries the ID of an event that may still come.
    if (id && !control && !this.#seen.isNew(id)) return
    const message = new StreamMessage(type, { data, lastEventId: this.#lastEventId ?? '', origin })
    this.#target.dispatchEvent(message)
    if (control) this.#told(type, parse(data))
  }

  retry(ms: number): void {
    this.#retry = ms
  }

  /** Waits as long as the server asks for, and then as long as the back-off says; or closes. */
  end(reason: Reason, wait?: number): void {
    const error = new CustomEvent('error', { detail: reason })
    if (wait === undefined) return this.close(reason, error)
    const { state } = this
    const now = Date.now()
    // A server that crashes again soon after each start is not open for longer than the wait before, so waits still grow.
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

  /** What the server says about the stream itself. */
  #told(type: string, detail: Partial<Told> | null | undefined): void {
    const { state } = this
    if (!detail || state.name !== 'open') return
    this.#seen.isOurs = true
    if (type === 'sse-gap') {
      // The server may now send again what it has sent before.
      this.#seen.clear()
      this.#notify('gap', detail)
    } else this.#become({ ...state, resumed: detail.resumed, replayed: detail.replayed })
  }

  /** Starts the watchdog, or puts it off. */
  #watch(): void {
    const { silence } = this.#settings
    // In two parts: after a blocked event loop Node fires timers first, and reads what has come during the second part.
    if (silence) this.#after(silence * 0.9, () => this.#after(silence * 0.1, () => this.end({ code: 'silent' }, 0)))
  }

  #after(ms: number, what: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(what, ms)
  }

  /** Leaves nothing behind of what is under way. */
  #drop(): void {
    clearTimeout(this.#timer)
    this.#current.abort()
  }

  #become(state: StreamState, event?: Event): void {
    this.state = state
    if (event) this.#target.dispatchEvent(event)
    // A listener may have changed it again.
    if (this.state === state) this.#notify('statechange', state)
  }

  #notify(type: string, detail: unknown): void {
    this.#target.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** Another server's event may happen to have our name; it has been dispatched as what it is. */
function parse(data: string): Partial<Told> | null | undefined {
  try {
    return JSON.parse(data) as Partial<Told> | null
  } catch {
    return undefined
  }
}
