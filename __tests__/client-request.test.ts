// What EventStream asks for: headers, method, body, credentials, and with whose fetch.
import { nextEvent, openStream, reached, startServer, withoutWaiting } from './helpers/client-server.js'

describe('headers', () => {
  it('go out with every try, and Accept is ours', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { headers: { Authorization: 'Bearer t', Accept: 'text/html' } })
    for (let i = 0; i < 2; i++) {
      const { headers } = (await server.next()).answer(503).request
      expect(headers).toMatchObject({ authorization: 'Bearer t', accept: 'text/event-stream' })
    }
  })

  it('are made anew for each try by a function, which may take its time', async () => {
    withoutWaiting()
    const server = await startServer()
    let token = 0
    openStream(server.url, { headers: async () => Promise.resolve({ Authorization: `Bearer ${++token}` }) })
    expect((await server.next()).answer(503).request.headers.authorization).toBe('Bearer 1')
    expect((await server.next()).answer(503).request.headers.authorization).toBe('Bearer 2')
  })

  it('that could not be made count as a failed try, with the error that says why', async () => {
    withoutWaiting()
    const server = await startServer()
    const broken = new Error('no token')
    let calls = 0
    const stream = openStream(server.url, {
      headers: () => {
        if (++calls === 1) throw broken
        return {}
      },
    })
    const { reason } = await reached(stream, 'waiting')
    expect(reason).toEqual({ code: 'failed', error: broken })
    await server.next()
  })

  it('may say where to begin, until the stream has an ID of its own', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { headers: { 'Last-Event-ID': '41' } })
    const first = await server.next()
    expect(first.lastEventId).toBe('41')
    first.stream('id: 42\ndata: x\n\n').end()
    expect((await server.next()).lastEventId).toBe('42')
  })
})

describe('method and body', () => {
  it('make a POST of every try', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { body: '{"q":1}', headers: { 'Content-Type': 'application/json' } })
    for (let i = 0; i < 2; i++) {
      const exchange = await server.next()
      let body = ''
      for await (const chunk of exchange.request) body += String(chunk)
      expect([exchange.request.method, body]).toEqual(['POST', '{"q":1}'])
      exchange.stream().end()
    }
  })

  it('can be another method', async () => {
    const server = await startServer()
    openStream(server.url, { method: 'PUT', body: 'x' })
    expect((await server.next()).request.method).toBe('PUT')
  })
})

describe('fetch', () => {
  it('is called as a function with what the request is made of', async () => {
    const server = await startServer()
    const calls: unknown[] = []
    const stream = openStream(server.url, {
      withCredentials: true,
      fetch(this: unknown, url, init) {
        calls.push([this, url, init.credentials, init.cache, init.method])
        return fetch(url, init)
      },
    })
    const open = nextEvent(stream, 'open')
    ;(await server.next()).stream()
    await open
    expect(calls).toEqual([[undefined, server.url, 'include', 'no-store', 'GET']])
  })

  it('of the global scope is looked up at each try, so that it can be wrapped later', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    const wrapped = jest.spyOn(globalThis, 'fetch')
    exchange.end()
    await server.next()
    expect(wrapped).toHaveBeenCalledTimes(1)
  })

  it('may answer without a body, which is a stream that ended', async () => {
    const headers = { 'Content-Type': 'text/event-stream' }
    const stream = openStream('http://127.0.0.1:9/', { fetch: () => Promise.resolve(new Response(null, { headers })) })
    const { reason } = await reached(stream, 'waiting')
    expect(reason).toEqual({ code: 'ended' })
  })

  it('whose body is another kind of stream is an error that says so, not a crash', async () => {
    const response = { status: 200, headers: new Headers({ 'Content-Type': 'text/event-stream' }), body: { pipe() {} } }
    const stream = openStream('http://127.0.0.1:9/', { fetch: () => Promise.resolve(response as unknown as Response) })
    const { reason } = await reached(stream, 'waiting')
    expect(String(reason.error)).toMatch(/getReader/)
  })
})
