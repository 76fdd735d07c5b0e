/** The head of an event stream: the response's headers, and the settings of the socket under it. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import vary from 'vary'
import { EVENT_STREAM } from './negotiation.js'
import type { ResolvedStreamOptions } from './options.js'
import { isHttp2 } from './response-close.js'

const HEADERS = {
  'Content-Type': EVENT_STREAM,
  // `no-transform` keeps `compression` and compressing proxies from holding events back.
  'Cache-Control': 'no-cache, no-transform',
  // nginx buffers a proxied response unless it says this.
  'X-Accel-Buffering': 'no',
}

/** Sets headers and socket, keeping the cookies and other headers that the app has set. */
export function prepareHead(res: ServerResponse, headers: ResolvedStreamOptions['headers']): void {
  res.statusCode = 200
  res.removeHeader('Content-Length')
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value)
  for (const [name, value] of Object.entries(headers)) addHeader(res, name, value)
  // Armed earlier, by a middleware or by `server.setTimeout()`, it would cut a stream that is silent. A response that waits
  // for its socket arms its own when the socket comes.
  res.setTimeout(0)
  // In HTTP/2 the socket is shared by all streams. `Connection: keep-alive` is Node's to send, where the client keeps it.
  if (isHttp2(res)) return
  // A socket that is no TCP socket, such as that of `light-my-request`, may have none of these.
  const socket: Partial<Socket> = res.req.socket
  socket.setNoDelay?.(true)
  socket.setKeepAlive?.(true)
  socket.setTimeout?.(0)
}

function addHeader(res: ServerResponse, name: string, value: string | readonly string[]): void {
  const lower = name.toLowerCase()
  if (lower === 'vary') vary(res, [value].flat().join(', '))
  else if (lower === 'set-cookie') res.setHeader(name, [res.getHeader(name) ?? [], value].flat().map(String))
  else res.setHeader(name, value)
}
