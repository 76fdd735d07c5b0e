/**
 * One response, from new over open to closed. Channels are not known here: events of the log arrive as bytes. output.ts
 * writes to the socket, and upkeep.ts has the time-outs.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import { diagnostics } from '../diagnostics.js'
import { SseError } from '../errors.js'
import type { CloseReason } from '../stats.js'
import { KEEP_ALIVE, STREAM_OPEN } from '../wire/format.js'
import { now } from '../timers.js'
import { CloseNotice } from './close-notice.js'
import { createOutput, isCompressed } from './compressed-output.js'
import type { Output } from './output.js'
import { encodeReconnectionTime, encodeShedTime } from './reconnection-time.js'
import { answerAtOnce, isGone, onClose, prepareHead, sessionOf } from './response.js'
import type { StreamReader } from './stream-reader.js'
import type { StreamRequest, StreamRoute } from './stream-route.js'

/** The set that a stream belongs to. */
export interface StreamSet {
  /** Milliseconds of the monotonic clock, at the last round of upkeep. */
  readonly now: number
  /** Adds a stream that is about to open. Returns false to shed it. */
  admit(stream: Stream): boolean
  /** The stream has closed. Its socket may still have unsent bytes. Called once for each admitted stream. */
  onClosed(stream: Stream, reason: CloseReason): void
  /** The stream has closed, and its bytes are sent or dropped. Called once for each admitted stream. */
  onFinished(stream: Stream): void
  /** The stream was destroyed because its client did not receive the unsent bytes in time. */
  onDestroyed(): void
}

export class Stream {
  readonly lastEventId: string
  readonly route: StreamRoute
  readonly output: Output
  readonly closeNotice = new CloseNotice()
  /** Whose connection it is, as the app says. */
  readonly owner: string | undefined
  /** What the app holds for the stream: `res.sse`. */
  connection: object | undefined
  /** When it opened, in whole milliseconds of the monotonic clock: V8 allocates an object for each fraction. */
  openedAt: number | undefined
  /** A random number from 0 to 1, fixed for the stream. Spreads time-outs that would otherwise end for all streams at once. */
  readonly jitter = Math.random()
  /** When something was last written: the time of the round of upkeep before. */
  lastWrite = 0
  /** The time of the last round of upkeep that found no unsent bytes, or fewer than before. */
  lastProgress = 0
  /** When the stream must be ended, and why. A disconnected one that is not open yet must be ended when it opens. */
  endAt = Infinity
  endReason: 'expired' | 'drained' | 'disconnected' = 'expired'
  /** When the stream must be destroyed, even with unsent bytes. */
  destroyAt = Infinity
  /** Set when the stream first subscribes. */
  reader: StreamReader | undefined

  readonly #set: StreamSet
  readonly #res: ServerResponse
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(res: ServerResponse, request: StreamRequest, route: StreamRoute, set: StreamSet) {
    this.lastEventId = request.lastEventId
    this.owner = request.owner
    this.route = route
    this.#set = set
    this.#res = res
    this.output = createOutput(res, this, request.compressor)
    if (isGone(res)) this.#close('client')
    else onClose(res, () => this.#onResponseClosed())
  }

  /** Whether nothing more can be sent. */
  get closed(): boolean {
    return this.#state === 'closed' || this.#res.writableEnded
  }

  /** Whether the stream has opened and can be sent to. */
  get isOpen(): boolean {
    return this.#state === 'open' && !this.#res.writableEnded
  }

  /** Whether the stream has closed, but its client may not have received the end. For upkeep, which asks every stream. */
  get hasEnded(): boolean {
    return this.#state === 'closed' || this.output.hasEnded
  }

  /** Whether the app has begun or finished an answer without a stream. */
  get isAnswered(): boolean {
    return this.closed || this.#res.headersSent
  }

  get request(): IncomingMessage {
    return this.#res.req
  }

  /** The HTTP/2 session that carries the stream; undefined if either is closed. */
  get session(): Http2Session | undefined {
    return sessionOf(this.#res)
  }

  /**
   * Sends the head. Returns false if the stream is closed, or was shed.
   *
   * @throws `ERR_SSE_HEAD` if another head was sent before
   */
  open(): boolean {
    if (this.#state === 'open') return !this.closed
    if (this.closed) return false
    if (this.#res.headersSent) throw this.#refuseHead()
    if (this.#res.req.method === 'HEAD') return this.#answerHead()
    if (this.endReason === 'disconnected') return this.#endAtOnce('disconnected', this.#retry())
    if (!this.#set.admit(this)) return this.shed()
    this.#state = 'open'
    this.openedAt = Math.floor(now())
    this.lastWrite = this.lastProgress = this.#set.now
    const { options } = this.route
    if (options.maxAge !== false) this.endAt = this.lastWrite + options.maxAge * (1 - 0.2 * this.jitter)
    prepareHead(this.#res, options, { isCompressed: isCompressed(this.output) })
    this.output.open(this.#retry() + (options.controlEvents ? STREAM_OPEN : '') || KEEP_ALIVE)
    return true
  }

  /** Writes text without opening the stream or serving its reader first. */
  writeText(text: string): void {
    if (!this.closed) this.output.writeText(text)
  }

  /** Writes text after the events that are due. Returns false if the stream is closed. */
  send(text: string): boolean {
    if (!this.open()) return false
    this.reader?.serve()
    if (this.closed) return false
    this.writeText(text)
    if (this.output.exceeds(this.route.options.maxBufferedBytes)) this.destroy('overflow')
    return !this.closed
  }

  onFull(): void {
    if (!diagnostics.stall.hasSubscribers) return
    diagnostics.stall.publish({ connection: this.connection, unsentBytes: this.output.unsent })
  }

  /** Called when the socket was full and has drained. */
  onWritable(): void {
    this.reader?.onWritable()
  }

  keepAlive(): void {
    if (!this.closed) this.output.keepAlive()
  }

  /** Settles when the socket is not full, or has closed. */
  whenWritable(): Promise<void> {
    return this.closed ? Promise.resolve() : this.output.whenWritable()
  }

  /** Ends the response because the app called `close()`. */
  close(): void {
    if (this.#state === 'new' && this.#res.headersSent) this.output.end()
    else if (this.open()) this.end('server')
  }

  /** Ends the response after the events that are due and `text`: `retry` asks an `EventStream` with a body to come back. */
  end(reason: CloseReason, text = reason === 'expired' ? this.#retry() : ''): void {
    this.#end(reason, () => this.output.end(text))
  }

  /** Ends the response, and then its socket, because the process is about to exit. */
  endWithSocket(reason: CloseReason): void {
    this.#end(reason, () => this.output.endWithSocket(this.#retry()))
  }

  destroy(reason: CloseReason): void {
    this.#close(reason)
    this.output.destroy()
  }

  /** Drops unsent bytes, because the process is about to exit. */
  destroyUnsent(): void {
    this.destroyAt = Infinity
    this.#set.onDestroyed()
    this.destroy('server')
  }

  shed(): false {
    return this.#endAtOnce('server', encodeShedTime(this.route.options.retry, this.jitter))
  }

  /** Ends the stream because its owner was disconnected, at the latest when it opens. Returns false if it has ended before. */
  disconnect(): boolean {
    if (this.#state === 'new' ? this.isAnswered || this.endReason === 'disconnected' : this.closed) return false
    this.endReason = 'disconnected'
    this.end('disconnected')
    return true
  }

  #endAtOnce(reason: CloseReason, text: string): false {
    answerAtOnce(this.#res, this.route.options, text)
    this.#close(reason)
    return false
  }

  #end(reason: CloseReason, end: () => void): void {
    if (this.#state !== 'open') return
    this.reader?.serve()
    if (!this.closed) end()
    this.#close(reason)
  }

  #retry(): string {
    return encodeReconnectionTime(this.route.options.retry, this.jitter)
  }

  #answerHead(): false {
    prepareHead(this.#res, this.route.options, { isCompressed: isCompressed(this.output) })
    this.#res.end()
    this.#close('server')
    return false
  }

  /** Destroys a response with status 200, for which the client would wait forever. Other answers, such as 403, go on. */
  #refuseHead(): SseError {
    if (this.#res.statusCode === 200) {
      this.#close('error')
      this.#res.destroy()
    }
    return new SseError(
      'ERR_SSE_HEAD',
      'the head of the response was sent already. Call res.sse.open() instead of res.flushHeaders(), res.writeHead() or ' +
        'res.write(), and set headers with res.setHeader()',
    )
  }

  #close(reason: CloseReason): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.reader?.close()
    this.output.release()
    if (wasOpen) this.#set.onClosed(this, reason)
    this.closeNotice.give(reason)
  }

  #onResponseClosed(): void {
    this.#close(this.#res.writableEnded ? 'server' : 'client')
    this.#set.onFinished(this)
  }
}
