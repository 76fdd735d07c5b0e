/**
 * HTTP/2 sessions that carry streams of a registry. While a session carries one, it has no idle time-out. When the process
 * is about to leave, a session is closed behind its last stream: clients keep sessions open, and `server.close()` waits
 * for them on Node 20.
 */
import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import { after } from '../timers.js'
import type { Stream } from './stream.js'

/** A session, and what is known of it. */
interface Carrier {
  readonly session: Http2Session
  readonly socket: Socket
  /** Streams of the registry that are open. */
  streams: number
  /** Its time-out in milliseconds, as `server.setTimeout()` has set it. */
  readonly timeout: number
}

/** `setTimeout` of a session keeps its milliseconds here, as that of a socket does. */
type SessionWithTimeout = Http2Session & { timeout?: number }

/** Milliseconds that a client has to close its side of a session that was closed here. */
const LINGER = 1000

export class Http2Sessions {
  /** Every session that has had a stream and is still open. */
  readonly #carriers = new Map<Http2Session, Carrier>()
  /** The session of each stream; a stream that is over does not tell its own. */
  readonly #carrierOf = new Map<Stream, Carrier>()

  /** Takes in a stream that opens. */
  join(stream: Stream): void {
    const { session } = stream
    if (session === undefined) return
    const carrier = this.#carriers.get(session) ?? this.#add(session)
    carrier.streams++
    this.#carrierOf.set(stream, carrier)
    session.setTimeout(0)
  }

  /** Told when nothing of a stream is left. `isForGood`: the session is closed if this was its last stream. */
  leave(stream: Stream, { isForGood }: { isForGood: boolean }): void {
    const carrier = this.#carrierOf.get(stream)
    if (carrier === undefined) return
    this.#carrierOf.delete(stream)
    if (--carrier.streams > 0) return
    // A session that is closed or destroyed still waits for its socket to take what was written.
    if (stream.output.isSessionStalled) carrier.socket.destroy()
    else if (isForGood) close(carrier)
    else carrier.session.setTimeout(carrier.timeout)
  }

  /** Closes the sessions that carry no stream now. */
  closeIdle(): void {
    for (const carrier of this.#carriers.values()) if (carrier.streams === 0) close(carrier)
  }

  #add(session: SessionWithTimeout): Carrier {
    const carrier = { session, socket: socketUnder(session), streams: 0, timeout: session.timeout ?? 0 }
    this.#carriers.set(session, carrier)
    session.once('close', () => this.#carriers.delete(session))
    return carrier
  }
}

/** `session.socket` is a proxy that refuses `destroy`; methods that return the socket return the real one. */
function socketUnder({ socket }: Http2Session): Socket {
  return socket.setMaxListeners(socket.getMaxListeners())
}

/** Lets streams of others on the session finish, and then does not wait for long for its client to close the socket. */
function close({ session, socket }: Carrier): void {
  if (session.closed) return
  session.close()
  const timer = after(LINGER, () => session.destroyed && socket.destroy())
  socket.once('close', () => timer.stop())
}
