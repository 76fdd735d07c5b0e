import express from 'express'
import request from 'supertest'
import compression from 'compression'
import { sse, createRegistry } from '../src/index.js'
import { openStream } from './helpers/open-stream.js'
import { openRawSocket } from './helpers/raw-socket.js'
import {
  bareHttp,
  bareHttp2Tls,
  express5,
  http1Servers,
  servers,
  startServer,
  type Handler,
} from './helpers/servers.js'
import { until } from './helpers/until.js'

const subscribe: Handler = (_req, res) => res.sse?.subscribe('scores')

describe.each(servers)('sse() on $name', (kind) => {
  it('answers with the head of an event stream', async () => {
    const server = await startServer(kind, sse(), subscribe)
    const { status, headers } = await openStream(server)
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      vary: 'Accept',
    })
    expect(headers.connection).toBe(kind.http === '2' ? undefined : 'keep-alive')
  })

  it('sends the head and the opening block at once, before the first event', async () => {
    const server = await startServer(kind, sse({ retry: 2000 }), (_req, res) => res.sse?.open())
    const stream = await openStream(server)
    const raw = await stream.waitForRaw((text) => text.endsWith('\n\n'))
    expect(raw).toMatch(/^retry: \d+\nevent: sse-open\n\n$/)
    expect(stream.retries[0]).toBeGreaterThanOrEqual(1000)
    expect(stream.retries[0]).toBeLessThanOrEqual(3000)
    expect(stream.events).toEqual([])
  })

  it('streams the events of a subscribed channel', async () => {
    const live = sse()
    const server = await startServer(kind, live, subscribe)
    const stream = await openStream(server)
    expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
    const id = await live.channel('scores').publish({ event: 'score', data: { home: 1, away: 0 } })
    expect(await stream.next()).toEqual({ event: 'score', data: '{"home":1,"away":0}', id })
  })

  it('answers HEAD with the headers, and does not count a connection', async () => {
    const live = sse()
    const server = await startServer(kind, live, subscribe)
    const stream = await openStream(server, { method: 'HEAD' })
    expect(await stream.ended).toBe('ended')
    expect(stream.status).toBe(200)
    expect(stream.headers['content-type']).toBe('text/event-stream')
    expect(stream.raw).toBe('')
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('passes other requests to the handler, with Vary set', async () => {
    const server = await startServer(kind, sse(), (req, res) => {
      res.setHeader('Content-Type', 'application/json')
      res.end(JSON.stringify({ sse: res.sse === undefined, lastEventId: req.lastEventId }))
    })
    const answer = await openStream(server, { headers: { accept: 'application/json', 'last-event-id': 'a' } })
    expect(await answer.ended).toBe('ended')
    expect(answer.headers).toMatchObject({ vary: 'Accept', 'content-type': 'application/json' })
    expect(JSON.parse(answer.raw)).toEqual({ sse: true, lastEventId: 'a' })
  })

  it('passes a 406 error to next if fallthrough is off', async () => {
    const server = await startServer(kind, sse({ fallthrough: false }), subscribe)
    const answer = await openStream(server, { headers: { accept: 'application/json' } })
    expect(await answer.ended).toBe('ended')
    expect(answer.status).toBe(406)
    expect(answer.headers.vary).toBe('Accept')
    expect(server.errors).toMatchObject([{ status: 406, statusCode: 406, expose: true, name: 'NotAcceptableError' }])
  })

  it('writes nothing before the handler opens the stream, so that it can answer otherwise', async () => {
    const live = sse()
    const server = await startServer(kind, live, (req, res) => {
      res.statusCode = Number(req.url?.slice(1))
      res.setHeader('Location', '/elsewhere')
      res.end()
    })
    for (const status of [403, 204, 307]) {
      const answer = await openStream(server, { path: `/${status}` })
      expect(await answer.ended).toBe('ended')
      expect(answer.status).toBe(status)
      expect(answer.headers).toMatchObject({ vary: 'Accept', location: '/elsewhere' })
      expect(answer.headers['content-type']).toBeUndefined()
    }
    expect(live.registry.stats()).toMatchObject({ connections: 0, shed: 0 })
    expect(new Set(Object.values(live.registry.stats().closed))).toEqual(new Set([0]))
  })

  it('keeps earlier cookies and Vary values, and adds its own headers', async () => {
    const headers = { 'X-Stream': 'scores', Vary: 'Cookie', 'Set-Cookie': 'c=3' }
    const server = await startServer(
      kind,
      (_req, res, next) => {
        res.setHeader('Set-Cookie', ['a=1', 'b=2'])
        res.setHeader('Vary', 'Origin')
        next()
      },
      sse({ headers }),
      subscribe,
    )
    const stream = await openStream(server)
    expect(stream.headers['set-cookie']).toEqual(['a=1', 'b=2', 'c=3'])
    expect(stream.headers.vary).toBe('Origin, Accept, Cookie')
    expect(stream.headers['x-stream']).toBe('scores')
  })

  it('adds a cookie if there is none', async () => {
    const server = await startServer(kind, sse({ headers: { 'Set-Cookie': 'c=3' } }), subscribe)
    expect((await openStream(server)).headers['set-cookie']).toEqual(['c=3'])
  })

  it('streams to a POST if another middleware has read the body', async () => {
    const live = sse()
    const bodies: string[] = []
    const readBody: Handler = (req, _res, next) => {
      let body = ''
      req.setEncoding('utf8')
      req.on('data', (text: string) => (body += text))
      req.on('end', () => setImmediate(() => next(void bodies.push(body))))
    }
    const server = await startServer(kind, readBody, live, subscribe)
    const stream = await openStream(server, { method: 'POST', body: '{"games":[42]}' })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    await live.channel('scores').publish({ data: 'goal' })
    await stream.waitForData('goal')
    expect(bodies).toEqual(['{"games":[42]}'])
    expect(live.registry.stats().connections).toBe(1)
    stream.close()
    await until(() => live.registry.stats().connections === 0)
  })

  it('counts a client that disconnects', async () => {
    const live = sse()
    const server = await startServer(kind, live, subscribe)
    const stream = await openStream(server)
    await stream.next()
    stream.close()
    await until(() => live.registry.stats().closed.client === 1)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('answers any Accept, path and query with a status below 500', async () => {
    const server = await startServer(kind, sse(), (_req, res) => (res.sse ? res.sse.close() : res.end()))
    const accepts = [
      '',
      ',',
      ';',
      'text/event-stream;q=',
      'text/event-stream;q=x',
      '/',
      '*',
      'a'.repeat(8000),
      '"',
      '*/*;q=-1',
    ]
    for (const accept of accepts) {
      const answer = await openStream(server, { headers: { accept } })
      expect(answer.status).toBeLessThan(500)
    }
    for (const path of [
      '//',
      '//?lastEventId=%',
      '/%',
      '/?lastEventId=%FF%FE%00',
      '/?a?b=c&&lastEventId',
      '/\\',
      '/?',
    ]) {
      const answer = await openStream(server, { path })
      expect(answer.status).toBe(200)
      expect(await answer.ended).toBe('ended')
    }
    expect(server.errors).toEqual([])
  })

  it('sends no reconnection time if retry is false', async () => {
    const server = await startServer(kind, sse({ retry: false }), (_req, res) => res.sse?.open())
    const stream = await openStream(server)
    expect(await stream.waitForRaw((text) => text.endsWith('\n\n'))).toBe('event: sse-open\n\n')
  })
})

describe.each(http1Servers.filter(({ tls }) => !tls))('a hand-written request, on $name', (kind) => {
  it.each(['[', 'a b', '', ':0', '//', '%'])('with the Host header "%s" gets a stream', async (host) => {
    const server = await startServer(kind, sse(), (_req, res) => res.sse?.close())
    const lines = ['GET //?lastEventId=1 HTTP/1.1', `Host: ${host}`, 'Accept: text/event-stream', 'Connection: close']
    const socket = await openRawSocket(server.port, ...lines, '', '')
    expect(await socket.closed()).toMatch(/^HTTP\/1.1 200 /)
  })

  it('with several Accept lines is read as one list', async () => {
    const server = await startServer(kind, sse(), (_req, res) => (res.sse ? res.sse.close() : res.end('other')))
    const lines = ['GET / HTTP/1.1', 'Host: a', 'Accept: text/html', 'Accept: text/event-stream', 'Connection: close']
    const socket = await openRawSocket(server.port, ...lines, '', '')
    expect(await socket.closed()).toContain('event: sse-open')
  })
})

describe('the Accept header', () => {
  const answers = async (accept: string | undefined, options: Parameters<typeof sse>[0]) => {
    const server = await startServer(bareHttp, sse(options), (_req, res) =>
      res.sse ? res.sse.close() : res.end('other'),
    )
    const answer = await openStream(server, { headers: { accept } })
    await answer.ended
    return answer.raw === 'other' ? 'other' : 'stream'
  }

  it.each([
    ['text/event-stream', 'stream', 'stream'],
    ['TEXT/Event-Stream; charset=utf-8', 'stream', 'stream'],
    ['text/html, text/event-stream;q=0.1', 'stream', 'stream'],
    ['text/event-stream;q=0', 'other', 'other'],
    ['*/*', 'other', 'stream'],
    ['text/*', 'other', 'stream'],
    ['*/*, text/event-stream;q=0', 'other', 'other'],
    ['application/json', 'other', 'other'],
    ['text/event-streams', 'other', 'other'],
    [undefined, 'other', 'stream'],
  ])('%s is answered with %s, or with %s if accept is any', async (accept, explicit, any) => {
    expect(await answers(accept, {})).toBe(explicit)
    expect(await answers(accept, { accept: 'any' })).toBe(any)
  })
})

describe('sse() with other middleware', () => {
  it.each(['before', 'after'])('streams at once with compression mounted %s it', async (where) => {
    const live = sse()
    const both = [compression() as Handler, live as Handler]
    const server = await startServer(express5, ...(where === 'before' ? both : both.reverse()), subscribe)
    const stream = await openStream(server, { headers: { 'accept-encoding': 'gzip' } })
    await stream.next()
    for (let i = 0; i < 3; i++) {
      await live.channel('scores').publish({ data: `${i}` })
      expect(await stream.next()).toMatchObject({ data: `${i}` })
    }
    expect(stream.headers['content-encoding']).toBeUndefined()
    expect(stream.headers.vary).toContain('Accept')
  })

  it('writes through a wrapped res.write', async () => {
    const live = sse()
    const written: string[] = []
    const server = await startServer(
      bareHttp,
      (_req, res, next) => {
        const write = res.write.bind(res)
        res.write = ((chunk: Buffer, ...rest: []) => {
          written.push(chunk.toString())
          return write(chunk, ...rest)
        }) as typeof res.write
        next()
      },
      live,
      subscribe,
    )
    const stream = await openStream(server)
    await stream.next()
    await live.channel('scores').publish({ data: 'goal' })
    await stream.waitForData('goal')
    expect(written.join('')).toBe(stream.raw)
  })

  it('streams to a POST after express.json()', async () => {
    const live = sse()
    const server = await startServer(express5, express.json() as Handler, live, (req, res) => {
      res.sse?.subscribe((req as { body?: { channels: string[] } }).body?.channels ?? [])
    })
    const body = JSON.stringify({ channels: ['a', 'b'] })
    const stream = await openStream(server, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
    await stream.next()
    await live.channel('b').publish({ data: 'goal' })
    await stream.waitForData('goal')
    expect(live.registry.names()).toEqual(['a', 'b'])
  })

  it('leaves the same URL open for JSON', async () => {
    const app = express().get('/games/:id', sse(), (req, res) => {
      if (res.sse) res.sse.close()
      else res.json({ id: req.params.id })
    })
    await request(app)
      .get('/games/42')
      .set('Accept', 'application/json')
      .expect(200, { id: '42' })
      .expect('Vary', 'Accept')
    await request(app)
      .get('/games/42')
      .set('Accept', 'text/event-stream')
      .expect(200)
      .expect('Content-Type', 'text/event-stream')
    await request(app)
      .head('/games/42')
      .set('Accept', 'text/event-stream')
      .expect(200)
      .expect('Content-Type', 'text/event-stream')
  })

  it('does nothing to a response that has already been sent', async () => {
    const server = await startServer(
      bareHttp,
      (_req, res, next) => {
        res.end('sent')
        next()
      },
      sse(),
      (_req, res) => expect(res.sse).toBeUndefined(),
    )
    const answer = await openStream(server)
    expect(await answer.ended).toBe('ended')
    expect(answer.raw).toBe('sent')
  })
})

describe('req.lastEventId', () => {
  const echo: Handler = (req, res) => res.end(JSON.stringify(req.lastEventId))
  const read = async (headers: Record<string, string>, path = '/') => {
    const server = await startServer(bareHttp, sse(), echo)
    const answer = await openStream(server, { headers, path })
    await answer.ended
    return JSON.parse(answer.raw) as unknown
  }

  it.each([
    ['nothing', {}, '/', ''],
    ['the header', { 'last-event-id': '42' }, '/?lastEventId=1', '42'],
    ['the header in UTF-8', { 'last-event-id': Buffer.from('für ⚽').toString('latin1') }, '/', 'für ⚽'],
    ['the header in latin1', { 'last-event-id': 'für' }, '/', 'für'],
    ['the query behind an empty header', { 'last-event-id': '' }, '/?lastEventId=1', '1'],
    ['lastEventId of the query', {}, '/?a=b&lastEventId=a%20b', 'a b'],
    ['last_event_id of the query', {}, '/?last_event_id=7', '7'],
    ['evs_last_event_id of the query', {}, '//?evs_last_event_id=7', '7'],
  ])('is read from %s', async (_name, headers, path, id) => {
    expect(await read(headers as Record<string, string>, path)).toBe(id)
  })

  it.each([
    ['more than 1,024 bytes', { 'last-event-id': 'x'.repeat(1025) }, '/'],
    ['a NUL in the query', {}, '/?lastEventId=a%00b'],
    ['a line feed in the query', {}, '/?lastEventId=a%0Ab'],
    ['another control character in the query', {}, '/?lastEventId=a%01b'],
    ['DEL in the query', {}, '/?lastEventId=a%7F'],
    ['a tab in the header', { 'last-event-id': 'a\tb' }, '/'],
    ['a blank in front, in the query', {}, '/?lastEventId=%20a'],
    ['a blank behind, in the query', {}, '/?lastEventId=a+'],
  ])('is U+FFFD, an unknown ID, if it has %s', async (_name, headers, path) => {
    expect(await read(headers as Record<string, string>, path)).toBe('\uFFFD')
  })
})

describe('an HTTP/2 server that also accepts HTTP/1.1', () => {
  it('streams over both', async () => {
    const live = sse()
    const server = await startServer(bareHttp2Tls, live, subscribe)
    const streams = [await openStream(server, { http: '1.1' }), await openStream(server, { http: '2' })]
    for (const stream of streams) await stream.next()
    await live.channel('scores').publish({ data: 'goal' })
    for (const stream of streams) expect(await stream.next()).toMatchObject({ data: 'goal' })
    expect(streams.map(({ headers }) => headers.connection)).toEqual(['keep-alive', undefined])
  })
})

describe('close()', () => {
  it('closes a registry that the middleware made, and sheds later requests', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, subscribe)
    const stream = await openStream(server)
    await stream.next()
    await live.close()
    expect(await stream.ended).toBe('ended')
    await expect(live.channel('scores').publish({ data: '1' })).rejects.toMatchObject({ code: 'ERR_SSE_CLOSED' })
    const late = await openStream(server)
    expect(late.status).toBe(200)
    expect(await late.ended).toBe('ended')
    expect(live.registry.stats()).toMatchObject({ connections: 0, shed: 1, closed: { server: 1 } })
  })

  it('leaves a shared registry and the streams of other routes open', async () => {
    const registry = createRegistry()
    const [one, two] = [sse({ registry }), sse({ registry })]
    const server = await startServer(
      bareHttp,
      (req, res, next) => (req.url === '/one' ? one : two)(req, res, next),
      subscribe,
    )
    const [first, second] = [await openStream(server, { path: '/one' }), await openStream(server, { path: '/two' })]
    await first.next()
    await second.next()
    await one.close()
    expect(await first.ended).toBe('ended')
    await registry.channel('scores').publish({ data: 'goal' })
    await second.waitForData('goal')
    expect(registry.stats()).toMatchObject({ connections: 1, closed: { server: 1 } })
    const late = await openStream(server, { path: '/one' })
    expect(await late.ended).toBe('ended')
    expect(late.raw).toMatch(/^retry: \d+\n$/)
  })
})
