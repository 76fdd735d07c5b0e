/**
 * Real servers for tests, one of every kind that the package runs on. Each listens on a free port of 127.0.0.1 and is
 * closed, with all of its sockets, when the test has ended.
 *
 * ```ts
 * describe.each(servers)('on $name', (kind) => {
 *   it('…', async () => {
 *     const live = sse()
 *     const server = await startServer(kind, live, (req, res) => res.sse?.subscribe('a'))
 *     const stream = await openStream(server)
 * ```
 *
 * Where the kind of server does not matter: `await startServer(bareHttp, live, handler)`.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, createSecureServer as createSecureHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import connect from 'connect'
import express from 'express'
import express4 from 'express4'
import type { SseRequest, SseResponse } from '../../src/index.js'
import { afterTest } from './after-test.js'
import { localCertificate } from './local-certificate.js'

export type Request = IncomingMessage & SseRequest
export type Response = ServerResponse & SseResponse
export type Next = (error?: unknown) => void
/** A middleware or handler, mounted for every path and method. */
export type Handler = (req: Request, res: Response, next: Next) => unknown

type Listener = (req: IncomingMessage, res: ServerResponse) => void
type ErrorHandler = (error: unknown, req: IncomingMessage, res: ServerResponse, next: Next) => void

export interface ServerKind {
  readonly name: string
  readonly http: '1.1' | '2'
  readonly tls: boolean
  create(handlers: readonly Handler[], onError: ErrorHandler): Server
}

export interface TestServer {
  readonly kind: ServerKind
  readonly server: Server
  readonly port: number
  /** Such as `http://127.0.0.1:34567`. */
  readonly origin: string
  /** What was passed to `next`; it is answered with the error's status, or 500, and its message as plain text. */
  readonly errors: unknown[]
  /** The sockets that are open now, as the server accepted them. */
  readonly sockets: ReadonlySet<Socket>
  /** Cuts every socket and stops listening. Called by itself after the test. */
  close(): Promise<void>
}

/** Starts a server with these middleware and handlers, in this order; a request that none of them answers gets 404. */
export async function startServer(kind: ServerKind, ...handlers: Handler[]): Promise<TestServer> {
  const errors: unknown[] = []
  const server = kind.create(handlers, (error, _req, res, next) => {
    errors.push(error)
    answerError(error, res, next)
  })
  const sockets = track(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  afterTest(close)
  return { kind, server, port, origin: `${kind.tls ? 'https' : 'http'}://127.0.0.1:${port}`, errors, sockets, close }
}

export const express5: ServerKind = {
  name: 'Express 5',
  http: '1.1',
  tls: false,
  create(handlers, onError) {
    const app = express()
    for (const handler of handlers) app.use(handler as express.RequestHandler)
    return createServer(app.use(onError))
  },
}

export const oldExpress: ServerKind = {
  name: 'Express 4',
  http: '1.1',
  tls: false,
  create(handlers, onError) {
    const app = express4()
    for (const handler of handlers) app.use(handler as express4.RequestHandler)
    return createServer(app.use(onError))
  },
}

export const connect3: ServerKind = {
  name: 'Connect 3',
  http: '1.1',
  tls: false,
  create: (handlers, onError) => createServer(withConnect(handlers, onError)),
}

export const bareHttp: ServerKind = {
  name: 'bare http',
  http: '1.1',
  tls: false,
  create: (handlers, onError) => createServer(inTurn(handlers, onError)),
}

export const bareHttps: ServerKind = {
  name: 'bare https',
  http: '1.1',
  tls: true,
  create: (handlers, onError) => createHttpsServer(localCertificate, inTurn(handlers, onError)),
}

export const bareHttp2: ServerKind = {
  name: 'bare http2 without TLS',
  http: '2',
  tls: false,
  create: (handlers, onError) => createHttp2Server(forHttp2(inTurn(handlers, onError))),
}

/** Also speaks HTTP/1.1, to clients that ask for it: `openStream(server, { http: '1.1' })`. */
export const bareHttp2Tls: ServerKind = {
  name: 'bare http2 with TLS',
  http: '2',
  tls: true,
  create: (handlers, onError) =>
    createSecureHttp2Server({ ...localCertificate, allowHTTP1: true }, forHttp2(inTurn(handlers, onError))),
}

export const connectHttp2: ServerKind = {
  name: 'Connect 3 on http2',
  http: '2',
  tls: false,
  create: (handlers, onError) => createHttp2Server(forHttp2(withConnect(handlers, onError))),
}

export const http1Servers: readonly ServerKind[] = [express5, oldExpress, connect3, bareHttp, bareHttps]
export const http2Servers: readonly ServerKind[] = [bareHttp2, bareHttp2Tls, connectHttp2]
export const servers: readonly ServerKind[] = [...http1Servers, ...http2Servers]

function withConnect(handlers: readonly Handler[], onError: ErrorHandler): Listener {
  const app = connect()
  for (const handler of handlers) app.use(handler as connect.NextHandleFunction)
  return app.use(onError)
}

/** What a framework does, for a server without one. */
function inTurn(handlers: readonly Handler[], onError: ErrorHandler): Listener {
  return (req, res) => {
    const run = (i: number, error?: unknown): void => {
      const handler = handlers[i]
      if (error !== undefined) return onError(error, req, res, () => {})
      if (handler === undefined) return void res.writeHead(404).end()
      handler(req as Request, res, (failure) => run(i + 1, failure))
    }
    run(0)
  }
}

/** HTTP/2's compatibility API is meant to be used as if it were HTTP/1's; only its types say otherwise. */
function forHttp2(listener: Listener): Parameters<typeof createHttp2Server>[1] {
  return listener as unknown as Parameters<typeof createHttp2Server>[1]
}

function answerError(error: unknown, res: ServerResponse, next: Next): void {
  if (res.headersSent) return next(error)
  const { status, message } = error as { status?: number; message: string }
  res.statusCode = status ?? 500
  res.end(message)
}

function track(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return sockets
}
