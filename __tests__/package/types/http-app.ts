// Compiled, never run: servers without a framework, over HTTP/1, HTTPS and HTTP/2.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createSecureServer, createServer as createHttp2Server } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { sse, type Connection, type SseRequest, type SseResponse } from 'express-sse-channels'

const live = sse<{ score: number }>()

type Request = IncomingMessage & Partial<SseRequest>
type Response = ServerResponse & SseResponse

function listener(req: Request, res: Response): void {
  live(req, res, (error?: unknown) => {
    if (error instanceof Error) return void res.writeHead(500).end(error.message)
    const connection: Connection | undefined = res.sse
    connection?.subscribe('a')
    // @ts-expect-error -- a request that asks for no event stream has no connection
    res.sse.subscribe('a')
  })
}

const handler = live.handler((req, res, connection) => {
  res.setHeader('X-Last', req.lastEventId)
  connection.send({ event: 'score', data: 1 })
  // @ts-expect-error -- the data of another type
  connection.send({ event: 'score', data: '1' })
})
createServer((req, res) => handler(req, res, () => undefined)).listen(0)

createServer(listener).listen(0)
createHttpsServer({ key: '', cert: '' }, listener).listen(0)
createHttp2Server((req, res) => live(req, res, () => undefined)).listen(0)
createSecureServer({ allowHTTP1: true }, (req, res) => live(req, res, () => undefined)).listen(0)
