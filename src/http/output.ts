/**
 * The body of one response: writes batches to the socket, and tracks whether the socket is full.
 *
 * Hot path: on chunked HTTP/1.1, each batch is framed once, and all sockets get the same buffer. `res.write` would frame
 * each batch again for each connection.
 *
 * Other responses use `res.write`: HTTP/1.0, HTTP/2, pipelined requests, and a `write` that a middleware has wrapped.
 */
import type { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Batch } from '../wire/batch.js'
import { KEEP_ALIVE } from '../wire/format.js'
import { Http2Body } from './http2-body.js'
import { destroy, endSocket, isHttp2, isPipelined } from './response.js'
import { takenBySystem } from './socket-progress.js'
import { nextTurn } from '../timers.js'

/** `compression` and similar middlewares add `flush` to a response. */
interface Flushable {
  flush?: () => void
}

/** Is told about the socket. */
export interface OutputListener {
  /** The socket is full. */
  onFull(): void
  /** A full socket has drained. */
  onWritable(): void
}

export class Output {
  /** Whether the socket is full. Events of the log wait until it drains. */
  isBlocked = false
  /** Bytes written so far. */
  written = 0

  readonly #res: ServerResponse
  readonly #listener: OutputListener
  /** The socket, while chunks may be written to it directly instead of through `res.write`. */
  #socket: Socket | undefined
  /** Set for HTTP/2 only. */
  #http2: Http2Body | undefined
  /** Callers of `whenWritable` that wait for the socket. */
  #waiting: (() => void)[] | undefined
  /** Bytes of the largest write so far. */
  #largestWrite = 0
  /** `written` at the last call of `pollWritten`. */
  #seen = 0
  /** Bytes sent at the last call of `pollProgress`. */
  #progress = 0

  constructor(res: ServerResponse, listener: OutputListener) {
    this.#res = res
    this.#listener = listener
  }

  /** Writes the head of the response together with the first text of its body. */
  open(text: string): void {
    const res = this.#res
    if (isHttp2(res)) this.#http2 = new Http2Body(res.stream)
    // eslint-disable-next-line @typescript-eslint/unbound-method -- compared, not called
    if (Object.is(res.write, ServerResponse.prototype.write) && res.writableCorked === 0) {
      // Sends the head and everything that the first pass writes in one write: a write costs a tenth of what it takes to
      // accept a connection. Node 26 corks the response otherwise: it holds back the head, and chunks that are written
      // directly to the socket would come first.
      corkForThisTurn(res.socket)
      // Sends the head before the first `write`. Otherwise, Node keeps the head in memory in some thirty pieces.
      res.flushHeaders()
      if (res.chunkedEncoding && res.socket !== null) this.#goPast(res, res.socket)
    }
    // The response in front of a pipelined one may never end, so writes would pile up in memory.
    if (isPipelined(res)) this.#waitFor(res, 'socket')
    this.writeText(text)
  }

  /**
   * Whether events of the log may be written now: the socket is not full, and the response has not ended. A destroyed
   * response needs no check, because it has no subscriptions.
   */
  get isWritable(): boolean {
    // Hot path: each pass asks every connection. A look at the response would be a cache miss, so `#socket` comes first.
    return !this.isBlocked && !this.hasEnded
  }

  /** Whether the response was ended. */
  get hasEnded(): boolean {
    // Hot path: upkeep asks every connection. `#socket` is undefined once the response has ended, see `isWritable`.
    return this.#socket === undefined && this.#res.writableEnded
  }

  write(batch: Batch): void {
    const socket = this.#socket
    // The client has closed its side, so Node has ended the socket after earlier writes.
    if (socket?.writable === false) return
    const bytes = socket === undefined ? batch.payload : batch.chunk
    this.written += bytes.length
    if (bytes.length > this.#largestWrite) this.#largestWrite = bytes.length
    if (socket === undefined) this.#writeThroughResponse(bytes)
    else if (needsDrain(socket, socket.write(bytes))) this.#waitIfFull()
  }

  writeText(text: string): void {
    this.write(Batch.ofText(text))
  }

  keepAlive(): void {
    this.writeText(KEEP_ALIVE)
  }

  end(text = ''): void {
    this.#res.end(text)
  }

  /** Ends the response, and then the socket, because the process is about to exit. */
  endWithSocket(text = ''): void {
    endSocket(this.#res)
    this.#res.end(text)
  }

  destroy(): void {
    this.#http2?.destroying()
    destroy(this.#res)
  }

  /** Settles when the socket is not full or `release` is called, at the earliest in the next turn of the event loop. */
  async whenWritable(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.isBlocked) (this.#waiting ??= []).push(resolve)
      else nextTurn(resolve)
    })
  }

  /** Settles all pending `whenWritable` promises. */
  release(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const settle of waiting) settle()
  }

  /** Bytes written to the response that the operating system has not accepted yet. */
  get unsent(): number {
    return (this.#socket ?? this.#res).writableLength
  }

  /** Whether more bytes are unsent than `limit`, to which the largest message is added: that may exceed it alone. */
  exceeds(limit: number): boolean {
    const most = limit + this.#largestWrite
    if (this.unsent <= most) return false
    this.#uncork()
    return this.unsent > most
  }

  /** Whether anything was written since the last call. */
  pollWritten(): boolean {
    const hasWritten = this.written !== this.#seen
    this.#seen = this.written
    return hasWritten
  }

  /**
   * Whether anything was sent since the last call. On HTTP/1, a part of a write counts. On HTTP/2, streams share the socket,
   * so only a complete write of this stream counts.
   */
  pollProgress(): boolean {
    const taken = this.#http2 === undefined ? takenBySystem(this.#res.socket) : 0
    const progress = this.written - this.unsent + taken
    if (progress === this.#progress) {
      this.#http2?.waited()
      return false
    }
    this.#progress = progress
    this.#http2?.progressed()
    return true
  }

  /** Whether this HTTP/2 stream was destroyed while the socket of its session made no progress. */
  get isSessionStalled(): boolean {
    return this.#http2?.isSocketStalled === true
  }

  /** Writes chunks directly to the socket until the response ends. Later bytes would belong to the next response. */
  #goPast(res: ServerResponse, socket: Socket): void {
    this.#socket = socket
    res.on('prefinish', () => (this.#socket = undefined))
  }

  #writeThroughResponse(bytes: Buffer): void {
    const stream = this.#http2 ?? this.#res
    if (this.unsent === 0) this.#http2?.progressed()
    for (const piece of this.#http2?.pieces(bytes) ?? [bytes]) {
      if (needsDrain(stream, this.#res.write(piece))) this.#waitIfFull()
    }
    this.#flush()
  }

  /** Waits only if bytes are unsent: after a large write, `write` returns false even if the system accepted all of it. */
  #waitIfFull(): void {
    if (this.isBlocked) return
    this.#uncork()
    if (this.unsent === 0) return
    this.#waitFor(this.#socket ?? this.#res, 'drain')
    this.#listener.onFull()
  }

  /** Sends what is held back in this turn, so that `unsent` is what the system did not take. */
  #uncork(): void {
    if (this.#http2 === undefined) this.#res.socket?.uncork()
  }

  #waitFor(emitter: EventEmitter, event: 'drain' | 'socket'): void {
    this.isBlocked = true
    emitter.once(event, () => {
      this.isBlocked = false
      this.#listener.onWritable()
      this.release()
    })
  }

  #flush(): void {
    ;(this.#res as Flushable).flush?.()
  }
}

function corkForThisTurn(socket: Socket | null): void {
  if (socket === null) return
  socket.cork()
  // The microtask comes after the handler has subscribed. So the pass is scheduled before, and runs first.
  void Promise.resolve().then(() => nextTurn(() => socket.uncork()))
}

/** Whether `write`, which returned `more`, asks to wait for `drain`. A wrapped `write` may return nothing. */
function needsDrain(stream: { writableNeedDrain: boolean }, more: unknown): boolean {
  return more === false || (more !== true && stream.writableNeedDrain)
}
