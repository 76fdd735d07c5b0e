/** Counts the bytes that the system has accepted from a socket. Only libuv knows the progress within a large write. */
import type { Socket } from 'node:net'

/** The counts of libuv: bytes written, and bytes that the system has not accepted yet. Node's timeouts use them too. */
interface Handle {
  bytesWritten?: number
  writeQueueSize?: number
  /** The handle of the socket below TLS. */
  _parent?: Handle | null
}

type SocketWithHandle = Socket & { _handle?: Handle | null }

/** Bytes that the system has accepted since the socket was opened. */
export function takenBySystem(socket: Socket | null): number {
  const handle = handleOf(socket)
  return (handle?.bytesWritten ?? 0) - (handle?.writeQueueSize ?? 0)
}

/** Whether libuv holds bytes that the system has not accepted. */
export function hasBacklog(socket: Socket | null): boolean {
  return (handleOf(socket)?.writeQueueSize ?? 0) > 0
}

function handleOf(socket: SocketWithHandle | null): Handle | null | undefined {
  return socket?._handle?._parent ?? socket?._handle
}
