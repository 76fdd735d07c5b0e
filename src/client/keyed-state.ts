// The state that the events of a stream make up, for a user interface: one value for each key.
import type { EventStream } from './event-stream.js'
import { StreamMessage, type Gap, type StreamNotice } from './events.js'
import { KeyedMaps } from './keyed-maps.js'
import type { StreamState } from './state.js'

/** The type of the data of an event type, as the `Events` map of the stream says. */
export type DataOf<Events, Type> = Type extends keyof Events ? Events[Type] : unknown

/** Options of `keyedState`. */
export interface KeyedStateOptions<K, Data> {
  /** Returns the key of an event. A later event with the same key replaces it. */
  key: (event: StreamMessage<Data>) => K
  /**
   * Returns whether an event removes its key.
   * @default none: no event does
   */
  remove?: ((event: StreamMessage<Data>) => boolean) | undefined
}

/**
 * State that follows a stream. Its functions need no `this`.
 *
 * @example
 * ```ts
 * import { EventStream, keyedState, type KeyedState } from 'express-sse-channels/client'
 *
 * const stream = new EventStream<{ stock: { id: number; left: number } }>('https://example.com/stock')
 * const stock: KeyedState<number, { left: number }> = keyedState(stream, 'stock', { key: (event) => event.json().id })
 * const unsubscribe = stock.subscribe((map) => console.log(map.size, stock.get() === map))
 * setTimeout(() => (unsubscribe(), stock.stop(), stream.close()), 60_000)
 * ```
 */
export interface KeyedState<K, Data> {
  /** Returns the current map: the same object until the state changes. No map changes after it was returned. */
  get(): ReadonlyMap<K, Data>
  /** Calls the listener now, and after changes, at most once per microtask. Returns the function that unsubscribes. */
  subscribe(listener: (map: ReadonlyMap<K, Data>) => void): () => void
  /** Stops following the stream, and calls no listener any more. Does not close the stream. */
  stop(): void
}

/**
 * Keeps the latest data of each key. Call it right after the stream was made, so that no event is missed. After a gap that the
 * server fills completely, the new state replaces the old one in one step.
 *
 * If `key`, `remove` or the JSON of an event throws, the event changes nothing, and the error is reported as in any listener.
 *
 * @example
 * ```ts
 * import { EventStream, keyedState } from 'express-sse-channels/client'
 *
 * const stream = new EventStream<{ score: { game: number; home: number; over: boolean } }>('https://example.com/scores')
 * const scores = keyedState(stream, 'score', {
 *   key: (event) => event.json().game,
 *   remove: (event) => event.json().over,
 * })
 * scores.subscribe((map) => console.log(map.get(42)?.home))
 * ```
 */
export function keyedState<Events extends object, Type extends (keyof Events & string) | (string & {}), K>(
  stream: EventStream<Events>,
  type: Type,
  { key, remove }: KeyedStateOptions<K, DataOf<Events, Type>>,
): KeyedState<K, DataOf<Events, Type>> {
  type Data = DataOf<Events, Type>
  // Not a list of listeners: an EventTarget also calls the others when one throws.
  const changes = new EventTarget()
  const stopping = new AbortController()
  const { signal } = stopping
  const maps = new KeyedMaps<K, Data>(() => changes.dispatchEvent(new Event('change')))

  // A server may use the names of notices for its events. Notices are no StreamMessage, and only they have a detail.
  const listen = (name: string, listener: (event: Event) => void) =>
    (stream as EventTarget).addEventListener(name, listener, { signal })

  listen(type, (event) => {
    if (!(event instanceof StreamMessage)) return
    const message = event as StreamMessage<Data>
    const at = key(message)
    if (remove?.(message)) maps.delete(at)
    else maps.set(at, message.json())
  })
  listen('gap', (event) => {
    const { detail } = event as Partial<StreamNotice<Gap>>
    if (detail) maps.gap(detail.complete)
  })
  listen('statechange', (event) => {
    const { detail } = event as Partial<StreamNotice<StreamState>>
    if (detail?.name !== 'open') return
    if (detail.resumed === undefined) maps.opened()
    else maps.caughtUp(detail.resumed)
  })

  return {
    get: () => maps.shown,
    subscribe(listener) {
      const call = () => listener(maps.shown)
      call()
      changes.addEventListener('change', call, { signal })
      return () => changes.removeEventListener('change', call)
    },
    stop: () => stopping.abort(),
  }
}
