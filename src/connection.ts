/** `res.sse`: the object that handlers use to send to one client. The stream behind it does the work. */
import { requireChannelName } from './channel-name.js'
import type { ConnectionContext } from './connection-context.js'
import { ConnectionState, readerOf } from './connection-state.js'
import { checkListener, type CloseListener } from './http/close-notice.js'
import { sendAll } from './http/send-all.js'
import type { Stream } from './http/stream.js'
import type { StreamRoute } from './http/stream-route.js'
import { checkSubscribeOptions, type SubscribeOptions } from './subscribe-options.js'
import { encodeComment, encodeMessage, lacksData, type AnyEvents, type Message } from './wire/format.js'

/**
 * One open event stream: `res.sse`. Nothing is sent before the first call of `open`, `subscribe`, `send`, `sendAll`,
 * `comment`, `finish` or `close`. Until then, a handler may set headers, or answer otherwise, such as with 403.
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { sse } from 'express-sse-channels'
 *
 * const app = express()
 * app.get('/games/:id/stream', sse(), (req, res) => {
 *   if (!res.sse) return res.sendStatus(406)
 *   res.sse.subscribe(`game:${req.params.id}`)
 *   res.sse.send({ event: 'hello', data: { resumed: res.sse.lastEventId !== '' } })
 * })
 * app.listen(3000)
 * ```
 */
export class Connection<E extends object = AnyEvents, R = unknown> extends ConnectionState {
  readonly #stream: Stream
  readonly #context: ConnectionContext<R>
  #isFinished = false

  constructor(stream: Stream, context: ConnectionContext<R>) {
    super(stream)
    this.#stream = stream
    this.#context = context
  }

  /** Whether a route made the connection. False for a connection of another copy of the package. */
  static isOf(route: StreamRoute, connection: object): boolean {
    return #stream in connection && connection.#stream.route === route
  }

  /** The registry whose channels the connection can subscribe to. */
  get registry(): R {
    return this.#context.registry
  }

  /** Whether nothing can be sent any more: the client has disconnected, the response has ended, or `finish` was called. */
  get closed(): boolean {
    return this.#isFinished || this.#stream.closed
  }

  /** An `AbortSignal` that is aborted when the connection closes. Pass it to a query, a `fetch` or a timer. */
  get signal(): AbortSignal {
    return this.#stream.closeNotice.signal
  }

  /**
   * Calls a listener once, when the connection closes, with a `CloseReason`. If the connection has closed before, the
   * listener is called in a microtask. Returns a function that removes the listener. Errors of the listener go to `onError`.
   *
   * @throws `ERR_SSE_OPTION` for another event, or a listener that is not a function
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * app.get('/clock', sse(), (req, res) => {
   *   const timer = setInterval(() => res.sse?.send({ data: new Date() }), 1000)
   *   res.sse?.on('close', () => clearInterval(timer))
   * })
   * app.listen(3000)
   * ```
   */
  on(event: 'close', listener: CloseListener): () => void {
    checkListener(event, listener)
    return this.#stream.closeNotice.add(listener, this.#context.report)
  }

  /**
   * Sends the head of the response, so that `open` fires in the client. `subscribe`, `send`, `sendAll` and `comment` do so
   * too. Returns false if the connection is closed, or was shed because of `maxConnections`.
   *
   * @throws `ERR_SSE_HEAD` if another head was sent before, such as by `res.flushHeaders()`
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * app.get('/stream', sse(), (req, res) => {
   *   res.cookie('seen', '1')
   *   res.sse?.open()
   * })
   * app.listen(3000)
   * ```
   */
  open(): boolean {
    return !this.#isFinished && this.#stream.open()
  }

  /**
   * Sends the events of one or several channels, from where `options` say. If the client sent a last event ID, begins after
   * it. A channel that is subscribed to already is left as it is. A channel that was unsubscribed begins as `from` says.
   * Returns a function that unsubscribes.
   *
   * @throws `ERR_SSE_OPTION` for a wrong option, `ERR_SSE_CHANNEL` for a wrong name, `ERR_SSE_LIMIT` for more channels than
   * `maxSubscriptions`, `ERR_SSE_HEAD` if another head was sent before
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header (HTML standard, 9.2.4)
   */
  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): () => void {
    checkSubscribeOptions(options)
    if (this.closed) return () => undefined
    const names: readonly string[] = Array.isArray(channels) ? channels : [channels]
    for (const name of names) requireChannelName(name)
    const reader = readerOf(this.#stream) ?? this.#context.createReader(this.#stream)
    const added = reader.select(names)
    reader.setWindow(options.conflate)
    if (!this.open()) return () => undefined
    return reader.subscribe(added, options)
  }

  /**
   * Sends a message to this connection only. Events that are due are sent before it, unless the socket is full: then the
   * message is sent before them. The message is not stored in the log, and its `key` has no effect. Returns false if the
   * connection is closed, also by `maxBufferedBytes`.
   *
   * @throws `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent, `ERR_SSE_HEAD` if another head was sent
   * before
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream (HTML standard, 9.2.5)
   */
  send(message: Message<E>): boolean {
    if (this.closed) return false
    const text = encodeMessage(message)
    if (lacksData(message)) this.#context.warn('SSE_NO_DATA')
    return this.#stream.send(text)
  }

  /**
   * Sends every message of an iterable to this connection, as fast as the client reads. Settles with true when all are sent,
   * and with false if the connection closed before. Call `finish` next, so that the client does not ask again.
   *
   * @throws Rejects with the error of the iterable, and with the codes of `send`. Also with `ERR_SSE_MESSAGE` for something
   * that is not iterable.
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * app.get('/export', sse(), async (req, res) => {
   *   const rows = Array.from({ length: 100_000 }, (_, n) => ({ event: 'row', data: { n } }))
   *   await res.sse?.sendAll(rows)
   *   res.sse?.finish()
   * })
   * app.listen(3000)
   * ```
   */
  sendAll(messages: Iterable<Message<E>> | AsyncIterable<Message<E>>): Promise<boolean> {
    const { report } = this.#context
    const recipient = {
      isClosed: () => this.closed,
      send: (message: Message<E>) => this.send(message),
      whenWritable: () => this.#stream.whenWritable(),
      onClose: (listener: () => void) => this.#stream.closeNotice.add(listener, report),
    }
    return sendAll(recipient, messages, report)
  }

  /**
   * Sends a comment: text that clients ignore. Returns false if the connection is closed.
   *
   * @throws `ERR_SSE_MESSAGE` if the text is not a string of well-formed Unicode, `ERR_SSE_HEAD` if another head was sent
   * before
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * app.get('/stream', sse(), (req, res) => void res.sse?.comment('for people who read this with curl'))
   * app.listen(3000)
   * ```
   */
  comment(text: string): boolean {
    return !this.closed && this.#stream.send(encodeComment(text))
  }

  /**
   * Ends the stream for good: everything is said, and the client does not come back. Sends the events that are due, then the
   * control event `sse-end`, and ends the response. `EventStream` then closes. `EventSource` reconnects once, and `sse()`
   * answers 204 (HTML standard, 9.2.1). See the option `reopenFinished`.
   *
   * From the call on, `closed` is true and `close` does nothing. If the socket is full, the end waits until the client has
   * caught up. With `controlEvents: false`, it does the same as `close`.
   *
   * @throws `ERR_SSE_HEAD` if another head was sent before
   *
   * @example
   * ```ts
   * import express from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * app.get('/countdown', sse(), async (req, res) => {
   *   await res.sse?.sendAll([{ data: 3 }, { data: 2 }, { data: 1 }])
   *   res.sse?.finish()
   * })
   * app.listen(3000)
   * ```
   */
  finish(): void {
    if (!this.#stream.route.options.controlEvents) return this.close()
    if (this.closed || !this.open()) return
    this.#isFinished = true
    const reader = readerOf(this.#stream)
    const end = () => this.#stream.end('server', this.#context.encodeEnd())
    if (reader === undefined) end()
    else reader.whenCaughtUp(end)
  }

  /**
   * Ends the response, after the events that are due. The client then reconnects: see `finish` for an end for good.
   *
   * @example
   * ```ts
   * import type { Connection } from 'express-sse-channels'
   *
   * export const reconnectIn = (ms: number, connection: Connection) => connection.send({ retry: ms }) && connection.close()
   * ```
   */
  close(): void {
    if (!this.#isFinished) this.#stream.close()
  }
}
