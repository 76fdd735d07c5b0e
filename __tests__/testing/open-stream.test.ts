// What a test gets from openStream(): targets, the request, and responses that are no event stream.
import { createServer, type IncomingMessage } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import connect from 'connect'
import express from 'express'
import { sse } from '../../src/index.js'
import { openStream, type OpenStreamOptions } from '../../src/testing/index.js'
import { afterTest } from '../helpers/after-test.js'
import { servers, startServer, type Response } from '../helpers/servers.js'

/** Long enough for a busy machine. Tests that wait for a time-out set their own. */
const timeout = 20_000

async function open(where: Parameters<typeof openStream>[0], options: OpenStreamOptions = {}) {
  const stream = await openStream(where, { timeout, ...options })
  afterTest(() => stream.close())
  return stream
}

const hello = { event: 'greeting', data: 'hello' }

describe('openStream', () => {
  it.each(servers)('reads a stream from a server that listens: $name', async (kind) => {
    const { server } = await startServer(kind, sse(), (_req, res) => res.sse?.send(hello))
    const stream = await open(server, { path: '/anything' })
    expect(stream.status).toBe(200)
    expect(stream.headers['content-type']).toBe('text/event-stream')
    expect(await stream.next()).toMatchObject({ type: 'greeting', data: 'hello' })
    await stream.close()
    expect(server.listening).toBe(true)
  })

  it.each(servers)('starts a server that does not listen, and closes it: $name', async (kind) => {
    const server = kind.create([sse(), (_req, res) => res.sse?.send(hello)], () => undefined)
    const stream = await open(server)
    await stream.next('greeting')
    expect(server.listening).toBe(true)
    await stream.close()
    expect(server.listening).toBe(false)
  })

  it('waits for a server that was told to listen on an address', async () => {
    const server = createServer((_req, res) => res.setHeader('Content-Type', 'text/event-stream').end())
    server.listen(0, '127.0.0.1')
    await open(server)
    expect(server.listening).toBe(true)
    server.close()
  })

  it.each([
    ['Express', express().use(sse({ fallthrough: false }), (_req, res) => res.sse?.send(hello))],
    [
      'Connect',
      connect()
        .use(sse())
        .use((_req: IncomingMessage, res: Response) => res.sse?.send(hello)),
    ],
  ])('starts a server for an app of %s', async (_name, app) => {
    const stream = await open(app)
    expect((await stream.next()).data).toBe('hello')
  })

  it('opens a URL, as a string or an object, with its own path and query', async () => {
    const { origin } = await startServer(servers[0]!, sse(), (req, res) =>
      res.sse?.send({ event: 'url', data: req.url! }),
    )
    expect((await (await open(`${origin}/a?b=1`)).next()).data).toBe('/a?b=1')
    expect((await (await open(new URL(`${origin}/a/c`), { path: 'd' })).next()).data).toBe('/a/d')
  })

  it('sends method, headers, last event ID and a body, as text or as JSON', async () => {
    const { server } = await startServer(servers[0]!, sse({ accept: 'any' }), async (req, res) => {
      const { method, headers, lastEventId } = req
      const { accept, 'content-type': type, 'x-own': own } = headers
      const body = await textOf(req)
      res.sse?.send({ event: 'request', data: { method, accept, type, own, lastEventId, body } })
    })
    const ask = async (options: OpenStreamOptions) => (await (await open(server, options)).next()).json()
    expect(await ask({ lastEventId: 'grün', headers: { 'X-Own': ['1', '2'], Accept: undefined } })).toEqual({
      method: 'GET',
      own: '1, 2',
      lastEventId: 'grün',
      body: '',
    })
    expect(await ask({ body: { question: 'why' } })).toMatchObject({
      method: 'POST',
      accept: 'text/event-stream',
      type: 'application/json',
      body: '{"question":"why"}',
    })
    expect(await ask({ method: 'put', body: Buffer.from('text') })).toMatchObject({ method: 'PUT', body: 'text' })
    const typed = { headers: { 'content-type': 'application/vnd.api+json' }, body: [] }
    expect(await ask(typed)).toMatchObject({ type: 'application/vnd.api+json' })
  })

  it('decompresses a stream', async () => {
    const { createGzip, constants } = await import('node:zlib')
    const server = createServer((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'Text/Event-Stream; charset=utf-8', 'Content-Encoding': 'gzip' })
      const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
      gzip.pipe(res)
      gzip.write('id: 1\ndata: packed\n\n')
    })
    const stream = await open(server, { headers: { 'accept-encoding': 'gzip' } })
    expect(await stream.next()).toMatchObject({ id: '1', data: 'packed' })
  })
})

describe('a response that is no event stream', () => {
  it.each([
    [
      401,
      'application/json',
      '{"error":"log in"}',
      /^openStream\(\): GET \/live\?a got 401 Unauthorized with .*log in/,
    ],
    [404, undefined, '', /404 Not Found without a Content-Type, .* Its body is empty\.$/],
    [
      200,
      'text/html',
      '<p>hello</p>',
      /200 OK with Content-Type text\/html; charset=utf-8, which is no event stream\. .*<p>hello/,
    ],
    [500, 'text/event-stream', 'data: 1\n\n', /500 Internal Server Error/],
    [204, undefined, '', /A finished stream answers 204/],
  ])('rejects with its status and the beginning of its body: %i', async (status, type, body, message) => {
    const app = express().use((_req, res) => {
      if (type !== undefined) res.type(type)
      res.status(status).end(body)
    })
    const refused = openStream(app, { path: '/live?a', timeout })
    await expect(refused).rejects.toMatchObject({ name: 'RefusedError', status, body })
    await expect(refused).rejects.toThrow(message)
  })

  it('rejects with 406 if the request does not accept a stream', async () => {
    const app = express().use(sse({ fallthrough: false }))
    await expect(openStream(app, { headers: { accept: 'text/html' }, timeout })).rejects.toMatchObject({
      status: 406,
      headers: { vary: 'Accept' },
    })
  })

  it('rejects with the target of a redirect', async () => {
    const app = express().use((_req, res) => res.redirect('/login'))
    await expect(openStream(app, { timeout })).rejects.toThrow(/302 Found .* with Location \/login/)
  })

  it('rejects while its body has not ended', async () => {
    const app = express().use((_req, res) => void res.status(403).write('no'))
    await expect(openStream(app, { timeout: 1000 })).rejects.toMatchObject({ status: 403, body: 'no' })
    const long = express().use((_req, res) => void res.status(403).write('x'.repeat(5000)))
    await expect(openStream(long, { timeout })).rejects.toMatchObject({ body: 'x'.repeat(1000) })
  })

  it('rejects if no response comes within the time-out', async () => {
    const server = createServer(() => undefined)
    await expect(openStream(server, { path: '/slow', timeout: 50 })).rejects.toThrow(
      'openStream(): no response to GET /slow within 50 ms',
    )
    expect(server.listening).toBe(false)
  })

  it.each(servers)('rejects if the connection breaks: $name', async (kind) => {
    const { server } = await startServer(kind, (req) => req.socket.destroy())
    await expect(openStream(server, { timeout })).rejects.toThrow(/^openStream\(\): no response to GET \/: ./)
  })

  it('rejects if nothing listens at the URL', async () => {
    const server = await startServer(servers[0]!)
    await server.close()
    await expect(openStream(server.origin, { timeout })).rejects.toThrow(/ECONNREFUSED/)
  })
})

describe('wrong arguments of openStream', () => {
  const live = sse()
  const code = 'ERR_SSE_OPTION'

  it.each([
    ['the middleware', live, 'openStream(): this is the middleware itself; mount it in an app, and pass the app'],
    ['a registry', live.registry, 'a registry has no requests'],
    ['a path', '/stream', 'a URL must begin with http:// or https://; got /stream'],
    ['a port', 3000, 'pass an app, a server or a URL'],
    ['nothing', undefined, 'pass an app, a server or a URL'],
  ])('are named: %s', async (_name, where, message) => {
    const refused = openStream(where as string)
    await expect(refused).rejects.toMatchObject({ name: 'SseError', code })
    await expect(refused).rejects.toThrow(message)
  })

  it.each([
    [{ header: {} }, 'openStream(): there is no option header; did you mean headers?'],
    [{ timeout: 0 }, 'openStream(): timeout must be a number of milliseconds above 0, or Infinity; got 0'],
    [{ url: '/' }, 'pass the URL as first argument'],
    [{ headers: new Headers({ cookie: 'a=1' }) }, 'pass Object.fromEntries(headers)'],
    [{ headers: new Map([['cookie', 'a=1']]) }, 'pass Object.fromEntries(headers)'],
    [{ body: 1 }, 'body must be a string, bytes, or an object'],
    ['/stream', 'did you mean { path }?'],
  ])('are named: %j', async (options, message) => {
    const refused = openStream(express(), options as OpenStreamOptions)
    await expect(refused).rejects.toMatchObject({ code })
    await expect(refused).rejects.toThrow(message)
  })
})
