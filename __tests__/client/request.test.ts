// The requests of EventStream: headers, method, body, credentials and fetch.
import { nextEvent, openStream, reached, startServer, withoutWaiting } from '../helpers/client-server.js'

describe('headers', () => {
  it('are sent with every try, except for Accept, which the client sets', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { headers: { Authorization: 'Bearer t', Accept: 'text/html' } })
    for (let i = 0; i < 2; i++) {
      const { headers } = (await server.next()).answer(503).request
      expect(headers).toMatchObject({ authorization: 'Bearer t', accept: 'text/event-stream' })
    }
  })

  it('are made for each try by a function, which may be async', async () => {
    withoutWaiting()
    const server = await startServer()
    let token = 0
    openStream(server.url, { headers: async () => Promise.resolve({ Authorization: `Bearer ${++token}` }) })
    expect((await server.next()).answer(503).request.headers.authorization).toBe('Bearer 1')
    expect((await server.next()).answer(503).request.headers.authorization).toBe('Bearer 2')
  })

  it('that throw count as a failed try, with the error in the reason', async () => {
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

  it('may set a first last event ID, until the stream has an ID', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { headers: { 'Last-Event-ID': '41' } })
    const first = await server.next()
    expect(first.lastEventId).toBe('41')
    first.stream('id: 42\ndata: x\n\n').end()
    const second = await server.next()
    expect(second.lastEventId).toBe('42')
    expect(second.request.rawHeaders.filter((name) => /^last-event-id$/i.test(name))).toHaveLength(1)
  })

  it.each([
    ['the server reset the ID', 'id\ndata: x\n\n'],
    ['an ID that no header can carry', 'id: a\u0001b\ndata: x\n\n'],
  ])('do not bring back the first last event ID after %s', async (_, text) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { headers: () => [['last-event-id', '41']] })
    const message = nextEvent(stream)
    ;(await server.next()).stream(text)
    await message
    stream.close()
    const again = openStream(server.url, { headers: { 'Last-Event-ID': '41' } })
    ;(await server.next()).stream(text).end()
    expect((await server.next()).lastEventId).toBeUndefined()
    again.close()
  })

  it('set the last event ID until the first ID comes, also over tries without one', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { headers: { 'Last-Event-ID': '41' } })
    ;(await server.next()).answer(503)
    ;(await server.next()).stream('data: no ID\n\n').end()
    expect((await server.next()).lastEventId).toBe('41')
  })
})

describe('the body', () => {
  it('makes every try a POST', async () => {
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

  it('makes every try a POST also if it is empty', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url, { body: '' })
    for (let i = 0; i < 2; i++) {
      const exchange = await server.next()
      expect([exchange.request.method, exchange.request.headers['content-length']]).toEqual(['POST', '0'])
      exchange.stream().end()
    }
  })

  it('can be sent with another method', async () => {
    const server = await startServer()
    openStream(server.url, { method: 'PUT', body: 'x' })
    expect((await server.next()).request.method).toBe('PUT')
  })
})

describe('fetch', () => {
  it('is called as a function with the options of the request', async () => {
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

  it.each([
    ['without a body', null],
    ['with undefined for a body', undefined],
    ['with a body that is another kind of stream', { pipe() {} }],
  ])('that answers %s closes the stream and gives the reason', async (_, body) => {
    const response = { status: 200, headers: new Headers({ 'Content-Type': 'text/event-stream' }), body }
    const stream = openStream('http://127.0.0.1:9/', { fetch: () => Promise.resolve(response as unknown as Response) })
    const open = jest.fn()
    stream.addEventListener('open', open)
    const { reason } = await reached(stream, 'closed')
    expect(reason).toEqual({ code: 'no-stream', status: 200, contentType: 'text/event-stream' })
    expect(open).not.toHaveBeenCalled()
  })

  it('that answers 503 without a body is retried', async () => {
    const response = { status: 503, headers: new Headers(), body: undefined }
    const stream = openStream('http://127.0.0.1:9/', { fetch: () => Promise.resolve(response as unknown as Response) })
    const { reason } = await reached(stream, 'waiting')
    expect(reason).toMatchObject({ code: 'status', status: 503 })
  })
})
