/** Where a stream is opened: a server that runs already, or one that is started for an app. */
import { once } from 'node:events'
import { createServer, Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import { invalid } from '../check.js'
import { looksLikeRegistry } from '../mistakes.js'
import { nextTurn } from '../timers.js'

/** An app of Express or Connect, or any other request listener of `node:http`. */
export type App = (req: IncomingMessage, res: ServerResponse) => unknown

export interface Target {
  readonly url: URL
  readonly http: '1.1' | '2'
  /** Whether the certificate must be valid. Servers of the test have certificates of their own. */
  readonly verify: boolean
  /** Closes the server if it was started here. */
  close(): Promise<void>
}

/** @throws `ERR_SSE_OPTION` for anything else, and what `listen()` reports */
export async function targetOf(where: App | Server | string | URL): Promise<Target> {
  if (typeof where === 'string' || where instanceof URL) return targetOfUrl(where)
  const instead = insteadOf(where)
  if (instead !== undefined) throw invalid(`openStream(): ${instead}`)
  return targetOfServer(typeof where === 'function' ? createServer(where) : where)
}

function targetOfUrl(text: string | URL): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(`openStream(): a URL must begin with http:// or https://; got ${String(text)}`)
  }
  return { url, http: '1.1', verify: true, close: leaveOpen }
}

async function targetOfServer(server: Server): Promise<Target> {
  // A server that was told to listen on an address listens in the next turn.
  if (!server.listening) await new Promise<void>((resolve) => nextTurn(resolve))
  const close = server.listening ? leaveOpen : await start(server)
  const address = server.address()
  if (address === null || typeof address === 'string') {
    throw invalid(`openStream(): the server must listen on a port; it listens on ${String(address)}`)
  }
  const scheme = server instanceof TlsServer ? 'https' : 'http'
  const isHttp1 = server instanceof HttpServer || server instanceof HttpsServer || !('updateSettings' in server)
  return { url: new URL(`${scheme}://${hostOf(address)}`), http: isHttp1 ? '1.1' : '2', verify: false, close }
}

const leaveOpen = () => Promise.resolve()

/** Listens on a free port of the loopback interface. Returns how to close the server and all of its connections. */
async function start(server: Server): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>()
  const track = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  server.on('connection', track)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return async () => {
    server.off('connection', track)
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
}

/** A server that listens on all interfaces is reached on the loopback interface. */
function hostOf({ address, port, family }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `127.0.0.1:${port}`
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

/** What to pass instead of a wrong first argument; undefined for a right one. */
function insteadOf(where: unknown): string | undefined {
  if (typeof where === 'function' && 'registry' in where) {
    return 'this is the middleware itself; mount it in an app, and pass the app'
  }
  if (looksLikeRegistry(where)) return 'a registry has no requests; pass the app, its server or its URL'
  if (typeof where === 'function') return undefined
  const isServer = typeof where === 'object' && where !== null && 'listening' in where && 'address' in where
  return isServer ? undefined : 'pass an app, a server or a URL'
}
