// Both sides of one stream: the connection as a handler sees it, and the client that reads it.
import { sse, type Connection, type SseMiddleware, type SseOptions } from '../../src/index.js'
import { openStream, type OpenStream, type OpenStreamOptions } from './open-stream.js'
import { bareHttp, startServer, type ServerKind, type TestServer } from './servers.js'

export interface BothSides {
  live: SseMiddleware
  server: TestServer
  /** The server's side. */
  connection: Connection
  /** The client's side. */
  stream: OpenStream
  /** Opens another stream on the same server, which is handled in the same way. */
  another: (options?: OpenStreamOptions) => Promise<{ connection: Connection; stream: OpenStream }>
}

/** What a handler does with the connection; by default it opens it. */
export type Handle = (connection: Connection) => unknown

export interface BothSidesOptions extends OpenStreamOptions {
  /** @default a new one, with `sseOptions` */
  live?: SseMiddleware
  sseOptions?: SseOptions
  /** @default bareHttp */
  kind?: ServerKind
  handle?: Handle
}

/** Starts a server with one `sse()` and opens a stream on it. */
export async function openBothSides(options: BothSidesOptions = {}): Promise<BothSides> {
  const {
    live = sse(options.sseOptions),
    kind = bareHttp,
    handle = (connection: Connection) => connection.open(),
    ...rest
  } = options
  const connections: Connection[] = []
  const server = await startServer(kind, live, (_req, res, next) => {
    if (res.sse === undefined) {
      next()
      return
    }
    connections.push(res.sse)
    handle(res.sse)
  })
  const another: BothSides['another'] = async (streamOptions) => {
    const stream = await openStream(server, streamOptions)
    return { stream, connection: connections.at(-1)! }
  }
  return { live, server, another, ...(await another(rest)) }
}

/** Opens a stream that subscribes to channels, and waits until it stands. */
export async function openSubscribed(
  channels: string | string[],
  options: Omit<BothSidesOptions, 'handle'> = {},
): Promise<BothSides> {
  const sides = await openBothSides({ ...options, handle: (connection) => connection.subscribe(channels) })
  await sides.stream.waitFor(({ event }) => event === 'sse-ready')
  return sides
}
