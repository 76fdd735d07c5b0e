// Events that an EventStream dispatches, and their types by name.
import type { Reason, StreamState } from './state.js'

type MessageClass = new (type: string, init: MessageInit) => MessageEvent

export interface MessageInit {
  data: string
  lastEventId: string
  origin: string
}

/**
 * An event of the server: a `MessageEvent` with text in `data`. `json()` parses the text.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage (HTML standard, 9.2.6)
 *
 * @example
 * ```ts
 * import { EventStream, type StreamMessage } from 'express-sse-channels/client'
 *
 * const show = (event: StreamMessage<{ minute: number }>) => console.log(event.lastEventId, event.json().minute)
 * const stream = new EventStream<{ goal: { minute: number } }>('https://example.com/games/42/stream')
 * stream.addEventListener('goal', show)
 * setTimeout(() => stream.removeEventListener('goal', show), 60_000)
 * ```
 */
// MessageEvent is generic in the types of browsers, but not in those of Node. MessageClass fits both.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it is what addEventListener promises
export class StreamMessage<T = unknown> extends (MessageEvent as MessageClass) {
  /** The text of the event. */
  declare readonly data: string

  /**
   * Parses `data` as JSON. The stream stays open if this throws in a listener.
   *
   * @throws a `SyntaxError` if `data` is not JSON
   */
  json(): T {
    return JSON.parse(this.data) as T
  }
}

/** A `CustomEvent` about the stream itself, with the information in `detail`. */
export type StreamNotice<T> = Event & { readonly detail: T }

/** The response that begins a connection. */
export interface Opened {
  /** Status of the response: always 200. */
  readonly status: number
  /** Headers of the response. From another origin, only those that `Access-Control-Expose-Headers` names. */
  readonly headers: Headers
}

/** Events were missed and cannot be replayed. Reload the content of these channels. */
export interface Gap {
  /** The names of the channels that lack events. */
  readonly channels: readonly string[]
  /**
   * Why events are missing:
   * - `evicted`: the missed events are no longer in the server's history
   * - `slow`: the client read too slowly, and events were evicted before they were sent
   * - `restarted`: the server has begun a new history
   * - `unknown`: the server does not know the last event ID
   * - `snapshot`: the server could not load its state
   */
  readonly reason: 'evicted' | 'slow' | 'restarted' | 'unknown' | 'snapshot'
  /**
   * Whether the latest event of every key of all channels of this connection follows, and then `sse-ready`. Whoever keeps
   * keyed state begins again. Older versions of the server leave it out.
   */
  readonly complete: boolean
}

/** Events about the stream itself, by type. They are dispatched in addition to those of the server. */
export interface StreamNotices {
  /** A response has begun. Dispatched each time the stream connects. */
  open: StreamNotice<Opened>
  /** The connection was lost or refused. `readyState` tells whether another attempt follows. */
  error: StreamNotice<Reason>
  /** `state` has changed. `detail` is the new state. */
  statechange: StreamNotice<StreamState>
  /** The stream has closed for good, for the reason in `detail`. Dispatched once. */
  close: StreamNotice<Reason>
  /** Events were missed and cannot be replayed. */
  gap: StreamNotice<Gap>
}

/** The event that a listener for `Type` gets. If an event of the server has the name of a notice, the listener gets both. */
export type StreamEvent<Events, Type> =
  | (Type extends keyof StreamNotices ? StreamNotices[Type] : never)
  | (Type extends keyof Events ? StreamMessage<Events[Type]> : Type extends keyof StreamNotices ? never : StreamMessage)

/** Names of notices and of the server's events. Any other name is accepted too. */
export type EventType<Events> = keyof StreamNotices | (keyof Events & string) | (string & {})
type Listener<Events, Type> =
  ((event: StreamEvent<Events, Type>) => unknown) | { handleEvent(event: StreamEvent<Events, Type>): unknown } | null

/** An `EventTarget` with typed events. */
export interface StreamTarget<Events> extends EventTarget {
  /** Adds a listener. The type of its event follows from the event type. */
  addEventListener<Type extends EventType<Events>>(
    type: Type,
    listener: Listener<Events, Type>,
    options?: Parameters<EventTarget['addEventListener']>[2],
  ): void
  /**
   * Removes a listener that was added with the same event type.
   *
   * @example
   * ```ts
   * import { EventStream } from 'express-sse-channels/client'
   *
   * const stream = new EventStream('https://example.com/games/42/stream')
   * const show = (event: Event) => console.log(event.type)
   * stream.addEventListener('goal', show)
   * stream.removeEventListener('goal', show)
   * ```
   */
  removeEventListener<Type extends EventType<Events>>(
    type: Type,
    listener: Listener<Events, Type>,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void
}

/** Whether an event of this type is one that the server sends about the stream itself, and that has data. */
export function isControl(type: string): boolean {
  return /^sse-(ready|gap|end)$/.test(type)
}
