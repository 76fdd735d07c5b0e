// One connection for all tabs.
export { SharedEventStream, type SharedEventStreamOptions } from './shared-event-stream.js'
