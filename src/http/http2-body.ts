/**
 * The body of one HTTP/2 stream: what it has sent, whatever the other streams of its session do. The session's socket says
 * nothing of one stream: answers to PINGs move it, and so do other streams.
 */
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { hasBacklog, takenBySystem } from './socket-progress.js'

/** 64 KiB: the most that is written at once. A stream shows progress only when a write is complete. */
const PIECE = 64 * 1024

export class Http2Body {
  /** Whether the stream was destroyed while the socket took nothing: then no stream of the session could go on. */
  isSocketStalled = false
  readonly #stream: ServerHttp2Stream
  /** What the system had taken from the session's socket when the stream last progressed. */
  #takenBefore = 0

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
    writeInPieces(stream)
  }

  /** A wrapped `write` may return nothing; Node's HTTP/2 response does not have this property on every version. */
  get writableNeedDrain(): boolean {
    return this.#stream.writableNeedDrain
  }

  /** Parts of the same memory, each small enough for one write. */
  *pieces(bytes: Buffer): Generator<Buffer> {
    for (let start = 0; start < bytes.length; start += PIECE) yield bytes.subarray(start, start + PIECE)
  }

  /** To be called when a write is complete, and before the first one. */
  progressed(): void {
    this.#takenBefore = takenBySystem(socketOf(this.#stream.session))
  }

  /** To be called before the stream is destroyed. */
  destroying(): void {
    const socket = socketOf(this.#stream.session)
    this.isSocketStalled = hasBacklog(socket) && takenBySystem(socket) === this.#takenBefore
  }
}

/**
 * Node writes all that a stream has buffered as one, and says only when all of it is sent. Without `_writev` it writes
 * buffer by buffer. Small ones may go together: one by one, each would wait for the one before (10,000: 345 ms, not 43).
 */
function writeInPieces(stream: ServerHttp2Stream): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- Node calls it on the stream
  const { _writev } = stream
  Object.defineProperty(stream, '_writev', {
    configurable: true,
    get: () => (stream.writableLength > PIECE ? undefined : _writev),
  })
}

/** A session that is destroyed has no socket any more, and throws when it is asked for it. */
function socketOf(session: Http2Session | undefined): Socket | null {
  return session === undefined || session.destroyed ? null : session.socket
}
