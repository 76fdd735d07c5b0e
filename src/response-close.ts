/** Notices that a response's client is gone, on HTTP/1, behind a pipelined request, and on HTTP/2. */
import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

export function isHttp2(res: ServerResponse | Http2ServerResponse): res is Http2ServerResponse {
  return 'stream' in res
}

/** The HTTP/2 session of a response, as long as both are open. */
export function sessionOf(res: ServerResponse): Http2Session | undefined {
  if (!isHttp2(res) || res.stream.destroyed) return undefined
  const { session } = res.stream
  return session?.destroyed === false ? session : undefined
}

/** Whether the request was pipelined behind another, whose response has the socket until it ends. */
export function isPipelined(res: ServerResponse): boolean {
  return !isHttp2(res) && res.socket === null
}

/** Whether the client has left already, or the response has been finished. */
export function isGone(res: ServerResponse): boolean {
  return res.writableEnded || (isHttp2(res) ? res.stream.destroyed : res.req.socket.destroyed)
}

/**
 * Calls back when nothing more can reach the client. It listens to the response, because a body parser makes the
 * request's `close` come early; and where the response has no socket yet, because it was pipelined behind another, also
 * to the socket, since such a response may never get a `close` of its own.
 */
export function onClose(res: ServerResponse, callback: () => void): void {
  if (!isPipelined(res)) {
    res.on('close', callback)
    return
  }
  const { socket } = res.req
  socket.setMaxListeners(socket.getMaxListeners() + 1)
  const closed = () => {
    res.off('close', closed)
    socket.off('close', closed)
    socket.setMaxListeners(socket.getMaxListeners() - 1)
    callback()
  }
  res.once('close', closed)
  socket.once('close', closed)
}

/** Drops the connection at once, with all that is unsent. */
export function destroy(res: ServerResponse): void {
  if (isHttp2(res)) cancel(res.stream)
  else (res.req.socket as Partial<Socket>).destroy?.()
}

/** Without a code its client would take the stream for complete. */
function cancel(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL)
  stream.destroy()
}

/** Closes the socket behind a response that has been ended, so that it does not linger for another request. */
export function endSocket(res: ServerResponse): void {
  if (!isHttp2(res)) res.once('finish', () => (res.req.socket as Partial<Socket>).destroySoon?.())
}
