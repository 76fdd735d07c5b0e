/** The head and the end of a response, for HTTP/1 and HTTP/2, and how a disconnected client is noticed. */
import type { ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import vary from 'vary'
import type { ResolvedStreamOptions } from '../stream-options.js'
import { EVENT_STREAM } from './request.js'

const HEADERS = [
  ['Content-Type', EVENT_STREAM],
  // `no-transform` keeps `compression` and compressing proxies from holding events back.
  ['Cache-Control', 'no-cache, no-transform'],
  // Without it, nginx buffers a proxied response.
  ['X-Accel-Buffering', 'no'],
] as const

/** Sets the headers, and options of the socket. Keeps cookies and other headers that the app has set. */
export function prepareHead(
  res: ServerResponse,
  { headers, keepAlive }: Pick<ResolvedStreamOptions, 'headers' | 'keepAlive'>,
  { isCompressed = false } = {},
): void {
  res.statusCode = 200
  if (res.getHeader('Content-Length') !== undefined) res.removeHeader('Content-Length')
  for (const [name, value] of HEADERS) res.setHeader(name, value)
  for (const [name, value] of Object.entries(headers)) addHeader(res, name, value)
  if (isCompressed) res.setHeader('Content-Encoding', 'gzip')
  // A time-out of a middleware or of `server.setTimeout()` would end a silent stream. A pipelined response sets its own
  // time-out when it gets its socket.
  if (isHttp2(res) || isPipelined(res)) res.setTimeout(0)
  // HTTP/2 streams share the socket. On HTTP/1, Node sends `Connection: keep-alive` if the client supports it.
  if (isHttp2(res)) return
  // Sockets that are not TCP sockets, such as those of `light-my-request`, may lack these methods.
  const socket: Partial<Socket> = res.req.socket
  socket.setNoDelay?.(true)
  // With keep-alives of our own the system notices a client that has vanished: their bytes are not acknowledged.
  if (keepAlive === false) socket.setKeepAlive?.(true)
  socket.setTimeout?.(0)
}

/** Answers with a stream that ends at once. After any other status than 200, EventSource would never reconnect. */
export function answerAtOnce(res: ServerResponse, options: ResolvedStreamOptions, text: string): void {
  prepareHead(res, options)
  // `server.close()` would wait for a socket that is kept alive.
  if (!isHttp2(res)) res.setHeader('Connection', 'close')
  res.end(text)
}

export function isHttp2(res: ServerResponse | Http2ServerResponse): res is Http2ServerResponse {
  return 'stream' in res
}

/** Returns the HTTP/2 session of a response; undefined if either is closed. */
export function sessionOf(res: ServerResponse): Http2Session | undefined {
  if (!isHttp2(res) || res.stream.destroyed) return undefined
  const { session } = res.stream
  return session?.destroyed === false ? session : undefined
}

/** Whether the request was pipelined: the response gets its socket when the response before it ends. */
export function isPipelined(res: ServerResponse): boolean {
  return !isHttp2(res) && res.socket === null
}

/** Whether the client has disconnected, or the response has ended. */
export function isGone(res: ServerResponse): boolean {
  return res.writableEnded || (isHttp2(res) ? res.stream.destroyed : res.req.socket.destroyed)
}

/**
 * Calls back when nothing more can reach the client. Listens to the response, because with a body parser the request emits
 * `close` early. Listens to the socket of a pipelined response too, because such a response may never emit `close`.
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

/**
 * Answers 204, because the client has received the end of the stream. Without `no-store`, a cache could send this answer to
 * other clients. The extra headers may be those of CORS, without which EventSource would not see the answer.
 *
 * [spec] "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting using the HTTP 204
 * No Content response code."
 */
export function answerFinished(res: ServerResponse, headers: ResolvedStreamOptions['headers']): void {
  for (const [name, value] of Object.entries(headers)) addHeader(res, name, value)
  res.setHeader('Cache-Control', 'no-store')
  res.statusCode = 204
  res.end()
}

/** Closes the connection at once, and drops unsent bytes. */
export function destroy(res: ServerResponse): void {
  if (isHttp2(res)) cancel(res.stream)
  else (res.req.socket as Partial<Socket>).destroy?.()
}

/** Closes the socket after the response has finished, so that the socket does not wait for another request. */
export function endSocket(res: ServerResponse): void {
  if (!isHttp2(res)) res.once('finish', () => (res.req.socket as Partial<Socket>).destroySoon?.())
}

/** Sends an error code. Otherwise, the client would think that the stream is complete. */
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
