// What EventStream does after the server has ended the response, or has finished the stream.
import { sse, type SseOptions } from '../../src/index.js'
import type { EventStream, EventStreamOptions, Reason } from '../../src/client/index.js'
import { nextEvent, openStream, reached, startServer, statesOf, withoutWaiting } from '../helpers/client-server.js'
import { bareHttp, startServer as startRealServer, type Response } from '../helpers/servers.js'

const id = 'mb3k2x1a-0-k3v9x2q'
const END = `event: sse-end\ndata: {}\nid: ${id}-end\n\n`
const body = '{"question":"why"}'

/** The types of the events about the stream itself, from now on. */
function noticesOf(stream: EventTarget): string[] {
  const types: string[] = []
  for (const type of ['error', 'close']) stream.addEventListener(type, () => types.push(type))
  return types
}

const errorOf = async (stream: EventTarget) => (await nextEvent<CustomEvent<Reason>>(stream, 'error')).detail

/** Lets a reconnecting client reconnect, which takes a few milliseconds without waiting. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

describe('a finished stream', () => {
  it.each<[string, EventStreamOptions]>([
    ['by default', {}],
    ['with a body', { body }],
    ['with afterEnd: unless-finished', { afterEnd: 'unless-finished', body }],
    ['with afterEnd: never', { afterEnd: 'never' }],
  ])('closes for the reason finished, without an error, %s', async (_, options) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, options)
    const notices = noticesOf(stream)
    const first = (await server.next()).stream(`data: x\n\n${END}`)
    const { reason } = await reached(stream, 'closed')
    expect(reason).toEqual({ code: 'finished' })
    await first.gone()
    await settle()
    expect(notices).toEqual(['close'])
    expect(server.requests).toBe(1)
  })

  it('is opened again after its position with afterEnd: always', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { afterEnd: 'always', body })
    const error = errorOf(stream)
    ;(await server.next()).stream(END).end()
    expect(await error).toEqual({ code: 'finished' })
    const second = await server.next()
    expect(second.lastEventId).toBe(id)
    expect(second.request.method).toBe('POST')
    second.stream()
    await reached(stream, 'open')
  })

  it('hands sse-end to listeners before it closes', async () => {
    const server = await startServer()
    const stream = openStream(server.url)
    const end = nextEvent(stream, 'sse-end')
    ;(await server.next()).stream(END)
    expect(await end).toMatchObject({ data: '{}', lastEventId: `${id}-end` })
    expect((await reached(stream, 'closed')).reason.code).toBe('finished')
  })

  it('is not finished by an sse-end that is cut in half, or is not of this package', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).stream(END.slice(0, -1)).cut()
    ;(await server.next()).stream('event: sse-end\ndata: over\n\nevent: sse-end\n\n').end()
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })
})

describe('a response that ends', () => {
  it('closes a stream with a body, for the reason ended, without an error', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { body })
    const notices = noticesOf(stream)
    const first = await server.next()
    first.stream('data: x\n\n').end()
    expect((await reached(stream, 'closed')).reason).toEqual({ code: 'ended' })
    await settle()
    expect(notices).toEqual(['close'])
    expect(server.requests).toBe(1)
  })

  it.each<[EventStreamOptions]>([
    [{}],
    [{ method: 'POST' }],
    [{ body, afterEnd: 'unless-finished' }],
    [{ body, afterEnd: 'always' }],
  ])('is asked for again with %j', async (options) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, options)
    const error = errorOf(stream)
    ;(await server.next()).stream('data: x\n\n').end()
    expect(await error).toEqual({ code: 'ended' })
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it('is asked for again with a body if the last line of the server is retry', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { body })
    ;(await server.next()).stream('').end()
    ;(await server.next()).stream('event: sse-open\n\ndata: x\n\nretry: 2\n').end()
    ;(await server.next()).stream('retry: 3\nevent: sse-open\n\n').end()
    expect((await reached(stream, 'closed')).reason.code).toBe('ended')
    expect(server.requests).toBe(3)
  })

  it('is not asked for again because of a retry on a connection that was replaced', async () => {
    const server = await startServer()
    const stream = openStream(server.url, { body })
    stream.addEventListener('message', () => stream.reconnect())
    ;(await server.next()).stream('data: x\n\nretry: 1\n')
    ;(await server.next()).answer(200, { 'Content-Type': 'text/event-stream' })
    expect((await reached(stream, 'closed')).reason).toEqual({ code: 'ended' })
  })

  it('but was cut is asked for again with a body', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { body })
    const error = errorOf(stream)
    ;(await server.next()).stream('data: x\n\n').cut()
    expect((await error).code).toBe('failed')
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it.each(['FIN', 'RST'] as const)('but whose socket was closed by %s is asked for again with a body', async (how) => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream(server.url, { body })
    const error = errorOf(stream)
    const { response } = (await server.next()).stream('data: x\n\n')
    await reached(stream, 'open')
    if (how === 'FIN') response.socket?.end()
    else response.socket?.resetAndDestroy()
    expect((await error).code).toBe('failed')
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it('by the end of its socket cannot be told from a cut', async () => {
    const server = await startServer()
    const stream = openStream(server.url, { body })
    const { response } = await server.next()
    response.shouldKeepAlive = response.useChunkedEncodingByDefault = false
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: half')
    await reached(stream, 'open')
    response.socket?.end()
    expect((await reached(stream, 'closed')).reason.code).toBe('ended')
  })
})

it.each(['sometimes', '', 1, true])('afterEnd: %j is refused', (afterEnd) => {
  expect(() => openStream('http://127.0.0.1:1/', { afterEnd: afterEnd as never })).toThrow(
    `afterEnd must be 'always', 'unless-finished' or 'never'; got ${afterEnd}`,
  )
})

describe('from this package’s server', () => {
  async function open(handle: (res: Response) => unknown, options: SseOptions, client: EventStreamOptions) {
    withoutWaiting()
    const live = sse({ retry: 1, ...options })
    const requests: string[] = []
    const server = await startRealServer(
      bareHttp,
      (req, _res, next) => {
        requests.push(String(req.headers['last-event-id'] ?? ''))
        next()
      },
      live,
      (_req, res) => handle(res),
    )
    const stream: EventStream = openStream(server.origin, client)
    return { live, server, stream, requests }
  }

  it('a POST stream that has finished is not posted again', async () => {
    const { stream, requests } = await open((res) => res.sse?.finish(), {}, { body })
    expect((await reached(stream, 'closed')).reason.code).toBe('finished')
    await settle()
    expect(requests).toEqual([''])
  })

  it('a POST stream that was closed is not posted again', async () => {
    const { stream } = await open((res) => res.sse?.close(), {}, { body })
    expect((await reached(stream, 'closed')).reason.code).toBe('ended')
  })

  it('a POST stream that was shed, drained or has reached maxAge is posted again', async () => {
    for (const options of [{ maxConnections: 0 }, { maxAge: 20 }]) {
      const { stream, requests } = await open((res) => res.sse?.open(), options, { body })
      const states = statesOf(stream)
      await nextEvent(stream, 'error')
      await nextEvent(stream, 'error')
      expect(states).not.toContain('closed')
      expect(requests.length).toBeGreaterThanOrEqual(2)
      stream.close()
    }
    const { live, stream } = await open((res) => res.sse?.open(), {}, { body })
    await reached(stream, 'open')
    const error = errorOf(stream)
    await live.registry.drain({ window: 0 })
    expect(await error).toEqual({ code: 'ended' })
    expect(stream.readyState).toBe(0)
  })

  it('a finished stream is opened again after its position with afterEnd: always', async () => {
    const { stream, requests, live } = await open((res) => res.sse?.finish(), {}, { afterEnd: 'always' })
    await nextEvent(stream, 'error')
    await nextEvent(stream, 'error')
    stream.close()
    expect(requests.slice(0, 2)).toEqual(['', await live.registry.lastEventId()])
  })
})
