/** What an app holds for one client: `res.sse`. The stream behind it does the work. */
import { requireChannelName } from './channel-name.js'
import type { Reader } from './delivery/reader.js'
import { checkListener, type CloseListener } from './http/close-notice.js'
import { sendAll } from './http/send-all.js'
import type { Stream } from './http/stream.js'
import type { Report } from './report.js'
import { checkSubscribeOptions, type SubscribeOptions } from './subscribe-options.js'
import type { Warn } from './warnings.js'
import { encodeComment, encodeMessage, lacksData, type AnyEvents, type Message } from './wire/format.js'

/** What the connections of a registry share. */
export interface ConnectionContext<R> {
  readonly registry: R
  readonly report: Report
  readonly warn: Warn
  createReader(stream: Stream): Reader
}

export class Connection<E extends object = AnyEvents, R = unknown> {
  readonly #stream: Stream
  readonly #context: ConnectionContext<R>
  #reader: Reader | undefined

  constructor(stream: Stream, context: ConnectionContext<R>) {
    this.#stream = stream
    this.#context = context
  }

  /** The last event ID that the client brought; an empty string when it brought none. */
  get lastEventId(): string {
    return this.#stream.lastEventId
  }

  /** The registry whose channels it can subscribe to. */
  get registry(): R {
    return this.#context.registry
  }

  /** Whether nothing can be sent any more: the client has left, or the response was ended. */
  get closed(): boolean {
    return this.#stream.closed
  }

  /** Aborted when the connection closes: for the query, the fetch or the timer that works for it. */
  get signal(): AbortSignal {
    return this.#stream.closeNotice.signal
  }

  /**
   * Calls a listener once when the connection closes, with the reason. Returns the function that takes it back.
   *
   * ```ts
   * const timer = setInterval(() => res.sse.send({ data: 'tick' }), 1000)
   * res.sse.on('close', () => clearInterval(timer))
   * ```
   *
   * @throws `ERR_SSE_OPTION` for another event
   */
  on(event: 'close', listener: CloseListener): () => void {
    checkListener(event, listener)
    return this.#stream.closeNotice.add(listener, this.#context.report)
  }

  /**
   * Sends the head of the response, so that the client's `open` fires. Sending and subscribing does it too. Until then
   * the handler may answer something else. Returns false when the connection is closed, or was shed.
   *
   * ```ts
   * res.setHeader('Set-Cookie', 'seen=1')
   * res.sse.open()
   * ```
   *
   * @throws `ERR_SSE_HEAD` when another head was sent before
   */
  open(): boolean {
    return this.#stream.open()
  }

  /**
   * Sends the events of one or several channels: after the client's last event ID, or else as `from` says. A channel that
   * the connection is subscribed to already is left as it is. A channel that it was subscribed to before begins as `from`
   * says. Returns the function that unsubscribes.
   *
   * ```ts
   * const leave = res.sse.subscribe(['game:42', 'shop'], { filter: ({ event }) => event !== 'debug' })
   * ```
   *
   * @throws `ERR_SSE_OPTION` for a wrong option, `ERR_SSE_CHANNEL` for a wrong name, `ERR_SSE_LIMIT` for more channels than
   * `maxSubscriptions`, `ERR_SSE_HEAD` when another head was sent before
   */
  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): () => void {
    checkSubscribeOptions(options)
    if (this.closed) return () => undefined
    for (const name of [channels].flat()) requireChannelName(name)
    const reader = (this.#reader ??= this.#context.createReader(this.#stream))
    const names = reader.select(channels)
    if (!this.open()) return () => undefined
    return reader.subscribe(names, options)
  }

  /**
   * Sends a message to this connection alone, behind the events that are due. When the socket is full, these wait for it,
   * and the message goes first. The message is not in the log, and `key` means nothing to it. Returns false when the
   * connection is closed.
   *
   * ```ts
   * res.sse.send({ event: 'hello', data: { user: 'Ada' } })
   * ```
   *
   * @throws `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent, `ERR_SSE_HEAD` when another head was sent
   */
  send(message: Message<E>): boolean {
    if (this.closed) return false
    const text = encodeMessage(message)
    if (lacksData(message)) this.#context.warn('SSE_NO_DATA')
    return this.#stream.send(text)
  }

  /**
   * Sends every message of an iterable, each when the socket has taken the one before. Settles with true when all were
   * sent, and with false when the connection closed before.
   *
   * ```ts
   * await res.sse.sendAll(database.rows().map((row) => ({ data: row })))
   * ```
   *
   * Rejects with what the iterable throws, and with `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that cannot be sent.
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
   * Sends text that clients ignore. Returns false when the connection is closed.
   *
   * ```ts
   * res.sse.comment('for people who read the stream with curl')
   * ```
   *
   * @throws `ERR_SSE_MESSAGE` for what is not well-formed text, `ERR_SSE_HEAD` when another head was sent before
   */
  comment(text: string): boolean {
    return !this.closed && this.#stream.send(encodeComment(text))
  }

  /** Ends the response. The client comes back: to keep it away, answer 204 before anything is sent. */
  close(): void {
    this.#stream.close()
  }
}
