/**
 * One open response, from new over open to closed. It knows nothing of channels: what is read from the log reaches it as
 * bytes. How bytes reach the socket is in output.ts, time-outs are in upkeep.ts.
 */
import type { ServerResponse } from 'node:http'
import type { Http2Session } from 'node:http2'
import { SseError } from '../errors.js'
import type { ResolvedStreamOptions } from '../options.js'
import type { Report } from '../report.js'
import type { CloseReason } from '../stats.js'
import { encodeRetry, KEEP_ALIVE, STREAM_OPEN } from '../wire/format.js'
import { CloseNotice } from './close-notice.js'
import { Output } from './output.js'
import { isGone, isHttp2, onClose, prepareHead, sessionOf } from './response.js'

/** One `sse()`, as its streams share it. */
export interface StreamRoute {
  readonly options: ResolvedStreamOptions
  /** How many of its streams are open. */
  open: number
  /** Whether new requests are shed. */
  closed: boolean
  /** Whether it was reported that a middleware had sent the head before `sse()` ran. */
  hasReportedHead: boolean
}

/** The set that a stream belongs to. */
export interface StreamOwner {
  /** Milliseconds of the monotonic clock, as exact as time-outs need it. */
  readonly now: number
  readonly report: Report
  /** Takes in a stream that is about to open. Returns false to shed it. */
  admit(stream: Stream): boolean
  /** The stream has closed. Its socket may still have something to send. Called once for each admitted stream. */
  onClosed(stream: Stream, reason: CloseReason): void
  /** Nothing of the stream is left. Called once for each admitted stream. */
  onFinished(stream: Stream): void
  /** The stream was destroyed because its client did not take what was unsent in time. */
  onDestroyed(): void
}

/** Reads the log for a stream. */
export interface StreamReader {
  /** Writes what is due, as far as the socket takes it. */
  serve(): void
  /** The socket was full and takes more. */
  onWritable(): void
  close(): void
}

/** A shed client is asked to wait this much longer than a client whose connection broke. */
const SHED_RETRY_FACTOR = 4
const DEFAULT_RETRY = 3000

export class Stream {
  readonly lastEventId: string
  readonly route: StreamRoute
  readonly output: Output
  readonly closeNotice = new CloseNotice()
  /** Between 0 and 1, fixed for the stream: spreads what would otherwise happen to all streams at once. */
  readonly jitter = Math.random()
  /** The round of upkeep before something was last written. */
  lastWrite = 0
  /** The last round of upkeep that found nothing unsent, or less than before. */
  lastProgress = 0
  /** When the stream is to be ended, and why. */
  endAt = Infinity
  endReason: 'expired' | 'drained' = 'expired'
  /** When the stream is to be destroyed with what is unsent. */
  destroyAt = Infinity
  /** Set when the stream first subscribes. */
  reader: StreamReader | undefined

  readonly #owner: StreamOwner
  readonly #res: ServerResponse
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(res: ServerResponse, lastEventId: string, route: StreamRoute, owner: StreamOwner) {
    this.lastEventId = lastEventId
    this.route = route
    this.#owner = owner
    this.#res = res
    this.output = new Output(res, this)
    if (isGone(res)) this.#close('client')
    else onClose(res, () => this.#onResponseClosed())
  }

  /** Whether nothing can be sent any more. */
  get closed(): boolean {
    return this.#state === 'closed' || this.#res.writableEnded
  }

  /** Whether the app has begun or finished another response. */
  get isAnswered(): boolean {
    return this.closed || this.#res.headersSent
  }

  /** The HTTP/2 session that carries the stream, as long as both are open. */
  get session(): Http2Session | undefined {
    return sessionOf(this.#res)
  }

  /** Sends the head. Returns false when the stream is closed, or was shed. Throws when another head was sent before. */
  open(): boolean {
    if (this.#state === 'open') return !this.closed
    if (this.closed) return false
    if (this.#res.headersSent) throw this.#refuseHead()
    if (this.#res.req.method === 'HEAD') return this.#answerHead()
    if (!this.#owner.admit(this)) return this.shed()
    this.#state = 'open'
    this.lastWrite = this.lastProgress = this.#owner.now
    const { headers, maxAge, controlEvents } = this.route.options
    if (maxAge !== false) this.endAt = this.lastWrite + maxAge * (1 - 0.2 * this.jitter)
    prepareHead(this.#res, headers)
    this.output.open(this.#retry() + (controlEvents ? STREAM_OPEN : '') || KEEP_ALIVE)
    return true
  }

  /** Writes text without opening the stream or serving its reader first. */
  writeText(text: string): void {
    if (!this.closed) this.output.writeText(text)
  }

  /** Writes text behind the events that are due. Returns false when the stream is closed. */
  send(text: string): boolean {
    if (!this.open()) return false
    this.reader?.serve()
    if (this.closed) return false
    this.writeText(text)
    if (this.output.unsent > this.route.options.maxBufferedBytes + this.output.largestWrite) this.destroy('overflow')
    return !this.closed
  }

  /** The socket was full and takes more. */
  onWritable(): void {
    this.reader?.onWritable()
  }

  keepAlive(): void {
    this.writeText(KEEP_ALIVE)
  }

  /** Settles when the socket can take more, or has closed. */
  whenWritable(): Promise<void> {
    return this.closed ? Promise.resolve() : this.output.whenWritable()
  }

  /** Ends the response as the app asked for. */
  close(): void {
    if (this.#state === 'new' && this.#res.headersSent) this.output.end()
    else if (this.open()) this.end('server')
  }

  /** Ends the response behind the events that are due. */
  end(reason: CloseReason): void {
    this.#end(reason, () => this.output.end())
  }

  /** Ends the response, and then its socket: the process is about to leave. */
  endWithSocket(reason: CloseReason): void {
    this.#end(reason, () => this.output.endWithSocket(this.#retry()))
  }

  destroy(reason: CloseReason): void {
    this.#close(reason)
    this.output.destroy()
  }

  /** Drops what the client has not taken: the process is about to leave. */
  destroyUnsent(): void {
    this.destroyAt = Infinity
    this.#owner.onDestroyed()
    this.destroy('server')
  }

  /** Answers with a stream that ends at once. Any status but 200 would stop a browser's EventSource for good. */
  shed(): false {
    const { headers, retry } = this.route.options
    prepareHead(this.#res, headers)
    // Kept alive, its socket would keep `server.close()` of a process that leaves from finishing.
    if (!isHttp2(this.#res)) this.#res.setHeader('Connection', 'close')
    this.#res.end(this.#encodeRetry((retry || DEFAULT_RETRY) * SHED_RETRY_FACTOR))
    this.#close('server')
    return false
  }

  #end(reason: CloseReason, end: () => void): void {
    if (this.#state !== 'open') return
    this.reader?.serve()
    if (!this.closed) end()
    this.#close(reason)
  }

  #retry(): string {
    const { retry } = this.route.options
    return retry === false ? '' : this.#encodeRetry(retry)
  }

  #encodeRetry(ms: number): string {
    return encodeRetry(Math.round(ms * (0.5 + this.jitter)))
  }

  #answerHead(): false {
    prepareHead(this.#res, this.route.options.headers)
    this.#res.end()
    this.#close('server')
    return false
  }

  /** A client that got status 200 would wait for ever. Another answer of the app's, such as a 403, is left alone. */
  #refuseHead(): SseError {
    if (this.#res.statusCode === 200) {
      this.#close('error')
      this.#res.destroy()
    }
    return new SseError(
      'ERR_SSE_HEAD',
      'the head of the response was sent already: call res.sse.open() instead of res.flushHeaders(), res.writeHead() or ' +
        'res.write(), and set headers with res.setHeader()',
    )
  }

  #close(reason: CloseReason): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    this.reader?.close()
    this.output.release()
    if (wasOpen) this.#owner.onClosed(this, reason)
    this.closeNotice.give(reason)
  }

  #onResponseClosed(): void {
    this.#close(this.#res.writableEnded ? 'server' : 'client')
    this.#owner.onFinished(this)
  }
}
