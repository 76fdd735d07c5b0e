/** What the middleware takes, and what it adds to the request and the response. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Connection } from './registry.js'

export type AnyRequest = IncomingMessage | Http2ServerRequest
export type AnyResponse = ServerResponse | Http2ServerResponse
export type Next = (error?: unknown) => void

/** What `sse()` adds to a request, for servers without the types of Express. */
export interface SseRequest {
  /**
   * The last event ID that the client sent; an empty string without one. `'\uFFFD'` replaces an ID that no server can have
   * given out. HTML standard, 9.2.4.
   */
  lastEventId: string
}

/** What `sse()` adds to a response, for servers without the types of Express. */
export interface SseResponse {
  /** The connection, if the request asks for an event stream. */
  sse?: Connection
}
