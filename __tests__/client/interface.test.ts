// The EventSource interface, against a server over a real socket.
import { EventStream } from '../../src/client/index.js'
import { nextEvent, openStream, reached, startServer, withoutWaiting } from '../helpers/client-server.js'

/** Compares names, because errors of fetch are of another realm. */
function named(name: string): Error {
  return expect.objectContaining({ name }) as Error
}

describe('the constructor', () => {
  it('throws a SyntaxError for an invalid URL, as EventSource does', () => {
    for (const url of ['http://[', 'http://', '/relative', '']) {
      expect(() => new EventStream(url)).toThrow(named('SyntaxError'))
    }
    expect(() => new EventStream('http://[')).toThrow(DOMException)
  })

  it('throws a SyntaxError for a scheme other than http and https', () => {
    const schemes = [
      'mailto:a@b.c',
      'ftp://127.0.0.1/',
      'about:blank',
      'javascript:1',
      'file:///x',
      'ws://127.0.0.1:9/',
      'x:y',
    ]
    // Browsers disagree on these: only Chromium's EventSource opens data:, and Firefox's opens neither.
    const fixed = ['data:text/event-stream,data:x%0A%0A', 'blob:http://127.0.0.1:9/0-0']
    for (const url of [...schemes, ...fixed]) {
      expect(() => new EventStream(url)).toThrow(named('SyntaxError'))
      expect(() => new EventStream(new URL(url))).toThrow(DOMException)
    }
    expect(openStream('HTTPS://127.0.0.1:9/').url).toBe('https://127.0.0.1:9/')
  })

  it('throws a SyntaxError for a relative URL on a page of another scheme', () => {
    const scope = globalThis as { location?: unknown }
    try {
      scope.location = { href: 'file:///home/page.html' }
      expect(() => new EventStream('stream')).toThrow(named('SyntaxError'))
    } finally {
      delete scope.location
    }
  })

  it('throws a TypeError for options that no request can have', () => {
    const url = 'http://127.0.0.1:9/'
    expect(() => new EventStream('http://user:secret@127.0.0.1:9/')).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { method: 'GET', body: 'x' })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { headers: { 'a b': 'x' } })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { body: new ReadableStream() as never })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { keepAlive: -1 })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { maxEventBytes: 0 })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { maxRetryAfter: -1 })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { maxRetryAfter: NaN })).toThrow(named('TypeError'))
    expect(() => new EventStream(url, { method: 'GET', body: '' })).toThrow(named('TypeError'))
  })

  it('accepts a URL object and resolves a URL string', async () => {
    const server = await startServer()
    expect(openStream(`${server.url}a/../b`).url).toBe(`${server.url}b`)
    expect(openStream(new URL(server.url)).url).toBe(server.url)
  })

  it('resolves a relative URL against the document, or else the location', () => {
    const scope = globalThis as { document?: unknown; location?: unknown }
    try {
      scope.location = { href: 'http://127.0.0.1:9/a/b' }
      const inWorker = openStream('c')
      expect(inWorker.url).toBe('http://127.0.0.1:9/a/c')
      scope.document = { baseURI: 'http://127.0.0.1:9/base/' }
      expect(openStream('c').url).toBe('http://127.0.0.1:9/base/c')
    } finally {
      delete scope.document
      delete scope.location
    }
  })

  it('sets the constants on the class and on the instance', async () => {
    const stream = openStream((await startServer()).url)
    for (const of of [EventStream, stream]) {
      expect([of.CONNECTING, of.OPEN, of.CLOSED]).toEqual([0, 1, 2])
    }
  })

  it('accepts withCredentials and the credentials of fetch', async () => {
    const { url } = await startServer()
    expect(openStream(url).withCredentials).toBe(false)
    expect(openStream(url, { withCredentials: true }).withCredentials).toBe(true)
    expect(openStream(url, { credentials: 'include' }).withCredentials).toBe(true)
    expect(openStream(url, { withCredentials: true, credentials: 'omit' }).withCredentials).toBe(false)
  })
})

describe('readyState', () => {
  it('is connecting, open, connecting again while waiting, and closed', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    expect(stream.readyState).toBe(EventStream.CONNECTING)
    const exchange = (await server.next()).stream()
    await nextEvent(stream, 'open')
    expect(stream.readyState).toBe(EventStream.OPEN)
    exchange.end()
    await nextEvent(stream, 'error')
    expect(stream.readyState).toBe(EventStream.CONNECTING)
    stream.close()
    expect(stream.readyState).toBe(EventStream.CLOSED)
  })
})

describe('state', () => {
  const ready = (resumed: boolean, replayed: number) =>
    `event: sse-ready\ndata: ${JSON.stringify({ resumed, replayed })}\n\n`
  const last = 'event: last\ndata:\n\n'

  it('follows each sse-ready of a connection', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const states: unknown[] = []
    stream.addEventListener('statechange', ({ detail }) => {
      if (detail.name === 'open') states.push([detail.resumed, detail.replayed])
    })
    const done = nextEvent(stream, 'last')
    const gap = 'event: sse-gap\ndata: {"channels":["c"],"reason":"slow"}\n\n'
    ;(await server.next()).stream(
      `event: sse-open\n\n${ready(true, 3)}${gap}${ready(false, 2)}${ready(true, 7)}${last}`,
    )
    await done
    expect(states).toEqual([
      [undefined, undefined],
      [true, 3],
      [false, 2],
      [true, 7],
    ])
  })

  it('has no resumed flag without control events, or before the next one after a reconnect', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const first = nextEvent(stream, 'last')
    ;(await server.next()).stream(ready(false, 0) + last).end()
    await first
    expect(stream.state).toMatchObject({ name: 'open', resumed: false })
    const second = nextEvent(stream, 'last')
    ;(await server.next()).stream(last)
    await second
    expect(stream.state).toEqual({ name: 'open', since: expect.any(Number) as number })
  })
})

describe('an event', () => {
  it('is a MessageEvent with data, lastEventId and origin', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const message = nextEvent(stream)
    ;(await server.next()).stream('id: 7\ndata: one\ndata: two\n\n')
    const event = await message
    expect(event).toBeInstanceOf(MessageEvent)
    expect(event).toMatchObject({
      type: 'message',
      data: 'one\ntwo',
      lastEventId: '7',
      origin: server.url.slice(0, -1),
    })
  })

  it('without an ID has the last event ID', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const second = nextEvent(stream, 'b')
    ;(await server.next()).stream('id: 7\ndata: x\n\nevent: b\ndata: y\n\n')
    expect((await second).lastEventId).toBe('7')
  })

  it('after a redirect has the origin of the answer, and url stays the same', async () => {
    const [server, other] = [await startServer(), await startServer()]
    const stream = openStream(server.url)
    const message = nextEvent(stream)
    ;(await server.next()).answer(307, { Location: other.url })
    ;(await other.next()).stream('data: x\n\n')
    expect((await message).origin).toBe(other.url.slice(0, -1))
    expect(stream.url).toBe(server.url)
  })

  it('parses its JSON on demand, and bad JSON throws only in the listener', async () => {
    const server = await startServer()
    const stream = openStream<{ score: { home: number } }>(server.url)
    const read: unknown[] = []
    const last = nextEvent(stream, 'last')
    stream.addEventListener('score', (event) => {
      try {
        read.push(event.json().home)
      } catch (error) {
        read.push((error as Error).name)
      }
    })
    ;(await server.next()).stream(
      'event: score\ndata: {"home":1}\n\nevent: score\ndata: {"home"\n\nevent: score\ndata: {"home":2}\n\nevent: last\ndata:\n\n',
    )
    await last
    expect(read).toEqual([1, 'SyntaxError', 2])
    expect(stream.readyState).toBe(EventStream.OPEN)
  })

  it('named open or error reaches the listeners of that name, as with EventSource', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const seen: unknown[] = []
    stream.addEventListener('error', (event) => seen.push((event as unknown as MessageEvent).data))
    const last = nextEvent(stream)
    ;(await server.next()).stream('event: error\ndata: mine\n\ndata: x\n\n')
    await last
    expect(seen).toEqual(['mine'])
  })
})

describe('listeners', () => {
  it('can be set, replaced and removed as onopen, onmessage and onerror', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const calls: string[] = []
    expect([stream.onopen, stream.onmessage, stream.onerror]).toEqual([null, null, null])
    stream.onopen = function (this: unknown, event) {
      calls.push(`${event.type} ${this === stream}`)
    }
    stream.onmessage = () => calls.push('replaced')
    const onmessage = (event: MessageEvent) => calls.push(String(event.data))
    stream.onmessage = onmessage
    expect(stream.onmessage).toBe(onmessage)
    const last = nextEvent(stream, 'last')
    const exchange = (await server.next()).stream('data: x\n\nevent: last\ndata:\n\n')
    await last
    stream.onmessage = null
    stream.onerror = () => calls.push('error')
    const again = nextEvent(stream, 'last')
    exchange.end('data: y\n\n')
    ;(await server.next()).stream('event: last\ndata:\n\n')
    await again
    expect(calls).toEqual(['open true', 'x', 'error', 'open true'])
  })

  it('can be objects, once, or removed by a signal', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const calls: string[] = []
    const over = new AbortController()
    stream.addEventListener('message', { handleEvent: (event) => calls.push(`object ${event.data}`) })
    stream.addEventListener('message', (event) => calls.push(`once ${event.data}`), { once: true })
    stream.addEventListener('message', () => over.abort(), { signal: over.signal })
    stream.addEventListener('message', (event) => calls.push(`signal ${event.data}`), { signal: over.signal })
    const removed = () => calls.push('removed')
    stream.addEventListener('message', removed)
    stream.removeEventListener('message', removed)
    const last = nextEvent(stream, 'last')
    ;(await server.next()).stream('data: 1\n\ndata: 2\n\nevent: last\ndata:\n\n')
    await last
    expect(calls).toEqual(['object 1', 'once 1', 'object 2'])
  })
})

describe('close()', () => {
  it('ends the connection and fires one close event with the reason', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    const events: string[] = []
    for (const type of ['error', 'statechange', 'close']) stream.addEventListener(type, () => events.push(type))
    stream.close()
    stream.close()
    expect(events).toEqual(['statechange', 'close'])
    expect(stream.state).toEqual({ name: 'closed', reason: { code: 'called' } })
    await exchange.gone()
  })

  it('in a listener stops the remaining events of the same chunk', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const seen: string[] = []
    stream.addEventListener('message', (event) => {
      seen.push(event.data)
      stream.close()
    })
    const exchange = (await server.next()).stream('data: 1\n\ndata: 2\n\nevent: sse-gap\ndata: {"channels":[]}\n\n')
    stream.addEventListener('gap', () => seen.push('gap'))
    await exchange.gone()
    expect(seen).toEqual(['1'])
  })
})
