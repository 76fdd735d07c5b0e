/**
 * The body of one response: puts bytes on its socket and knows when the socket says stop.
 *
 * Most streams are plain chunked HTTP/1.1. For those the chunk framing is made once per batch, and the same memory is
 * handed to every socket; `res.write` would frame it anew for each. Where `write` is wrapped by a middleware, the body is
 * not chunked (HTTP/1.0, HTTP/2), or the request was pipelined behind another, everything goes through `res.write`.
 */
import type { EventEmitter } from 'node:events'
import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Batch } from '../wire/batch.js'
import { Http2Body } from './http2-body.js'
import { destroy, endSocket, isHttp2, isPipelined } from './response.js'
import { takenBySystem } from './socket-progress.js'
import { nextTurn } from '../timers.js'

/** What `compression` and its like add to a response. */
interface Flushable {
  flush?: () => void
}

export class Output {
  /** Whether the socket has taken less than it was given; nothing from the log is written until it drains. */
  isBlocked = false
  /** Bytes of the largest write so far, which no bound on what is unsent can keep away. */
  largestWrite = 0

  readonly #res: ServerResponse
  readonly #writer: { onWritable(): void }
  /** Set as long as chunks may be written past `res.write`. */
  #socket: Socket | undefined
  /** Only in HTTP/2. */
  #http2: Http2Body | undefined
  #waiting: (() => void)[] | undefined
  #written = 0
  /** `#written` when `pollWritten` last looked. */
  #seen = 0
  /** What had been sent when `pollProgress` last looked. */
  #progress = 0

  /** The writer is told when the socket was full and takes more. */
  constructor(res: ServerResponse, writer: { onWritable(): void }) {
    this.#res = res
    this.#writer = writer
  }

  /** Writes the head of the response together with the first text of its body. */
  open(text: string): void {
    const res = this.#res
    if (isHttp2(res)) this.#http2 = new Http2Body(res.stream)
    // eslint-disable-next-line @typescript-eslint/unbound-method -- compared, not called
    if (Object.is(res.write, ServerResponse.prototype.write) && res.writableCorked === 0) {
      // What is written in this turn goes out together. A response that is left to do this by itself, on Node 26, keeps back
      // its head too, and what is written past it would come first.
      corkForNow(res.socket)
      // By itself, and not in front of a first `write`: Node would keep it in some thirty pieces as long as the response.
      res.flushHeaders()
      if (res.chunkedEncoding && res.socket !== null) this.#goPast(res, res.socket)
    }
    // Behind another response, which may be a stream without an end: what was written would pile up in memory.
    if (isPipelined(res)) this.#waitFor(res, 'socket')
    this.writeText(text)
  }

  /**
   * Whether the log may write now: the response has not been ended, by whomever, and its socket takes more. Not whether it was
   * destroyed: then nobody is subscribed any more.
   */
  get isWritable(): boolean {
    // A pass asks this of every connection; the response itself would have to be fetched from far-off memory.
    return !this.isBlocked && (this.#socket !== undefined || !this.#res.writableEnded)
  }

  write(batch: Batch): void {
    const socket = this.#socket
    // The client has closed its half, and Node has ended ours behind what it was given before.
    if (socket?.writable === false) return
    const bytes = socket === undefined ? batch.payload : batch.chunk
    this.#written += bytes.length
    if (bytes.length > this.largestWrite) this.largestWrite = bytes.length
    if (socket === undefined) this.#writeThroughResponse(bytes)
    else if (isFull(socket, socket.write(bytes))) this.#stop()
  }

  writeText(text: string): void {
    this.write(new Batch(text, Buffer.byteLength(text), 0))
  }

  end(text = ''): void {
    this.#res.end(text)
  }

  /** Ends the response and, when that has been sent, the socket: its process is about to leave. */
  endWithSocket(text = ''): void {
    endSocket(this.#res)
    this.#res.end(text)
  }

  destroy(): void {
    this.#http2?.destroying()
    destroy(this.#res)
  }

  /** Settles when the socket can take more, at the earliest in the next turn, or when nobody need wait any more. */
  async whenWritable(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.isBlocked) (this.#waiting ??= []).push(resolve)
      else nextTurn(resolve)
    })
  }

  /** Lets all go on that wait until it is writable. */
  release(): void {
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const settle of waiting) settle()
  }

  /** Bytes given to the response that the operating system has not taken yet. */
  get unsent(): number {
    return (this.#socket ?? this.#res).writableLength
  }

  /** Whether anything has been written since this was last asked. */
  pollWritten(): boolean {
    const hasWritten = this.#written !== this.#seen
    this.#seen = this.#written
    return hasWritten
  }

  /**
   * Whether anything has been sent since this was last asked. On HTTP/1 a part of a large write counts; in HTTP/2, where the
   * socket is shared, only a complete write of this stream does.
   */
  pollProgress(): boolean {
    const taken = this.#http2 === undefined ? takenBySystem(this.#res.socket) : 0
    const progress = this.#written - this.unsent + taken
    if (progress === this.#progress) return false
    this.#progress = progress
    this.#http2?.progressed()
    return true
  }

  /** Whether this HTTP/2 stream was destroyed while the socket under its session took nothing. */
  get isSessionStalled(): boolean {
    return this.#http2?.isSocketStalled === true
  }

  /** From here on chunks go to the socket, until the response is ended: what came behind its end would be in the next one. */
  #goPast(res: ServerResponse, socket: Socket): void {
    this.#socket = socket
    res.on('prefinish', () => (this.#socket = undefined))
  }

  #writeThroughResponse(bytes: Buffer): void {
    const stream = this.#http2 ?? this.#res
    if (this.unsent === 0) this.#http2?.progressed()
    for (const piece of this.#http2?.pieces(bytes) ?? [bytes]) {
      if (isFull(stream, this.#res.write(piece))) this.#stop()
    }
    this.#flush()
  }

  /** `write` also answers false when the system took everything at once but it was much; there is no need to wait then. */
  #stop(): void {
    if (!this.isBlocked && this.unsent > 0) this.#waitFor(this.#socket ?? this.#res, 'drain')
  }

  #waitFor(emitter: EventEmitter, event: 'drain' | 'socket'): void {
    this.isBlocked = true
    emitter.once(event, () => {
      this.isBlocked = false
      this.#writer.onWritable()
      this.release()
    })
  }

  #flush(): void {
    ;(this.#res as Flushable).flush?.()
  }
}

function corkForNow(socket: Socket | null): void {
  if (socket === null) return
  socket.cork()
  // In a microtask: fake clocks replace `process.nextTick`.
  void Promise.resolve().then(() => socket.uncork())
}

/** A wrapped `write` may return nothing, whatever the one under it said. */
function isFull(stream: { writableNeedDrain: boolean }, more: unknown): boolean {
  return more === false || (more !== true && stream.writableNeedDrain)
}
