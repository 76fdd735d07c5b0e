// What EventStream does when a connection is lost or refused, against a server over a real socket.
import { getEventListeners, once } from 'node:events'
import type { Reason } from '../../src/client/index.js'
import { nextEvent, openStream, reached, startServer, statesOf, withoutWaiting } from '../helpers/client-server.js'
import { pageEvents } from '../helpers/page-events.js'
import { startServerInWorker } from '../helpers/server-in-worker.js'

const errorOf = async (stream: EventTarget) => (await nextEvent<CustomEvent<Reason>>(stream, 'error')).detail

describe('a client that lost its connection', () => {
  it('reconnects with the last event ID if the server ended the stream', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const states = statesOf(stream)
    const first = await server.next()
    expect(first.request.headers).toMatchObject({ accept: 'text/event-stream' })
    expect(first.lastEventId).toBeUndefined()
    const error = errorOf(stream)
    first.stream('id: 1\ndata: x\n\nid: 2\n\nid: 3\ndata: cut in ha').end()
    expect(await error).toEqual({ code: 'ended' })
    const second = await server.next()
    expect(second.lastEventId).toBe('2')
    second.stream()
    await reached(stream, 'open')
    expect(states).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open'])
  })

  it('reconnects after a cut, and drops the half event', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const seen: string[] = []
    stream.addEventListener('message', (event) => seen.push(event.data))
    const first = (await server.next()).stream('data: whole\n\ndata: half\n')
    await nextEvent(stream)
    const error = errorOf(stream)
    first.cut()
    const reason = await error
    expect(reason.code).toBe('failed')
    expect(reason.error).toMatchObject({ name: 'TypeError' })
    const last = nextEvent(stream, 'last')
    ;(await server.next()).stream('data: new\n\nevent: last\ndata:\n\n')
    await last
    expect(seen).toEqual(['whole', 'new'])
  })

  it('retries until the server accepts again', async () => {
    withoutWaiting()
    const server = await startServer()
    const { port } = new URL(server.url)
    server.server.close()
    const stream = openStream(server.url)
    for (let failures = 0; failures < 5; failures++) expect((await errorOf(stream)).code).toBe('failed')
    server.server.listen(Number(port), '127.0.0.1')
    await once(server.server, 'listening')
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it('sends the last event ID as UTF-8', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url)
    ;(await server.next()).stream('id: Tor ⚽ é\ndata: x\n\n').end()
    expect((await server.next()).lastEventId).toBe('Tor ⚽ é')
  })

  it.each([
    ['of more than 4 KiB', 'x'.repeat(4097)],
    ['of more than 4 KiB in UTF-8', '€'.repeat(1366)],
    ['with a control character', 'a\u0001b'],
  ])('sends no last event ID %s, because no header can carry it', async (_, id) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const message = nextEvent(stream)
    ;(await server.next()).stream(`id: ${id}\ndata: x\n\n`).end()
    expect((await message).lastEventId).toBe(id)
    expect((await server.next()).lastEventId).toBeUndefined()
  })

  it('sends no last event ID after the server reset it', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url)
    ;(await server.next()).stream('id: 1\ndata: x\n\nid\ndata: y\n\n').end()
    expect((await server.next()).lastEventId).toBeUndefined()
  })
})

describe('an answer', () => {
  it.each([408, 429, 500, 502, 503, 504])('of %d is retried', async (status) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    const error = errorOf(stream)
    ;(await server.next()).answer(status)
    expect(await error).toMatchObject({ code: 'status', status })
    expect(stream.readyState).toBe(stream.CONNECTING)
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it.each([201, 204, 206, 304, 400, 401, 403, 404, 410, 431])(
    'of %d closes the stream with the status in the reason',
    async (status) => {
      const server = await startServer()
      const stream = openStream(server.url)
      const events: string[] = []
      for (const type of ['error', 'statechange', 'close']) stream.addEventListener(type, () => events.push(type))
      const close = nextEvent<CustomEvent<Reason>>(stream, 'close')
      ;(await server.next()).answer(status)
      expect((await close).detail).toMatchObject({ code: 'status', status })
      expect(events).toEqual(['error', 'statechange', 'close'])
      expect(stream.readyState).toBe(stream.CLOSED)
      expect(server.requests).toBe(1)
    },
  )

  it.each(['text/html', 'text/event-streaming', ''])('of content type "%s" closes the stream', async (contentType) => {
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = (await server.next()).answer(200, contentType ? { 'Content-Type': contentType } : {})
    const { reason } = await reached(stream, 'closed')
    expect(reason).toEqual({ code: 'content-type', status: 200, contentType: contentType || null })
    await exchange.gone()
  })

  it.each(['text/event-stream; charset=utf-8', 'TEXT/Event-Stream', 'text/event-stream ;x=y'])(
    'of content type "%s" is a stream',
    async (contentType) => {
      const server = await startServer()
      const stream = openStream(server.url)
      ;(await server.next()).stream('', { 'Content-Type': contentType })
      await reached(stream, 'open')
    },
  )

  it.each([
    ['text/event-stream, text/html', 'closed'],
    ['text/html, text/event-stream', 'open'],
    ['text/html; charset="a, text/event-stream"', 'closed'],
    ['text/event-stream; x="a, text/html', 'open'],
    ['text/event-stream, */*, nonsense,', 'open'],
    ['"text/event-stream"', 'closed'],
  ] as const)('of the combined content types %j is read as fetch reads them: %s', async (contentType, state) => {
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).stream('', { 'Content-Type': contentType })
    await reached(stream, state)
  })

  it('with two Content-Type headers has the type of the last', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = await server.next()
    const types = ['Content-Type', 'text/event-stream', 'Content-Type', 'text/html']
    exchange.response.writeHead(200, types).end()
    const { reason } = await reached(stream, 'closed')
    expect(reason).toEqual({ code: 'content-type', status: 200, contentType: 'text/event-stream, text/html' })
  })

  it('that is refused releases its connection', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = await server.next()
    exchange.response.writeHead(404)
    exchange.write('a body that does not end')
    await reached(stream, 'closed')
    await exchange.gone()
  })
})

describe('the watchdog', () => {
  it('drops a silent connection', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { keepAlive: 20 })
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    expect(await errorOf(stream)).toEqual({ code: 'silent' })
    await exchange.gone()
    await server.next()
  })

  it('drops a server that accepts and does not answer', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { keepAlive: 20 })
    expect(await errorOf(stream)).toEqual({ code: 'silent' })
    await (await server.next()).gone()
  })
})

describe('the watchdog of a process with a blocked event loop', () => {
  it('reads the received bytes before it decides', async () => {
    const server = await startServerInWorker()
    const stream = openStream(server.url, { keepAlive: 1000 })
    const error = jest.fn()
    stream.addEventListener('error', error)
    await reached(stream, 'open')
    const message = nextEvent(stream)
    // Leaves the phase of the event loop that reads sockets.
    await new Promise(setImmediate)
    server.writeWhileThisThreadIsBlocked(5000)
    expect((await message).data).toBe('meanwhile')
    expect(error).not.toHaveBeenCalled()
  })
})

describe('the online event', () => {
  it('starts one try, however often it fires', async () => {
    withoutWaiting()
    const scope = pageEvents().window
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    scope.dispatchEvent(new Event('online'))
    expect(stream.state.name).toBe('open')
    scope.dispatchEvent(new Event('offline'))
    scope.dispatchEvent(new Event('online'))
    scope.dispatchEvent(new Event('online'))
    expect(stream.state).toEqual({ name: 'connecting', attempt: 1 })
    await exchange.gone()
    ;(await server.next()).stream()
    await reached(stream, 'open')
    expect(server.requests).toBe(2)
    stream.close()
    expect(getEventListeners(scope, 'online')).toEqual([])
    expect(getEventListeners(scope, 'offline')).toEqual([])
  })

  it('starts the next try at once, unless the server sent Retry-After', async () => {
    const scope = pageEvents().window
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(502)
    await reached(stream, 'waiting')
    scope.dispatchEvent(new Event('online'))
    ;(await server.next()).answer(503, { 'Retry-After': '60' })
    await reached(stream, 'waiting')
    scope.dispatchEvent(new Event('online'))
    expect(stream.state.name).toBe('waiting')
  })

  it('repeats a try that was made offline and has no answer', async () => {
    withoutWaiting()
    const scope = pageEvents().window
    const server = await startServer()
    const stream = openStream(server.url, { keepAlive: false })
    const first = await server.next()
    scope.dispatchEvent(new Event('offline'))
    first.answer(502)
    const hanging = await server.next()
    expect(stream.state.name).toBe('connecting')
    scope.dispatchEvent(new Event('online'))
    await hanging.gone()
    const next = await server.next()
    // This try was made online, so another `online` does not repeat it.
    scope.dispatchEvent(new Event('online'))
    next.stream()
    await reached(stream, 'open')
    expect(server.requests).toBe(3)
  })

  it('keeps the connection if bytes have come since the offline event', async () => {
    const scope = pageEvents().window
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    scope.dispatchEvent(new Event('offline'))
    const message = nextEvent(stream)
    exchange.write('data: still here\n\n')
    await message
    scope.dispatchEvent(new Event('online'))
    expect(stream.state.name).toBe('open')
  })
})

describe('close() leaves nothing behind', () => {
  it('before the request and its headers are made', async () => {
    const server = await startServer()
    const headers = jest.fn(() => ({}))
    const stream = openStream(server.url, { headers })
    stream.close()
    await new Promise(setImmediate)
    expect(server.requests).toBe(0)
    expect(headers).not.toHaveBeenCalled()
  })

  it('in a listener before the next try, for which no headers are made', async () => {
    withoutWaiting()
    const server = await startServer()
    const headers = jest.fn(() => ({}))
    const stream = openStream(server.url, { headers })
    stream.addEventListener('statechange', ({ detail }) => detail.name === 'connecting' && stream.close())
    const close = nextEvent(stream, 'close')
    ;(await server.next()).answer(503)
    await close
    await new Promise(setImmediate)
    expect(headers).toHaveBeenCalledTimes(1)
  })

  it('while the headers are made', async () => {
    const server = await startServer()
    const made = new Promise<void>((resolve) => {
      const stream = openStream(server.url, {
        headers: async () => {
          await Promise.resolve()
          stream.close()
          setImmediate(resolve)
          return {}
        },
      })
    })
    await made
    expect(server.requests).toBe(0)
  })

  it('while the client waits for the answer', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const exchange = await server.next()
    stream.close()
    await exchange.gone()
  })

  it('while the client waits for the next try', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const server = await startServer()
    const stream = openStream(server.url)
    const set = jest.spyOn(globalThis, 'setTimeout')
    const clear = jest.spyOn(globalThis, 'clearTimeout')
    ;(await server.next()).answer(503)
    await reached(stream, 'waiting')
    stream.close()
    const timer: unknown = set.mock.results.at(-1)?.value
    expect(clear).toHaveBeenCalledWith(timer)
  })

  it.each(['connecting', 'open', 'waiting'] as const)('in a listener for the state "%s"', async (name) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    stream.addEventListener('statechange', ({ detail: state }) => {
      if (state.name === name) stream.close()
    })
    const close = nextEvent(stream, 'close')
    const exchange = (await server.next()).stream()
    if (name !== 'open') exchange.end()
    await close
    await exchange.gone()
    await new Promise(setImmediate)
    expect(server.requests).toBe(1)
  })

  it('with a fetch that ignores the signal', async () => {
    const server = await startServer()
    const stream = openStream(server.url, { fetch: (url, init) => fetch(url, { ...init, signal: null }) })
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    stream.close()
    await exchange.gone()
  })

  it('while the client waits for the answer of a fetch that ignores the signal', async () => {
    const server = await startServer()
    const stream = openStream(server.url, { fetch: (url, init) => fetch(url, { ...init, signal: null }) })
    const exchange = await server.next()
    stream.close()
    exchange.stream()
    await exchange.gone()
    expect(stream.state.name).toBe('closed')
  })
})

describe('an AbortSignal', () => {
  it('closes the stream, and has no listener left after close()', async () => {
    const server = await startServer()
    const abort = new AbortController()
    const stream = openStream(server.url, { signal: abort.signal })
    const other = openStream(server.url, { signal: abort.signal })
    other.close()
    const exchange = (await server.next()).stream()
    await reached(stream, 'open')
    const error = jest.fn()
    stream.addEventListener('error', error)
    abort.abort('enough')
    expect(stream.state).toEqual({ name: 'closed', reason: { code: 'aborted', error: 'enough' } })
    expect(error).not.toHaveBeenCalled()
    expect(getEventListeners(abort.signal, 'abort')).toEqual([])
    await exchange.gone()
  })

  it('that is already aborted prevents the request and fires a late close event', async () => {
    const server = await startServer()
    const stream = openStream(server.url, { signal: AbortSignal.abort('late') })
    const close = await nextEvent<CustomEvent<Reason>>(stream, 'close')
    expect(close.detail).toEqual({ code: 'aborted', error: 'late' })
    expect(server.requests).toBe(0)
  })
})
