// EventStream: the EventSource interface and its events. A source keeps the connection: see source.ts.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface
import { eventQueue, type EventQueueOptions } from './event-queue.js'
import type { EventType, Opened, StreamEvent, StreamNotice, StreamTarget } from './events.js'
import { RetryLoop } from './retry-loop.js'
import { settings, type EventStreamOptions } from './options.js'
import { followPage } from './page.js'
import type { SourceFactory, StreamSource } from './source.js'
import type { Reason, StreamState } from './state.js'
import { resolve } from './url.js'

type Handler = ((event: never) => unknown) | null
/** The type that the getters return, so that code for an EventSource accepts an EventStream. */
type AnyHandler = ((event: Event) => unknown) | null
type On<T> = ((event: T) => unknown) | null

/**
 * `EventSource` over `fetch`: reconnects after every interruption and resumes after the last event. `Events` maps event
 * types to the types of their JSON, for `event.json()`. Connects at once; `close()` ends it for good.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface (HTML standard, 9.2.2)
 *
 * @example
 * ```ts
 * import { EventStream } from 'express-sse-channels/client'
 *
 * const stream = new EventStream<{ goal: { minute: number } }>('https://example.com/games/42/stream')
 * stream.addEventListener('goal', (event) => console.log(event.json().minute))
 * stream.addEventListener('gap', ({ detail }) => console.log('reload', detail.channels))
 * stream.onerror = () => console.log(stream.state)
 * setTimeout(() => stream.close(), 60_000)
 * ```
 */
export class EventStream<Events extends object = object> extends (EventTarget as new <E>() => StreamTarget<E>)<Events> {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  /** Value of `readyState` while it connects, or waits for the next attempt. */
  readonly CONNECTING = 0
  /** Value of `readyState` while the response arrives. */
  readonly OPEN = 1
  /** Value of `readyState` after it has closed for good. */
  readonly CLOSED = 2

  /** The absolute URL of the stream. */
  readonly url: string
  /** Whether cookies are sent to other origins too. */
  readonly withCredentials: boolean
  readonly #source: StreamSource
  readonly #handlers = new Map<string, Handler>()

  /**
   * Connects in a microtask, so that listeners can be added first. A relative URL is resolved as in a link of the page.
   *
   * @throws a `SyntaxError` for a URL that is not http or https, and a `TypeError` for an invalid option
   */
  constructor(url: string | URL, options?: EventStreamOptions)
  // Not in the types: only a SharedEventStream has another source.
  constructor(
    url: string | URL,
    options: EventStreamOptions = {},
    makeSource: SourceFactory = (target, settings) => new RetryLoop(target, settings),
  ) {
    super()
    this.url = resolve(url)
    const set = settings(this.url, options)
    this.withCredentials = set.init.credentials === 'include'
    const source = (this.#source = makeSource(this, set))
    const { signal: user } = options
    const { signal } = source
    followPage(source, set.closeWhenHidden, signal)
    const abort = () => source.close({ code: 'aborted', error: user?.reason })
    user?.addEventListener('abort', abort, { signal })
    // In a microtask, so that listeners that are added right after this constructor get the event.
    if (user?.aborted) queueMicrotask(abort)
    else source.connect()
  }

  /** The state, in more detail than `readyState`. Each change dispatches a `statechange` event. */
  get state(): StreamState {
    return this.#source.state
  }

  /** The last event ID, after which the stream resumes. Empty without one. */
  get lastEventId(): string {
    return this.#source.lastEventId ?? ''
  }

  /** 0 (`CONNECTING`), 1 (`OPEN`) or 2 (`CLOSED`). */
  get readyState(): number {
    const { name } = this.state
    return name === 'open' ? 1 : name === 'closed' ? 2 : 0
  }

  /** Called when a response has begun: each time it connects. `null` removes the handler. */
  get onopen(): AnyHandler {
    return this.#handler('open')
  }
  set onopen(handler: On<StreamNotice<Opened>>) {
    this.#handle('open', handler)
  }

  /** Called for each event of the type `message`, which is the type of events without one. `null` removes the handler. */
  get onmessage(): AnyHandler {
    return this.#handler('message')
  }
  set onmessage(handler: On<StreamEvent<Events, 'message'>>) {
    this.#handle('message', handler)
  }

  /** Called when the connection was lost or refused. `null` removes the handler. */
  get onerror(): AnyHandler {
    return this.#handler('error')
  }
  set onerror(handler: On<StreamNotice<Reason>>) {
    this.#handle('error', handler)
  }

  /**
   * Connects again at once, in place of the present connection, and resumes. For an app that knows that a wait has become
   * pointless, or that the server would now answer otherwise. Does nothing once the stream is closed.
   *
   * @example
   * ```ts
   * import { EventStream } from 'express-sse-channels/client'
   *
   * const stream = new EventStream('https://example.com/games/42/stream')
   * // Somebody has signed in: the server is to know at once.
   * stream.reconnect()
   * setTimeout(() => stream.close(), 60_000)
   * ```
   */
  reconnect(): void {
    this.#source.reconnect()
  }

  /** Closes the stream for good, in any state. Dispatches `statechange` and `close`, unless it was closed before. */
  close(): void {
    this.#source.close({ code: 'called' })
  }

  /**
   * Iterates over the events of a type, beginning with the next one that arrives. The loop ends when the stream closes.
   * `break` or `signal` ends it earlier. The stream stays open then.
   *
   * @example
   * ```ts
   * import { EventStream } from 'express-sse-channels/client'
   *
   * const stream = new EventStream<{ goal: { minute: number } }>('https://example.com/games/42/stream')
   * for await (const event of stream.events('goal')) {
   *   console.log(event.json().minute)
   *   if (event.json().minute > 90) break
   * }
   * stream.close()
   * ```
   */
  events<Type extends EventType<Events>>(
    type: Type,
    options?: EventQueueOptions,
  ): AsyncIterableIterator<StreamEvent<Events, Type>> {
    return eventQueue(this, type, options)
  }

  #handler(type: string): AnyHandler {
    return (this.#handlers.get(type) ?? null) as AnyHandler
  }

  #handle(type: string, handler: Handler): void {
    if (!this.#handlers.has(type)) {
      this.addEventListener(type, (event) => this.#handlers.get(type)?.call(this, event as never))
    }
    this.#handlers.set(type, typeof handler === 'function' ? handler : null)
  }
}
