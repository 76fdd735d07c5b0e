// Streams on responses whose head was sent already, by the handler or by a middleware.
import type { Http2ServerResponse } from 'node:http2'
import { sse, type Connection } from '../../src/index.js'
import { openStream } from '../helpers/open-stream.js'
import {
  bareHttp,
  bareHttp2,
  bareHttp2Tls,
  bareHttps,
  startServer,
  type Handler,
  type Response,
  type TestServer,
} from '../helpers/servers.js'

type Send = (res: Response) => unknown

const heads: Record<string, Send> = {
  'res.flushHeaders()': (res) => res.flushHeaders(),
  'res.writeHead() of an event stream': (res) => res.writeHead(200, { 'Content-Type': 'text/event-stream' }),
  'res.writeHead() of JSON': (res) => res.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders(),
  'res.write()': (res) => res.write('[1,'),
}

const firsts: Record<string, (connection: Connection) => unknown> = {
  open: (connection) => connection.open(),
  subscribe: (connection) => connection.subscribe('a'),
  send: (connection) => connection.send({ data: 'x' }),
  comment: (connection) => connection.comment('x'),
}

describe.each([bareHttp, bareHttps, bareHttp2, bareHttp2Tls])('a stream after a sent head on $name', (kind) => {
  it.each(Object.keys(heads))('is refused and closed if %s sent the head', async (name) => {
    const errors: unknown[] = []
    const live = sse()
    for (const first of Object.values(firsts)) {
      const server = await startServer(kind, live, (_req, res) => {
        const connection = res.sse!
        connection.on('close', (reason) => void errors.push(reason))
        heads[name]!(res)
        try {
          first(connection)
        } catch (error) {
          errors.push(error)
        }
        errors.push(connection.closed)
      })
      await askAndWait(server)
    }
    const message = expect.stringMatching(/Call res\.sse\.open\(\) instead of res\.flushHeaders\(\)/) as string
    const each = ['error', expect.objectContaining({ code: 'ERR_SSE_HEAD', message }) as unknown, true]
    expect(errors).toEqual(Object.keys(firsts).flatMap(() => each))
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('does not change an answer of another status, even one still being written', async () => {
    const errors: unknown[] = []
    const server = await startServer(kind, sse(), async (_req, res) => {
      res.writeHead(403, { 'Content-Type': 'text/plain' })
      res.write('not ')
      try {
        res.sse!.subscribe('a')
      } catch (error) {
        errors.push(error)
      }
      await new Promise(setImmediate)
      res.end('yours')
    })
    const answer = await openStream(server)
    expect(await answer.ended).toBe('ended')
    expect([answer.status, answer.raw]).toEqual([403, 'not yours'])
    expect(errors).toMatchObject([{ code: 'ERR_SSE_HEAD' }])
  })

  it.each([204, 403, 200])('is not opened, without an error, after a complete answer with %i', async (status) => {
    const opened: unknown[] = []
    const server = await startServer(kind, sse(), (_req, res) => {
      res.writeHead(status).end()
      res.sse!.subscribe('a')()
      opened.push(res.sse!.open(), res.sse!.send({ data: 'x' }))
    })
    const answer = await openStream(server)
    expect([answer.status, await answer.ended, answer.raw]).toEqual([status, 'ended', ''])
    expect(opened).toEqual([false, false])
  })

  it('can be ended by close()', async () => {
    const server = await startServer(kind, sse(), (_req, res) => {
      res.flushHeaders()
      res.sse!.close()
    })
    const answer = await openStream(server)
    expect(await answer.ended).toBe('ended')
  })

  it('is reported once if the head was sent before the middleware ran', async () => {
    const errors: unknown[] = []
    const live = sse({ registry: { onError: (error) => void errors.push(error) } })
    const early: Handler = (req, res, next) => {
      if (req.url === '/ended') res.end('answered')
      else res.flushHeaders()
      next()
    }
    const server = await startServer(kind, early, live, (_req, res) => {
      expect(res.sse).toBeUndefined()
      res.end()
    })
    for (const path of ['/ended', '/flushed', '/flushed']) {
      expect(await (await openStream(server, { path })).ended).toBe('ended')
    }
    await (
      await openStream(server, { headers: { accept: 'application/json' } })
    ).ended
    const message = expect.stringContaining('before sse() ran') as string
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SSE_HEAD', message })])
  })
})

it('a stream after the head of an HTTP/2 stream is refused', async () => {
  const errors: unknown[] = []
  const server = await startServer(bareHttp2, sse(), (_req, res) => {
    const { stream } = res as unknown as Http2ServerResponse
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' })
    expect(() => res.sse!.subscribe('a')).toThrow(expect.objectContaining({ code: 'ERR_SSE_HEAD' }) as Error)
    errors.push(res.sse!.closed)
  })
  await askAndWait(server)
  expect(errors).toEqual([true])
})

/** Requests a stream, and waits until the answer has ended or failed. */
async function askAndWait(server: TestServer): Promise<void> {
  const answer = await openStream(server).catch(() => undefined)
  await answer?.ended
}
