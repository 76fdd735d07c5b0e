// The end of a stream for good: what `finish()` sends, when, and what the middleware answers to a client that comes back.
import { EventSource } from 'eventsource'
import { EventSource as UndiciEventSource } from 'undici'
import { memoryStore, sse, type Connection, type SseMiddleware, type SseOptions } from '../src/index.js'
import { openBothSides, openSubscribed, type Handle } from './helpers/both-sides.js'
import { afterTest } from './helpers/after-test.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, bareHttps, servers, startServer } from './helpers/servers.js'
import { StandardClient } from './helpers/standard-client.js'
import { MORE_THAN_SOCKETS_HOLD } from './helpers/system-buffers.js'
import { until } from './helpers/until.js'

const END_ID = /^[0-9a-z]{1,9}-[0-9a-z]{1,6}-[0-9a-z]{7}-end$/

/** Opens a stream whose client does not read, with full socket buffers. */
async function openStalled(kind = bareHttp, sseOptions: SseOptions = {}) {
  const sides = await openSubscribed('a', { kind, sseOptions })
  sides.stream.pause()
  sides.connection.send({ event: 'filler', data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
  expect(sides.live.registry.stats().stalled).toBe(1)
  return sides
}

const finish: Handle = (connection) => connection.finish()

describe.each(servers)('finish() on $name', (kind) => {
  it('sends the events that are due, then sse-end, and ends the response', async () => {
    const { live, stream, connection } = await openSubscribed('a', { kind })
    const reasons: string[] = []
    connection.on('close', (reason) => void reasons.push(reason))
    const id = await live.channel('a').publish({ data: 'last' })
    connection.finish()
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['last'])
    expect(stream.events.at(-1)).toEqual({ event: 'sse-end', data: '{}', id: `${id}-end` })
    expect(reasons).toEqual(['server'])
    expect(live.registry.stats()).toMatchObject({ connections: 0, closed: { server: 1 } })
  })

  it('opens a stream that was not open', async () => {
    const { stream } = await openBothSides({ kind, handle: finish })
    expect(await stream.ended).toBe('ended')
    expect(stream.status).toBe(200)
    expect(stream.raw).toContain('event: sse-open\n\nevent: sse-end\ndata: {}\nid: ')
    expect(stream.lastEventId).toMatch(END_ID)
  })

  it('lets the middleware answer 204 to a client that comes back', async () => {
    const { live, stream, server, another } = await openBothSides({
      kind,
      handle: finish,
      sseOptions: { headers: { 'Access-Control-Allow-Origin': '*' } },
    })
    await stream.ended
    const { stream: again } = await another({ headers: { 'last-event-id': stream.lastEventId } })
    expect(await again.ended).toBe('ended')
    expect(again).toMatchObject({ status: 204, raw: '' })
    expect(again.headers).toMatchObject({
      vary: 'Accept',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect(live.registry.stats()).toMatchObject({ closed: { server: 1 }, shed: 0 })
    expect(server.errors).toEqual([])
  })
})

describe.each([bareHttp, bareHttps, bareHttp2])('finish() to a full socket on $name', (kind) => {
  it('sends every event that was published before, and then the end', async () => {
    const { live, stream, connection } = await openStalled(kind)
    const reasons: string[] = []
    connection.on('close', (reason) => void reasons.push(reason))
    const numbers = Array.from({ length: 300 }, (_, i) => `${i}`)
    for (const data of numbers) await live.channel('a').publish({ data })
    connection.finish()
    expect(connection.closed).toBe(true)
    expect(connection.signal.aborted).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(reasons).toEqual([])
    stream.resume()
    expect(await stream.ended).toBe('ended')
    expect(stream.data.slice(1)).toEqual(numbers)
    expect(stream.events.at(-1)).toMatchObject({ event: 'sse-end', id: stream.lastEventId })
    expect(reasons).toEqual(['server'])
    expect(connection.signal.aborted).toBe(true)
  })

  it('after sendAll() delivers every message before the end', async () => {
    const { stream, connection } = await openBothSides({ kind })
    stream.pause()
    const size = MORE_THAN_SOCKETS_HOLD / 100
    const messages = Array.from({ length: 200 }, (_, i) => ({ data: `${i}`.padEnd(size) }))
    const sent = connection.sendAll(messages).finally(() => connection.finish())
    for (let i = 0; i < 10; i++) await stream.readSome(size)
    expect(connection.closed).toBe(false)
    stream.resume()
    expect(await sent).toBe(true)
    expect(await stream.ended).toBe('ended')
    expect(stream.data.map((data) => parseInt(data))).toEqual(messages.map((_, i) => i))
    expect(stream.events.at(-1)?.event).toBe('sse-end')
  })
})

describe('after finish(), a connection', () => {
  it('is closed for the app, whether the end was sent or waits for the client', async () => {
    for (const { connection, live, stream } of [await openStalled(), await openSubscribed('a')]) {
      connection.finish()
      connection.finish()
      connection.close()
      expect(connection.closed).toBe(true)
      expect(connection.open()).toBe(false)
      expect(connection.send({ data: 'late' })).toBe(false)
      expect(connection.comment('late')).toBe(false)
      expect(await connection.sendAll([{ data: 'late' }])).toBe(false)
      connection.subscribe('b')
      expect(live.channel('b').subscribers).toBe(0)
      stream.resume()
      expect(await stream.ended).toBe('ended')
      expect(stream.events.filter(({ event }) => event === 'sse-end')).toHaveLength(1)
      expect(stream.raw).not.toContain('late')
    }
  })

  it('cannot be unsubscribed before its client has caught up', async () => {
    let unsubscribe: (() => void) | undefined
    const { live, stream, connection } = await openBothSides({
      handle: (each) => (unsubscribe = each.subscribe('a')),
    })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    stream.pause()
    connection.send({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
    await live.channel('a').publish({ data: 'due' })
    connection.finish()
    unsubscribe?.()
    stream.resume()
    await stream.ended
    expect(stream.data.at(-1)).toBe('due')
    expect(live.channel('a').subscribers).toBe(0)
  })

  it.each([
    ['drain()', (live: SseMiddleware) => live.registry.drain({ window: 0 })],
    ['close()', (live: SseMiddleware) => live.close()],
  ])('is ended by %s without sse-end while its client lacks events', async (_, end) => {
    const { live, stream, connection } = await openStalled()
    await live.channel('a').publish({ data: 'not sent' })
    connection.finish()
    const ended = end(live)
    // Otherwise, the client may make room before the response is ended.
    await until(() => connection.closed)
    stream.resume()
    expect(await stream.ended).toBe('ended')
    await ended
    expect(stream.raw).not.toContain('not sent')
    expect(stream.raw).not.toContain('sse-end')
  })

  it('is destroyed after stallTimeout if its client does not read', async () => {
    const { live, stream, connection } = await openStalled(bareHttp, { stallTimeout: 200 })
    await live.channel('a').publish({ data: 'x' })
    connection.finish()
    await until(() => live.registry.stats().closed.stalled === 1)
    stream.resume()
    expect(await stream.ended).toBe('cut')
    expect(stream.raw).not.toContain('sse-end')
  })
})

describe('finish()', () => {
  it('waits for a store that has not caught up with the client', async () => {
    let caughtUp: (() => void) | undefined
    const store = Object.assign(memoryStore(), {
      catchUp: () => new Promise<void>((resolve) => (caughtUp = resolve)),
    })
    const { live, stream } = await openBothSides({
      sseOptions: { registry: { store } },
      headers: { 'last-event-id': 'zzzzzzzz-0-0000000' },
      handle: (connection) => {
        connection.subscribe('a')
        connection.finish()
      },
    })
    await until(() => caughtUp !== undefined)
    await live.channel('a').publish({ data: 'x', key: 'k' })
    expect(stream.state).toBe('open')
    caughtUp?.()
    await stream.ended
    expect(stream.events.map(({ event }) => event)).toEqual(['sse-gap', undefined, 'sse-ready', 'sse-end'])
  })

  it('may be called by a filter, and then sends the rest too', async () => {
    const { live, stream } = await openBothSides({
      handle: (connection) =>
        connection.subscribe('a', {
          filter: ({ data }) => {
            if (data === '2') connection.finish()
            return true
          },
        }),
    })
    for (const data of ['1', '2', '3']) void live.channel('a').publish({ data })
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['1', '2', '3'])
    expect(stream.events.at(-1)?.event).toBe('sse-end')
  })

  it('by a filter that unsubscribes first sends what it has accepted, and ends the stream', async () => {
    const { live, stream, server } = await openBothSides({
      handle: (connection) => {
        const unsubscribe = connection.subscribe('a', {
          filter: ({ data }) => {
            if (data !== 'over') return true
            unsubscribe()
            connection.finish()
            return true
          },
        })
      },
    })
    for (const data of ['1', '2', 'over', '3']) void live.channel('a').publish({ data })
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['1', '2'])
    expect(stream.events.at(-1)?.event).toBe('sse-end')
    expect(server.errors).toEqual([])
  })

  it('does nothing on a closed connection, and to a request that the handler has answered', async () => {
    const { connection, stream, live } = await openBothSides()
    stream.close()
    await until(() => connection.closed)
    connection.finish()
    expect(live.registry.stats().closed).toMatchObject({ client: 1, server: 0 })
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.writeHead(403).end('no')
      res.sse?.finish()
    })
    const refused = await openStream(server)
    await refused.ended
    expect(refused).toMatchObject({ status: 403, raw: 'no' })
  })

  it('throws ERR_SSE_HEAD if another head was sent', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res, next) => {
      res.writeHead(403)
      try {
        res.sse?.finish()
      } catch (error) {
        res.end()
        next(error)
      }
    })
    expect((await openStream(server)).status).toBe(403)
    expect(server.errors).toMatchObject([{ code: 'ERR_SSE_HEAD' }])
  })

  it('answers HEAD, and a shed request, without sse-end', async () => {
    const { another } = await openBothSides({ handle: finish, sseOptions: { maxConnections: 0 } })
    const { stream: shed } = await another()
    await shed.ended
    expect(shed.raw).toMatch(/^retry: \d+\n$/)
    const { stream: head } = await another({ method: 'HEAD' })
    await head.ended
    expect(head).toMatchObject({ status: 200, raw: '' })
  })

  it('does the same as close() with controlEvents: false', async () => {
    const { live, stream, connection } = await openSides({ controlEvents: false })
    await live.channel('a').publish({ data: 'due' })
    connection.finish()
    expect(connection.closed).toBe(true)
    await stream.ended
    expect(stream.data).toEqual(['due'])
    expect(stream.raw).not.toContain('sse-')
  })
})

function openSides(sseOptions: SseOptions) {
  return openBothSides({ sseOptions, handle: (connection) => connection.subscribe('a') })
}

describe('a request with an end ID', () => {
  const id = 'mb3k2x1a-0-k3v9x2q'

  it('of any log, in the header or the query, gets 204, and no handler sees it', async () => {
    let handled = 0
    const server = await startServer(bareHttp, sse(), (_req, res) => {
      handled++
      res.sse?.open()
    })
    for (const options of [
      { headers: { 'last-event-id': `${id}-end` } },
      { path: `/?lastEventId=${id}-end` },
      { method: 'POST', body: '{}', headers: { 'last-event-id': `${id}-end` } },
      { method: 'HEAD', headers: { 'last-event-id': `${id}-end` } },
    ]) {
      expect((await openStream(server, options)).status).toBe(204)
    }
    expect(handled).toBe(0)
  })

  it('for another representation goes on, with the position in req.lastEventId', async () => {
    const server = await startServer(bareHttp, sse(), (req, res) => res.end(req.lastEventId))
    const json = await openStream(server, { headers: { accept: 'application/json', 'last-event-id': `${id}-end` } })
    await json.ended
    expect(json).toMatchObject({ status: 200, raw: id })
  })

  it.each(['-end', `${id}-END`, `${id}-end-end`, `x:${id}-end`, `${id}-ended`])(
    'is not one that only resembles it: %s',
    async (other) => {
      const server = await startServer(bareHttp, sse(), (req, res) => res.sse?.send({ data: req.lastEventId }))
      const stream = await openStream(server, { headers: { 'last-event-id': other } })
      await stream.waitForData(other)
      expect(stream.status).toBe(200)
    },
  )

  it('opens the stream with reopenFinished, which resumes after the position', async () => {
    const given: string[] = []
    const { live, stream, connection, another } = await openBothSides({
      sseOptions: { reopenFinished: true },
      handle: (each) => {
        given.push(each.lastEventId)
        each.subscribe('a')
      },
    })
    const last = await live.channel('a').publish({ data: '1' })
    connection.finish()
    await stream.ended
    expect(stream.lastEventId).toBe(`${last}-end`)
    await live.channel('a').publish({ data: '2' })
    const { stream: second } = await another({ headers: { 'last-event-id': stream.lastEventId } })
    const ready = await second.waitFor(({ event }) => event === 'sse-ready')
    expect(second.data).toEqual(['2'])
    expect(JSON.parse(ready.data)).toEqual({ resumed: true, replayed: 1 })
    expect(given).toEqual(['', last])
    expect(live.registry.stats().resumes.resumed).toBe(1)
  })

  it('of another log gets a gap with reopenFinished', async () => {
    const { another } = await openSides({ reopenFinished: true })
    const { stream } = await another({ headers: { 'last-event-id': `${id}-end` } })
    const gap = await stream.waitFor(({ event }) => event === 'sse-gap')
    expect(JSON.parse(gap.data)).toEqual({ channels: ['a'], reason: 'restarted', complete: true })
  })

  it('is refused as an own ID of the app', async () => {
    const { connection, live } = await openBothSides()
    const message = { id: `${id}-end`, data: 'x' }
    expect(() => connection.send(message)).toThrow('id must not have the form of the package')
    await expect(live.channel('a').publish(message)).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
  })
})

describe('after the end of its stream', () => {
  /** A server whose stream sends one event and finishes. */
  async function startFinishing() {
    const seen: string[] = []
    const server = await startServer(
      bareHttp,
      (req, _res, next) => {
        seen.push(String(req.headers['last-event-id'] ?? ''))
        next()
      },
      sse({ retry: 10 }),
      (_req, res) => {
        res.sse?.send({ data: 'all' })
        res.sse?.finish()
      },
    )
    return { server, seen }
  }

  it('a client of the standard comes back once, gets 204 and stops', async () => {
    const { server, seen } = await startFinishing()
    const client = new StandardClient(server.port, '/')
    afterTest(() => client.close())
    await until(() => client.failures.length > 0)
    expect(client.failures).toEqual(['status 204'])
    expect(client.seen).toEqual(['all', '{}'])
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen).toEqual(['', expect.stringMatching(END_ID)])
  })

  it.each<[string, (url: string) => { readonly readyState: number; close(): void }]>([
    ['npm eventsource', (url) => new EventSource(url)],
    ['undici’s EventSource', (url) => new UndiciEventSource(url)],
  ])('%s comes back once, gets 204 and stops', async (_, open) => {
    const { server, seen } = await startFinishing()
    const source = open(server.origin)
    afterTest(() => source.close())
    await until(() => source.readyState === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(seen).toEqual(['', expect.stringMatching(END_ID)])
  })
})

it('a handler that closes in finally after finish() does not undo the end', async () => {
  const { stream } = await openBothSides({
    handle: async (connection: Connection) => {
      try {
        await connection.sendAll([{ data: '1' }])
        connection.finish()
      } finally {
        connection.close()
      }
    },
  })
  await stream.ended
  expect(stream.events.at(-1)?.event).toBe('sse-end')
})
