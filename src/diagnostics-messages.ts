/** What is published to the channels of `node:diagnostics_channel`. */
import type { IncomingMessage } from 'node:http'
import type { ChannelRegistry, Connection } from './registry.js'
import type { CloseReason, GapReason, ShedReason, StoreState } from './stats.js'
import type { Message } from './wire/format.js'

/**
 * The messages of `node:diagnostics_channel`, by the name of their channel. They are published synchronously, while
 * something is done: do not change them, and do not call back into the package before the next turn of the event loop.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 * import type { DiagnosticsMessages } from 'express-sse-channels'
 *
 * subscribe('express-sse-channels:close', (message) => {
 *   const { connection, reason, duration } = message as DiagnosticsMessages['express-sse-channels:close']
 *   console.log(connection.owner, reason, `after ${duration} ms`)
 * })
 * ```
 */
export interface DiagnosticsMessages {
  /** A connection has opened: its head is about to be sent. */
  'express-sse-channels:open': {
    connection: Connection
    request: IncomingMessage
  }
  /** A connection that was open has closed. `duration`: milliseconds since it opened. */
  'express-sse-channels:close': {
    connection: Connection
    request: IncomingMessage
    reason: CloseReason
    duration: number
  }
  /**
   * A message that this process has published has its place in the log. `id`: its event ID. `bytes`: of the encoded event,
   * without its ID.
   */
  'express-sse-channels:publish': {
    registry: ChannelRegistry
    channel: string
    message: Message
    id: string
    bytes: number
  }
  /** A client has missed events of some channels. It is told so, unless `controlEvents` is false. */
  'express-sse-channels:gap': {
    connection: Connection
    channels: string[]
    reason: GapReason
  }
  /** A request was shed: its stream ends at once, and the client comes back later. */
  'express-sse-channels:shed': {
    registry: ChannelRegistry
    request: IncomingMessage
    owner: string | undefined
    reason: ShedReason
  }
  /** The socket of a connection is full: its client reads more slowly than events come. */
  'express-sse-channels:stall': {
    connection: Connection
    unsentBytes: number
  }
  /** The store has begun, cannot be read, can be read again, or has lost events. `error`: why it cannot be read. */
  'express-sse-channels:store': {
    registry: ChannelRegistry
    state: StoreState
    error: unknown
  }
}
