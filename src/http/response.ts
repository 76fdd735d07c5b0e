/** A response as HTTP/1 and HTTP/2 have it: its head, its end, and how its client is noticed to be gone. */
import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import vary from 'vary'
import type { ResolvedStreamOptions } from '../options.js'
import { EVENT_STREAM } from './request.js'

const HEADERS = {
  'Content-Type': EVENT_STREAM,
  // `no-transform` keeps `compression` and compressing proxies from holding events back.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers a proxied response unless it says this.
  'X-Accel-Buffering': 'no',
}

/** Sets headers and socket. Keeps the cookies and other headers that the app has set. */
export function prepareHead(res: ServerResponse, headers: ResolvedStreamOptions['headers']): void {
  res.statusCode = 200
  res.removeHeader('Content-Length')
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value)
  for (const [name, value] of Object.entries(headers)) addHeader(res, name, value)
  // A time-out that a middleware or `server.setTimeout()` has set would cut a silent stream. A pipelined response sets its
  // own when its socket comes.
  if (isHttp2(res) || isPipelined(res)) res.setTimeout(0)
  // In HTTP/2 all streams share the socket. On HTTP/1 Node itself sends `Connection: keep-alive` where the client keeps it.
  if (isHttp2(res)) return
  // A socket that is not a TCP socket, such as that of `light-my-request`, may have none of these.
  const socket: Partial<Socket> = res.req.socket
  socket.setNoDelay?.(true)
  socket.setKeepAlive?.(true)
  socket.setTimeout?.(0)
}

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

/** Whether the client has left, or the response has been finished. */
export function isGone(res: ServerResponse): boolean {
  return res.writableEnded || (isHttp2(res) ? res.stream.destroyed : res.req.socket.destroyed)
}

/**
 * Calls back when nothing more can reach the client. Listens to the response, because a body parser makes the request's
 * `close` come early. A pipelined response may never emit `close`, so its socket is listened to as well.
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

/** Closes the socket behind a response that has been ended, so that it does not wait for another request. */
export function endSocket(res: ServerResponse): void {
  if (!isHttp2(res)) res.once('finish', () => (res.req.socket as Partial<Socket>).destroySoon?.())
}

/** Without an error code the client would take the stream for complete. */
function cancel(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL)
  stream.destroy()
}

function addHeader(res: ServerResponse, name: string, value: string | readonly string[]): void {
  const lower = name.toLowerCase()
  if (lower === 'vary') vary(res, [value].flat().join(', '))
  else if (lower === 'set-cookie') res.setHeader(name, [res.getHeader(name) ?? [], value].flat().map(String))
  else res.setHeader(name, value)
}
