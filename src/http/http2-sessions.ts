/**
 * HTTP/2 sessions that carry streams of a registry. A session has no idle timeout while it carries one.
 *
 * Before the process exits, each session is closed after its last stream. Clients keep sessions open, and on Node 20
 * `server.close()` waits for them.
 */
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { after } from '../timers.js'
import type { Stream } from './stream.js'

/** A session that carries or carried streams of the registry. */
interface Carrier {
  readonly session: Http2Session
  readonly socket: Socket
  /** The number of open streams of the registry. */
  streams: number
}

/** A session without an idle timeout. */
interface Awake {
  /** The number of open streams, of all registries. */
  readonly streams: number
  /** Its idle timeout in milliseconds, as `server.setTimeout()` set it. */
  readonly timeout: number
}

/** Where a session holds its `Awake`: for the whole process, because it may carry streams of several registries. */
const AWAKE = Symbol.for('express-sse-channels.awake')

/** `setTimeout` of a session stores its milliseconds in `timeout`, which Node does not document. */
type SessionWithTimeout = Http2Session & { timeout?: number; [AWAKE]?: Awake | undefined }

/** Milliseconds that a client has to close its side of a session that the server has closed. */
const LINGER = 1000

export class Http2Sessions {
  /** Open sessions that carry or carried streams. */
  readonly #carriers = new Map<Http2Session, Carrier>()
  /** The session of each stream, because a closed stream no longer has its `session`. */
  readonly #carrierOf = new Map<Stream, Carrier>()

  /** Adds a stream that opens to those that its session carries. */
  carry(stream: Stream): void {
    const { session } = stream
    if (session === undefined) return
    const carrier = this.#carriers.get(session) ?? this.#add(session)
    carrier.streams++
    this.#carrierOf.set(stream, carrier)
    keepAwake(session)
  }

  /** Removes a finished stream. `isForGood`: closes the session after its last stream. */
  release(stream: Stream, { isForGood }: { isForGood: boolean }): void {
    const carrier = this.#carrierOf.get(stream)
    if (carrier === undefined) return
    this.#carrierOf.delete(stream)
    letIdle(carrier.session)
    if (--carrier.streams > 0) return
    // Only the socket can be destroyed: a closed or destroyed session still waits until its bytes are sent.
    if (stream.output.isSessionStalled) carrier.socket.destroy()
    else if (isForGood) close(carrier)
  }

  /** Closes the sessions that carry no stream. */
  closeIdle(): void {
    for (const carrier of this.#carriers.values()) if (carrier.streams === 0) close(carrier)
  }

  #add(session: Http2Session): Carrier {
    const carrier = { session, socket: socketUnder(session), streams: 0 }
    this.#carriers.set(session, carrier)
    session.once('close', () => this.#carriers.delete(session))
    return carrier
  }
}

/** Switches off the idle timeout of a session, for one more stream. */
function keepAwake(session: SessionWithTimeout): void {
  const { streams, timeout } = session[AWAKE] ?? { streams: 0, timeout: session.timeout ?? 0 }
  session[AWAKE] = { streams: streams + 1, timeout }
  session.setTimeout(0)
}

/** Switches it on again after the last stream. */
function letIdle(session: SessionWithTimeout): void {
  const { streams, timeout } = session[AWAKE] ?? { streams: 1, timeout: 0 }
  session[AWAKE] = streams > 1 ? { streams: streams - 1, timeout } : undefined
  if (streams === 1) session.setTimeout(timeout)
}

/** `session.socket` is a proxy that refuses `destroy`. `setMaxListeners` returns the real socket. */
function socketUnder({ socket }: Http2Session): Socket {
  return socket.setMaxListeners(socket.getMaxListeners())
}

/** Closes a session after its other streams have finished. Destroys the socket if the client does not close it in time. */
function close({ session, socket }: Carrier): void {
  if (session.closed) return
  session.close()
  const timer = after(LINGER, () => session.destroyed && socket.destroy())
  socket.once('close', () => timer.stop())
}
