// EventSource over fetch that survives outages.
export { EventStream } from './event-stream.js'
export type { EventQueueOptions } from './event-queue.js'
export type { Gap, StreamEvent, StreamMessage, StreamNotice, StreamNotices } from './events.js'
export { keyedState, type KeyedState, type KeyedStateOptions } from './keyed-state.js'
export type { EventStreamOptions, StreamBody } from './options.js'
export type { Reason, StreamState } from './state.js'
