// The events an EventStream dispatches, and their types by name.
import type { Reason, StreamState } from './state.js'

type MessageClass = new (type: string, init: MessageInit) => MessageEvent

export interface MessageInit {
  data: string
  lastEventId: string
  origin: string
}

/** An event of the stream: a `MessageEvent` with the text in `data`, and the value of its JSON on demand. */
// Node's types and the browsers' disagree on whether MessageEvent is generic; both agree on MessageClass.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- it is what addEventListener promises
export class StreamMessage<T = unknown> extends (MessageEvent as MessageClass) {
  declare readonly data: string

  /** Parses `data`. A body that is not JSON throws here, in the listener, and does not touch the stream. */
  json(): T {
    return JSON.parse(this.data) as T
  }
}

/** A `CustomEvent` about the stream itself: what there is to say is in `detail`. */
export type StreamNotice<T> = Event & { readonly detail: T }

/** Events were missed and cannot be sent any more: reload what these channels show. */
export interface Gap {
  readonly channels: readonly string[]
  /** `evicted`: too long away; `slow`: overtaken; `restarted`: the server's history is a new one; `unknown`: an ID it does not know. */
  readonly reason: 'evicted' | 'slow' | 'restarted' | 'unknown'
}

/** The events that are dispatched beside those of the stream. */
export interface StreamNotices {
  open: Event
  /** The connection was lost or refused; `readyState` says whether it will be tried again. */
  error: StreamNotice<Reason>
  statechange: StreamNotice<StreamState>
  /** The stream is over, for the reason in `detail`. Comes once. */
  close: StreamNotice<Reason>
  gap: StreamNotice<Gap>
}

/** The event that a listener for `Type` gets. A server's event may have the name of a notice; the listener then gets both. */
export type StreamEvent<Events, Type> =
  | (Type extends keyof StreamNotices ? StreamNotices[Type] : never)
  | (Type extends keyof Events ? StreamMessage<Events[Type]> : Type extends keyof StreamNotices ? never : StreamMessage)

type EventType<Events> = keyof StreamNotices | (keyof Events & string) | (string & {})
type Listener<Events, Type> =
  ((event: StreamEvent<Events, Type>) => unknown) | { handleEvent(event: StreamEvent<Events, Type>): unknown } | null

/** `EventTarget` that knows its events. */
export interface StreamTarget<Events> extends EventTarget {
  addEventListener<Type extends EventType<Events>>(
    type: Type,
    listener: Listener<Events, Type>,
    options?: Parameters<EventTarget['addEventListener']>[2],
  ): void
  removeEventListener<Type extends EventType<Events>>(
    type: Type,
    listener: Listener<Events, Type>,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void
}
