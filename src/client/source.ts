// What keeps the connection of a stream: a retry loop, or a tab's part in a connection that tabs share.
import type { Settings } from './options.js'
import type { PageFollower } from './page.js'
import type { Reason, StreamState } from './state.js'

/** Where a source dispatches its events. `id`: the ID that came with the event; `undefined` without one. */
export interface EventSink {
  dispatchEvent(event: Event, id?: string): unknown
}

export interface StreamSource extends PageFollower {
  readonly state: StreamState
  /** `undefined` until there is one. */
  readonly lastEventId: string | undefined
  /** Aborted when the stream is closed, to remove listeners on other objects. */
  readonly signal: AbortSignal
  connect(): void
  reconnect(): void
  close(reason: Reason): void
}

export type SourceFactory = (target: EventSink, settings: Settings) => StreamSource
