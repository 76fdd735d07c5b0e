// How an app takes part in what follows a refusal, and where a stream begins.
import type { EventStreamOptions, Reason } from '../../src/client/index.js'
import { nextEvent, openStream, reached, startServer, withoutWaiting } from '../helpers/client-server.js'
import { pageEvents } from '../helpers/page-events.js'

type ShouldReconnect = NonNullable<EventStreamOptions['shouldReconnect']>

/** A stream whose first response is a refusal. */
async function openRefused(shouldReconnect: ShouldReconnect, status = 401, headers?: Record<string, string>) {
  withoutWaiting()
  const server = await startServer()
  const stream = openStream(server.url, { shouldReconnect })
  const error = nextEvent<CustomEvent<Reason>>(stream, 'error')
  ;(await server.next()).answer(status, headers)
  return { server, stream, error }
}

describe('shouldReconnect', () => {
  it('is asked before the stream closes, and may wait for a new token', async () => {
    withoutWaiting()
    const server = await startServer()
    let token = 'old'
    const asked: Reason[] = []
    const stream = openStream(server.url, {
      headers: () => ({ Authorization: token }),
      async shouldReconnect(reason) {
        asked.push(reason)
        token = await Promise.resolve('new')
        return true
      },
    })
    const refused = await server.next()
    expect(refused.request.headers.authorization).toBe('old')
    refused.answer(401)
    const next = await server.next()
    expect(next.request.headers.authorization).toBe('new')
    next.stream()
    await reached(stream, 'open')
    expect(asked).toMatchObject([{ code: 'status', status: 401 }])
  })

  it('waits so many ms for a number', async () => {
    const { server, stream, error } = await openRefused(() => 60_000)
    expect((await error).detail).toMatchObject({ code: 'status', status: 401 })
    const { nextTry } = await reached(stream, 'waiting')
    expect(Math.abs(nextTry - Date.now() - 60_000)).toBeLessThan(5000)
    expect(server.requests).toBe(1)
  })

  it('tries at once for 0', async () => {
    const { server } = await openRefused(() => 0)
    await server.next()
  })

  it.each<[string, ShouldReconnect]>([
    ['false', () => false],
    ['a promise of false', () => Promise.resolve(false)],
    ['undefined', () => undefined as never],
    ['NaN', () => NaN],
    ['a negative number', () => -1],
  ])('closes the stream for %s', async (_name, shouldReconnect) => {
    const { stream, error } = await openRefused(shouldReconnect)
    expect((await error).detail).toMatchObject({ code: 'status', status: 401 })
    expect(stream.state).toMatchObject({ name: 'closed', reason: { code: 'status', status: 401 } })
  })

  it('closes the stream if it throws or rejects, and the reason has the error', async () => {
    const error = new Error('no token')
    const failing: ShouldReconnect[] = [
      () => {
        throw error
      },
      () => Promise.reject(error),
    ]
    for (const shouldReconnect of failing) {
      const { stream } = await openRefused(shouldReconnect)
      expect((await reached(stream, 'closed')).reason).toMatchObject({ code: 'status', status: 401, error })
    }
  })

  it('is asked about a content type, with which a login page answers', async () => {
    const asked = jest.fn(() => true)
    const { server } = await openRefused(asked, 200, { 'Content-Type': 'text/html' })
    await server.next()
    expect(asked.mock.calls).toMatchObject([[{ code: 'content-type', contentType: 'text/html' }]])
  })

  it('is not asked about a status after which the stream tries again anyway', async () => {
    const asked = jest.fn(() => false)
    const { server } = await openRefused(asked, 503)
    await server.next()
    expect(asked).not.toHaveBeenCalled()
  })

  it('may take longer than keepAlive, also if the page is shown meanwhile', async () => {
    const page = pageEvents()
    withoutWaiting()
    const server = await startServer()
    const asked = jest.fn(() => new Promise<boolean>(() => {}))
    openStream(server.url, { shouldReconnect: asked, keepAlive: 60_000 })
    ;(await server.next()).answer(401)
    while (asked.mock.calls.length === 0) await new Promise(setImmediate)
    const now = Date.now
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 70_000)
    page.show(true)
    expect([asked.mock.calls.length, server.requests]).toEqual([1, 1])
  })

  it('has no effect once the stream is closed', async () => {
    let refuse: (error: Error) => void = () => {}
    const { stream, server } = await openRefused(() => new Promise((_resolve, reject) => (refuse = reject)))
    await new Promise(setImmediate)
    stream.close()
    refuse(new Error('too late'))
    await new Promise(setImmediate)
    expect([stream.state, server.requests]).toEqual([{ name: 'closed', reason: { code: 'called' } }, 1])
  })
})

describe('the last event ID', () => {
  it('is given as an option, and can be read', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { lastEventId: 'of the page' })
    expect(stream.lastEventId).toBe('of the page')
    const exchange = await server.next()
    expect(exchange.lastEventId).toBe('of the page')
    const message = nextEvent(stream)
    exchange.stream('id: 2\ndata: x\n\n')
    await message
    expect(stream.lastEventId).toBe('2')
    exchange.end()
    expect((await server.next()).lastEventId).toBe('2')
  })

  it('is empty without one', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    expect(stream.lastEventId).toBe('')
    expect((await server.next()).request.headers).not.toHaveProperty('last-event-id')
  })

  it('goes in the query with lastEventIdParam', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(`${server.url}games?team=a%26b#top`, { lastEventIdParam: 'lastEventId', lastEventId: '1 & 2/é' })
    const first = await server.next()
    first.stream('id: 3\ndata: x\n\n').end()
    const second = await server.next()
    for (const [{ request }, id] of [
      [first, '1 & 2/é'],
      [second, '3'],
    ] as const) {
      const { pathname, searchParams } = new URL(request.url ?? '', server.url)
      expect([pathname, ...searchParams]).toEqual(['/games', ['team', 'a&b'], ['lastEventId', id]])
      expect(request.headers).not.toHaveProperty('last-event-id')
    }
  })

  it('is not in the query while there is none', async () => {
    const server = await startServer()
    openStream(`${server.url}?a=1`, { lastEventIdParam: 'lastEventId' })
    expect((await server.next()).request.url).toBe('/?a=1')
  })
})

describe('reconnect()', () => {
  it('replaces an open connection, without an error', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const error = jest.fn()
    stream.addEventListener('error', error)
    const exchange = (await server.next()).stream('id: 1\ndata: x\n\n')
    await nextEvent(stream)
    stream.reconnect()
    expect(stream.state).toEqual({ name: 'connecting', attempt: 0 })
    await exchange.gone()
    expect((await server.next()).lastEventId).toBe('1')
    expect(error).not.toHaveBeenCalled()
  })

  it('ends a wait, also one that the server asked for', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(503, { 'Retry-After': '60' })
    await reached(stream, 'waiting')
    stream.reconnect()
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it('does nothing once the stream is closed', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(404)
    await reached(stream, 'closed')
    stream.reconnect()
    expect(stream.state.name).toBe('closed')
  })
})

it('dispatches open with the status and the headers of the response', async () => {
  const server = await startServer()
  const stream = openStream(server.url)
  const open = nextEvent<CustomEvent<{ status: number; headers: Headers }>>(stream, 'open')
  ;(await server.next()).stream('', { 'X-Region': 'eu' })
  const { status, headers } = (await open).detail
  expect([status, headers.get('x-region')]).toEqual([200, 'eu'])
})
