/**
 * One open response on the server, `res.sse`: from its head to its close. How bytes reach the socket is output.ts, what
 * is read from the log is reader.ts, and when it is tended to is upkeep.ts.
 */
import type { ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import { requireChannelName } from './channel-name.js'
import { checkListener, CloseNotice, type CloseListener } from './close-notice.js'
import { SseError } from './errors.js'
import { encodeComment, encodeMessage, encodeRetry, KEEP_ALIVE, lacksData, STREAM_OPEN } from './event-stream.js'
import type { AnyEvents, Message } from './event-stream.js'
import { prepareHead } from './head.js'
import type { ResolvedStreamOptions } from './options.js'
import { Output } from './output.js'
import { isGone, isHttp2, onClose, sessionOf } from './response-close.js'
import { sendAll } from './send-all.js'
import type { CloseReason } from './stats.js'
import { checkSubscribeOptions, type SubscribeOptions } from './subscribe-options.js'
import type { Warn } from './warnings.js'

/** Reads the log for one connection. */
export interface ConnectionReader {
  /** The names among these that are not subscribed to yet. Throws an `SseError` when they are too many. */
  select(channels: string | readonly string[]): ReadonlySet<string>
  subscribe(names: ReadonlySet<string>, options: SubscribeOptions): () => void
  /** Writes what is due, as far as the connection takes it. */
  serve(): void
  /** Told when the connection, having been full, takes more. */
  goOn(): void
  close(): void
}

/** What a connection needs of the registry it belongs to. */
export interface ConnectionHost<R> {
  readonly registry: R
  /** Milliseconds on a monotonic clock, as exact as time-outs need it. */
  readonly now: number
  createReader(connection: StreamConnection<AnyEvents, R>): ConnectionReader
  /** Takes in a connection that is about to open; false to shed it. */
  admit(connection: StreamConnection<AnyEvents, R>): boolean
  /** Told once when an admitted connection has closed; its socket may still have something to send. */
  left(connection: StreamConnection<AnyEvents, R>, reason: CloseReason): void
  /** Told when it was destroyed because its client did not take what was unsent in time. */
  destroyed(): void
  /** Told once when nothing of an admitted connection is left. */
  forget(connection: StreamConnection<AnyEvents, R>): void
  report(error: unknown): void
  readonly warn: Warn
}

/** One `sse()`, as its connections share it. */
export interface StreamOrigin {
  readonly options: ResolvedStreamOptions
  /** How many of its connections are open. */
  open: number
  /** Whether new requests are shed. */
  closed: boolean
  /** Whether it was reported that the head of a response had been sent before the middleware ran. */
  hasReportedHead: boolean
}

/** A shed client is asked to wait this much longer than one whose connection broke. */
const SHED_RETRY_FACTOR = 4
const DEFAULT_RETRY = 3000

export class StreamConnection<E extends object, R> {
  /** The last event ID that the client brought; an empty string when it brought none. */
  readonly lastEventId: string
  /** @internal */
  readonly origin: StreamOrigin
  /** Between 0 and 1, the same for the connection's life: spreads what would else happen to all at once. @internal */
  readonly variation = Math.random()
  /** The last round of upkeep before something was written, and the last one that found nothing unsent or less of it. @internal */
  lastWrite = 0
  /** @internal */
  lastProgress = 0
  /** When the connection is to be ended, and why. @internal */
  endAt = Infinity
  /** @internal */
  endReason: 'expired' | 'drained' = 'expired'
  /** When it is to be destroyed with what is unsent. @internal */
  destroyAt = Infinity

  /** The body of its response. @internal */
  readonly output: Output
  readonly #host: ConnectionHost<R>
  readonly #res: ServerResponse
  readonly #closeNotice = new CloseNotice()
  #state: 'new' | 'open' | 'closed' = 'new'
  #reader: ConnectionReader | undefined

  /** @internal */
  constructor(res: ServerResponse, lastEventId: string, origin: StreamOrigin, host: ConnectionHost<R>) {
    this.lastEventId = lastEventId
    this.origin = origin
    this.#host = host
    this.#res = res
    this.output = new Output(res, this)
    if (isGone(res)) this.#left('client')
    else onClose(res, () => this.#gone())
  }

  /** The registry whose channels it can subscribe to. */
  get registry(): R {
    return this.#host.registry
  }

  /** Whether nothing can be sent any more, be it that the client left or that the response was ended. */
  get closed(): boolean {
    return this.#state === 'closed' || this.#res.writableEnded
  }

  /** Whether the app has begun or finished a response of its own. @internal */
  get isAnswered(): boolean {
    return this.closed || this.#res.headersSent
  }

  /** Aborted when the connection closes: for the query, the fetch or the timer that works for it. */
  get signal(): AbortSignal {
    return this.#closeNotice.signal
  }

  /**
   * Calls a listener once when the connection closes, with the reason. Returns the function that takes it back. Throws an
   * `SseError` for another event.
   */
  on(event: 'close', listener: CloseListener): () => void {
    // To `check`, undefined is an option that was not given, and these two must be.
    checkListener(event, listener)
    return this.#closeNotice.add(listener, (error) => this.#host.report(error))
  }

  /**
   * Sends the head of the response, so that the client's `open` fires. All that sends or subscribes does it too; until
   * then the handler may answer something else. Returns false when the connection is closed, or was shed. Throws an `SseError`
   * when the head of another response was sent before and the response goes on; one with status 200 is destroyed.
   */
  open(): boolean {
    if (this.#state === 'open') return !this.closed
    if (this.closed) return false
    if (this.#res.headersSent) throw this.#refuseHead()
    if (this.#res.req.method === 'HEAD') return this.#answerHead()
    if (!this.#host.admit(this as StreamConnection<AnyEvents, R>)) return this.shed()
    this.#state = 'open'
    this.lastWrite = this.lastProgress = this.#host.now
    const { headers, maxAge, controlEvents } = this.origin.options
    if (maxAge !== false) this.endAt = this.lastWrite + maxAge * (1 - 0.2 * this.variation)
    prepareHead(this.#res, headers)
    this.output.open(this.#retry() + (controlEvents ? STREAM_OPEN : '') || KEEP_ALIVE)
    return true
  }

  /**
   * Sends the events of one or several channels from here on: after the client's last event ID, or else as `from` says.
   * A channel that the connection is subscribed to already is left as it is. One that it was subscribed to before begins
   * as `from` says. Returns the function that unsubscribes. Throws an `SseError` for a wrong option or name, and when the
   * channels are more than `maxSubscriptions`.
   */
  subscribe(channels: string | readonly string[], options: SubscribeOptions = {}): () => void {
    checkSubscribeOptions(options)
    if (this.closed) return () => undefined
    for (const name of [channels].flat()) requireChannelName(name)
    const reader = (this.#reader ??= this.#host.createReader(this as StreamConnection<AnyEvents, R>))
    const selected = reader.select(channels)
    if (!this.open()) return () => undefined
    return reader.subscribe(selected, options)
  }

  /**
   * Sends a message to this connection alone, behind the events that are due, unless the socket is full: then these wait
   * for it to drain, and the message goes ahead. Subscribe before anything is sent. The message is not in the log, and `key` means
   * nothing to it. Returns false when the connection is closed. Throws an `SseError` when the message cannot be sent.
   */
  send(message: Message<E>): boolean {
    if (this.closed) return false
    const text = encodeMessage(message)
    if (lacksData(message)) this.#host.warn('SSE_NO_DATA')
    return this.#sendText(text)
  }

  /**
   * Sends every message of an iterable, each when the socket has taken the one before. Settles with true when all were
   * sent, with false when the connection closed before; rejects when the iterable throws or a message cannot be sent.
   */
  sendAll(messages: Iterable<Message<E>> | AsyncIterable<Message<E>>): Promise<boolean> {
    return sendAll<Message<E>>(this, messages, (error) => this.#host.report(error))
  }

  /** Sends text that clients ignore. Returns false when the connection is closed. */
  comment(text: string): boolean {
    return !this.closed && this.#sendText(encodeComment(text))
  }

  /** Ends the response. The client will come back: to keep it away, answer 204 before anything is sent. */
  close(): void {
    if (this.#state === 'new' && this.#res.headersSent) this.output.end()
    else if (this.open()) this.end('server')
  }

  /** Settles when the socket can take more, or has closed. @internal */
  whenWritable(): Promise<void> {
    return this.closed ? Promise.resolve() : this.output.whenWritable()
  }

  /** @internal */
  drained(): void {
    this.#reader?.goOn()
  }

  /** Answers with a stream that ends at once: any status but 200 would stop a browser's EventSource for good. @internal */
  shed(): false {
    const { headers, retry } = this.origin.options
    prepareHead(this.#res, headers)
    // Kept alive, its socket would keep `server.close()` of a process that leaves from finishing.
    if (!isHttp2(this.#res)) this.#res.setHeader('Connection', 'close')
    this.#res.end(this.#encodeRetry((retry || DEFAULT_RETRY) * SHED_RETRY_FACTOR))
    this.#left('server')
    return false
  }

  /** @internal */
  writeText(text: string): void {
    if (!this.closed) this.output.writeText(text)
  }

  /** @internal */
  keepAlive(): void {
    this.writeText(KEEP_ALIVE)
  }

  /** Ends the response, behind the events that are due. @internal */
  end(reason: CloseReason): void {
    this.#finish(reason, () => this.output.end())
  }

  /** Does the same, and ends its socket with it, because the process is about to leave. @internal */
  endForGood(reason: CloseReason): void {
    this.#finish(reason, () => this.output.endForGood(this.#retry()))
  }

  /** @internal */
  destroy(reason: CloseReason): void {
    this.#left(reason)
    this.output.destroy()
  }

  /** Drops what the client has not taken, because the process is about to leave. @internal */
  destroyUnsent(): void {
    this.destroyAt = Infinity
    this.#host.destroyed()
    this.destroy('server')
  }

  /** The HTTP/2 session that carries it, as long as both are open. @internal */
  get session(): Http2Session | undefined {
    return sessionOf(this.#res)
  }

  #finish(reason: CloseReason, end: () => void): void {
    if (this.#state !== 'open') return
    this.#reader?.serve()
    if (!this.closed) end()
    this.#left(reason)
  }

  #sendText(text: string): boolean {
    if (!this.open()) return false
    this.#reader?.serve()
    if (this.closed) return false
    this.writeText(text)
    if (this.output.unsent > this.origin.options.maxBufferedBytes + this.output.largestWrite) this.destroy('overflow')
    return !this.closed
  }

  #retry(): string {
    const { retry } = this.origin.options
    return retry === false ? '' : this.#encodeRetry(retry)
  }

  #encodeRetry(ms: number): string {
    return encodeRetry(Math.round(ms * (0.5 + this.variation)))
  }

  #answerHead(): false {
    prepareHead(this.#res, this.origin.options.headers)
    this.#res.end()
    this.#left('server')
    return false
  }

  /** Its client would wait for ever; an answer of the app's own, such as a 403 that is still being written, is left alone. */
  #refuseHead(): SseError {
    if (this.#res.statusCode === 200) {
      this.#left('error')
      this.#res.destroy()
    }
    return new SseError(
      'ERR_SSE_HEAD',
      'the head of the response was sent already: call res.sse.open() instead of res.flushHeaders(), res.writeHead() or ' +
        'res.write(), and set headers with res.setHeader()',
    )
  }

  #left(reason: CloseReason): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.#reader?.close()
    this.output.release()
    if (wasOpen) this.#host.left(this as StreamConnection<AnyEvents, R>, reason)
    this.#closeNotice.give(reason)
  }

  #gone(): void {
    this.#left(this.#res.writableEnded ? 'server' : 'client')
    this.#host.forget(this as StreamConnection<AnyEvents, R>)
  }
}
