// Connects to the server, one attempt at a time, until the stream is closed. All changes of state, all timers and all
// notices to listeners are here.
import { attempt, type AttemptHandlers } from './attempt.js'
import { backoffWindow, defaultRetry, longestTimer } from './backoff.js'
import type { Block } from './blocks.js'
import { isControl, StreamMessage, type Gap, type Opened } from './events.js'
import { patience, type Settings } from './options.js'
import { Seen } from './seen.js'
import type { EventSink, StreamSource } from './source.js'
import type { Reason, StreamState } from './state.js'

type Told = Gap & { resumed: boolean; replayed: number }

export class RetryLoop implements AttemptHandlers, StreamSource {
  state: StreamState = { name: 'connecting', attempt: 0 }
  readonly #closing = new AbortController()
  readonly signal = this.#closing.signal
  readonly #target: EventSink
  readonly #settings: Settings
  readonly #seen = new Seen()
  lastEventId: string | undefined
  #retry = defaultRetry
  /** Whether the last thing the server sent is `retry`: it asks the client to come back, such as at a drain. */
  #recalled = false
  /** Failed attempts since the last good connection. */
  #failures = 0
  /** The longest the last wait could be, in ms. */
  #window = 0
  /** The time before which the server has asked the client not to come back. */
  #notBefore = 0
  /** When the server has last sent something, or was asked. */
  #heardAt = 0
  /** Whether it waits for the page. */
  #isSuspended = false
  /** Whether the network went offline, and nothing has arrived and no online attempt was made since. */
  #suspect = false
  /** Aborts the current attempt, or the last one. */
  #current = new AbortController()
  /** During an attempt: the limit on silence. Otherwise: the wait for the next attempt. */
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Dispatches all events on `target`. */
  constructor(target: EventSink, settings: Settings) {
    this.#target = target
    this.#settings = settings
    this.lastEventId = settings.lastEventId
  }

  connect(): void {
    this.#drop()
    const { signal } = (this.#current = new AbortController())
    this.#seen.isOurs = this.#recalled = false
    this.#heardAt = Date.now()
    this.#watch()
    void attempt(this.#settings, this.lastEventId, signal, this)
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

  /** Connects again without a wait. */
  reconnect(): void {
    if (this.state.name === 'closed') return
    this.#isSuspended = false
    this.#failures = this.#notBefore = 0
    this.connect()
  }

  open(detail: Opened): void {
    this.#become({ name: 'open', since: Date.now() }, new CustomEvent('open', { detail }))
  }

  heard(): void {
    this.#suspect = false
    this.#heardAt = Date.now()
    this.#watch()
  }

  block({ id, event: type = 'message', data }: Block, origin: string): void {
    this.#recalled = false
    if (id !== undefined) this.lastEventId = id
    const control = isControl(type)
    if (data === undefined) {
      // Streams of this package begin with a block without data.
      if (type === 'sse-open') this.#seen.isOurs = true
      return
    }
    // Control events are exempt: they may carry the ID of an event that follows.
    if (id && !control && !this.#seen.isNew(id)) return
    const message = new StreamMessage(type, { data, lastEventId: this.lastEventId ?? '', origin })
    this.#target.dispatchEvent(message, id)
    if (control) this.#told(type, parse(data))
  }

  retry(ms: number): void {
    this.#retry = ms
    this.#recalled = true
  }

  async refused(reason: Reason, wait?: number): Promise<void> {
    const { shouldReconnect } = this.#settings
    if (wait !== undefined || !shouldReconnect) {
      this.end(reason, wait)
      return
    }
    this.#drop()
    const { signal } = (this.#current = new AbortController())
    // The app may take its time, such as for a login.
    this.#heardAt = Infinity
    try {
      const answer = await shouldReconnect(reason)
      if (signal.aborted) return
      if (answer === true) this.end(reason, 0)
      else if (typeof answer === 'number' && answer >= 0) this.end(reason, Math.min(answer, longestTimer), 0)
      else this.end(reason)
    } catch (error) {
      if (!signal.aborted) this.end({ ...reason, error })
    }
  }

  /**
   * Waits as long as the server asks, plus a random part of the window, and connects again. Without `wait`, closes the
   * stream.
   */
  end(reason: Reason, wait?: number, window?: number): void {
    if (this.#isOver(reason)) return this.close(reason)
    const error = new CustomEvent('error', { detail: reason })
    if (wait === undefined) return this.close(reason, error)
    this.#forgive()
    this.#window = backoffWindow(this.#retry, ++this.#failures)
    this.#notBefore = Date.now() + wait
    this.#await(wait + Math.random() * (window ?? this.#window), reason, error)
  }

  offline(): void {
    this.#suspect = true
  }

  online(): void {
    if (this.#suspect && this.state.name !== 'waiting') this.end({ code: 'offline' }, 0)
    this.#suspect = false
    if (!this.#isSuspended) this.wake()
  }

  suspend(): void {
    if (this.state.name === 'closed') return
    this.#isSuspended = true
    this.#forgive()
    this.#await(Infinity, { code: 'hidden' })
  }

  wake(): void {
    const { silence } = this.#settings
    const isTrying = this.state.name === 'open' || this.state.name === 'connecting'
    // Timers do not run while the machine sleeps, so only the clock tells how long nothing has come.
    const isSilent = silence > 0 && Date.now() - this.#heardAt > silence / patience
    if (isTrying && isSilent) this.end({ code: 'silent' }, 0)
    const { state } = this
    if (state.name !== 'waiting') return
    const rest = this.#notBefore - Date.now()
    if (rest <= 0) this.connect()
    else if (this.#isSuspended) this.#await(rest, state.reason)
    this.#isSuspended = false
  }

  /** Only a connection that outlasts the previous wait resets the backoff, so waits grow for a server that keeps crashing. */
  #forgive(): void {
    const { state } = this
    if (state.name === 'open' && Date.now() - state.since > Math.max(this.#window, this.#retry)) this.#failures = 0
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
      this.lastEventId = this.lastEventId?.replace(/-end$/, '')
      this.end({ code: 'finished' }, 0)
    } else this.#become({ ...state, resumed: detail.resumed, replayed: detail.replayed })
  }

  /** Starts the limit on silence again. */
  #watch(): void {
    const { silence } = this.#settings
    // In two parts: after a blocked event loop, Node fires timers before it reads the socket. The second part leaves time to
    // read.
    const reading = Math.min(silence / 10, 250)
    const onSilence = () => this.end({ code: 'silent' }, 0)
    if (silence) this.#after(silence - reading, () => this.#after(reading, onSilence))
  }

  #after(ms: number, what: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(what, ms)
  }

  /** Ends the current attempt, and connects again after `ms`. */
  #await(ms: number, reason: Reason, error?: Event): void {
    this.#drop()
    if (ms < Infinity) this.#after(Math.min(ms, longestTimer), () => this.connect())
    this.#become({ name: 'waiting', attempt: this.#failures, nextTry: Date.now() + ms, reason }, error)
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
