/** `express-sse-channels/testing`: reads an event stream in a test. */
export { openStream } from './open-stream.js'
export type { OpenStreamOptions, ReconnectOptions } from './options.js'
export type { ReceivedEvent } from './received-event.js'
export { RefusedError } from './refused-error.js'
export type { App } from './target.js'
export type { TestStream } from './test-stream.js'
