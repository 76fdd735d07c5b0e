/** What the system has taken from a socket, as libuv counts it: a large write shows its progress nowhere else. */
import type { Socket } from 'node:net'

/** What libuv counts: bytes it was given, and those of them that the system has not taken. Node's time-outs use the same counts. */
interface Handle {
  bytesWritten?: number
  writeQueueSize?: number
  /** The socket's handle under that of TLS. */
  _parent?: Handle | null
}

type SocketWithHandle = Socket & { _handle?: Handle | null }

/** Bytes that the system has taken since the socket was opened. */
export function takenBySystem(socket: Socket | null): number {
  const handle = handleOf(socket)
  return (handle?.bytesWritten ?? 0) - (handle?.writeQueueSize ?? 0)
}

/** Whether libuv holds bytes that the system has not taken. */
export function hasBacklog(socket: Socket | null): boolean {
  return (handleOf(socket)?.writeQueueSize ?? 0) > 0
}

function handleOf(socket: SocketWithHandle | null): Handle | null | undefined {
  return socket?._handle?._parent ?? socket?._handle
}
