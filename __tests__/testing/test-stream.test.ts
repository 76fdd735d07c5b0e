// What a stream that openStream() has opened does: reading, time-outs, and control of the connection.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { sse } from '../../src/index.js'
import { openStream, type OpenStreamOptions } from '../../src/testing/index.js'
import { afterTest } from '../helpers/after-test.js'
import { http2Servers, servers, startServer, type ServerKind } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

interface Events {
  score: { home: number }
  clock: number
}

const timeout = 20_000

/** A stream of a channel. */
async function open(options: OpenStreamOptions = {}, kind: ServerKind = servers[0]!) {
  const live = sse<Events>()
  afterTest(() => live.close())
  const { server } = await startServer(kind, live, (_req, res) => res.sse?.subscribe('game'))
  const stream = await openStream<Events>(server, { timeout, ...options })
  afterTest(() => stream.close())
  const channel = live.channel('game')
  const score = (home: number) => channel.publish({ event: 'score', data: { home } })
  const clock = (minute: number) => channel.publish({ event: 'clock', data: minute })
  return { live, channel, server, stream, score, clock }
}

/** A stream that is written by hand. */
async function openRaw(
  options: OpenStreamOptions = {},
): Promise<{ stream: Awaited<ReturnType<typeof openStream>>; res: ServerResponse }> {
  const server = createServer((_req, res) => {
    res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders()
  })
  const request = once(server, 'request') as Promise<[unknown, ServerResponse]>
  const stream = await openStream(server, { timeout, ...options })
  afterTest(() => stream.close())
  const [, res] = await request
  return { stream, res }
}

describe('reading', () => {
  it('returns each event once, in order, with its ID, type and data', async () => {
    const { stream, score, clock } = await open()
    const ids = [await score(1), await clock(5), await score(2)]
    const first = await stream.next()
    expect(first).toMatchObject({ id: ids[0], type: 'score', data: '{"home":1}' })
    expect((await stream.take(2)).map((event) => event.json())).toEqual([5, { home: 2 }])
    expect(stream.lastEventId).toBe(ids[2])
    expect(stream.text).toContain('event: clock\ndata: 5\n')
  })

  it('by type passes over the events before it', async () => {
    const { stream, score, clock } = await open()
    const coming = stream.next('score')
    for (const minute of [1, 2]) await clock(minute)
    await score(1)
    await clock(3)
    expect((await coming).json().home).toBe(1)
    expect((await stream.next()).json()).toBe(3)
  })

  it('by a condition passes over the events before it, and rejects if the condition throws', async () => {
    const { stream, clock } = await open()
    for (const minute of [1, 2, 3, 4]) await clock(minute)
    expect((await stream.waitFor((event) => event.json() === 3)).data).toBe('3')
    const failing = stream.waitFor(() => {
      throw new Error('no JSON')
    })
    await expect(failing).rejects.toThrow('no JSON')
    expect((await stream.next()).data).toBe('4')
  })

  it('finds control events by their type alone, without passing over events of the app', async () => {
    const { stream, channel } = await open({ lastEventId: 'unknown' })
    await channel.publish({ event: 'score', data: { home: 1 } })
    expect((await stream.next('sse-ready')).json()).toEqual({ resumed: false, replayed: 0 })
    expect((await stream.next()).type).toBe('score')
    expect(stream.events.map(({ type }) => type)).toEqual(['sse-gap', 'sse-ready', 'score'])
  })

  it('serves calls at the same time in their order', async () => {
    const { stream, clock } = await open()
    const both = Promise.all([stream.next(), stream.take(2), stream.next('clock')])
    for (const minute of [1, 2, 3, 4]) await clock(minute)
    const [first, two, last] = await both
    expect([first, ...two, last].map(({ data }) => data)).toEqual(['1', '2', '3', '4'])
  })

  it('follows the standard: IDs without data, events without type, and pieces of any size', async () => {
    const { stream, res } = await openRaw()
    for (const byte of Buffer.from('id: ä\n\n:comment\ndata: one\r\ndata: two\r\n\r\n')) res.write(Buffer.of(byte))
    expect(await stream.next()).toMatchObject({ id: undefined, type: 'message', data: 'one\ntwo' })
    expect(stream.lastEventId).toBe('ä')
  })

  it('reads what has arrived after the stream is over', async () => {
    const { stream, res } = await openRaw()
    res.end('data: last\n\n')
    await stream.ended()
    expect(stream.state).toBe('ended')
    expect((await stream.next()).data).toBe('last')
    await expect(stream.next()).rejects.toThrow(
      'no event before the server ended the response. Events so far: message last (read)',
    )
  })
})

describe('a time-out', () => {
  it('shows what did arrive, and leaves it unread', async () => {
    const { stream, score, clock } = await open({ timeout: 1000 })
    await clock(1)
    await stream.next()
    await clock(2)
    await score(0)
    await clock(3)
    await stream.next('score')
    const late = stream.next('goal')
    await expect(late).rejects.toThrow(
      'no event of type goal within 1000 ms. Events so far: sse-ready {"resumed":false,"replayed":0}, ' +
        'clock 1 (read), clock 2 (passed over), score {"home":0} (read), clock 3',
    )
    await expect(stream.take(2)).rejects.toThrow('fewer than 2 events within 1000 ms')
    await expect(stream.waitFor(({ data }) => data === '9')).rejects.toThrow(/no event for which .*data === '9'/)
    expect((await stream.next()).data).toBe('3')
  })

  it('shortens long lists and long data', async () => {
    const { stream, res } = await openRaw()
    res.end(`data: 0\n\n`.repeat(5) + `data: ${'x'.repeat(200)}\n\n`.repeat(10))
    await stream.ended()
    const x = `message ${'x'.repeat(100)}…`
    await expect(stream.next('goal')).rejects.toThrow(
      `Events so far: 5 more events and then ${Array<string>(10).fill(`${x} (read)`).join(', ').replaceAll(' (read)', '')}`,
    )
  })

  it('says that nothing arrived, and that the stream is paused', async () => {
    const { stream } = await openRaw({ timeout: 1000 })
    stream.pause()
    await expect(stream.next()).rejects.toThrow(
      'no event within 1000 ms. The stream is paused. Events so far: nothing has arrived',
    )
  })

  it('lets calls that wait behind go on', async () => {
    const { stream, clock } = await open({ timeout: 1000 })
    const late = stream.next('score').catch((error: unknown) => (error as Error).message)
    await clock(1)
    expect(await late).toContain('no event of type score')
    expect((await stream.next()).data).toBe('1')
  })
})

describe('silence', () => {
  it('settles if nothing of the app arrives', async () => {
    const { stream } = await openRaw()
    await stream.silence(20)
    const live = await open()
    await live.stream.silence(20)
  })

  it('rejects if an event arrives, and leaves it unread', async () => {
    const { stream, clock } = await open()
    const quiet = stream.silence(timeout)
    await clock(1)
    await expect(quiet).rejects.toThrow(/^no silence of 20000 ms\. Events so far: .*clock 1$/)
    await expect(stream.silence(timeout)).rejects.toThrow('no silence')
    expect((await stream.next()).data).toBe('1')
  })

  it('rejects if the stream is over, because nothing could arrive', async () => {
    const { stream, live } = await open()
    const quiet = stream.silence(timeout)
    await live.close()
    await expect(quiet).rejects.toThrow('silence cannot be shown, because the server ended the response')
  })
})

describe('the connection', () => {
  it.each([servers[0]!, http2Servers[0]!])('pauses and resumes: $name', async (kind) => {
    const { stream, live, channel } = await open({}, kind)
    await stream.next('sse-ready')
    stream.pause()
    const data = { home: 1, filling: 'x'.repeat(100_000) }
    let published = 0
    // Fills the sockets until the server has to wait.
    while (live.registry.stats().stalled === 0) {
      await channel.publish({ event: 'score', data })
      published++
      await new Promise((resolve) => setImmediate(resolve))
      if (published > 500) break
    }
    expect(stream.events).toHaveLength(1)
    stream.resume()
    expect((await stream.next('score')).json().home).toBe(1)
  })

  it.each([servers[0]!, http2Servers[0]!])('is cut, and reconnects with the last event ID: $name', async (kind) => {
    const { stream, live, clock } = await open({}, kind)
    await clock(1)
    await stream.waitFor(({ data }) => data === '1')
    await clock(2)
    await until(() => stream.events.at(-1)?.data === '2')
    const waiting = stream.take(2)
    stream.cut()
    await expect(waiting).rejects.toThrow('fewer than 2 events before the connection was dropped')
    await until(() => live.registry.stats().connections === 0)
    await clock(3)
    await stream.reconnect()
    expect(stream.state).toBe('open')
    // What arrived before the cut is read first.
    expect((await stream.take(2)).map(({ data }) => data)).toEqual(['2', '3'])
    const { resumed } = (await stream.next('sse-ready')).json() as { resumed: boolean }
    expect(resumed).toBe(false)
    expect((await stream.next('sse-ready')).json()).toEqual({ resumed: true, replayed: 1 })
  })

  it('reconnects with another last event ID, and with none', async () => {
    const { stream, clock } = await open()
    const id = await clock(1)
    await clock(2)
    await stream.take(2)
    await stream.reconnect({ lastEventId: id })
    expect((await stream.next()).data).toBe('2')
    await stream.reconnect({ lastEventId: '' })
    await clock(3)
    expect((await stream.next()).data).toBe('3')
  })

  it('has one connection after two calls of reconnect at once, and none after close', async () => {
    const { stream, channel, score } = await open()
    await Promise.all([stream.reconnect(), stream.reconnect()])
    await until(() => channel.subscribers === 1)
    await score(1)
    expect((await stream.next('score')).json().home).toBe(1)
    await stream.close()
    await until(() => channel.subscribers === 0)
  })

  it('is refused with 204 when a finished stream reconnects', async () => {
    const live = sse()
    const { server } = await startServer(servers[0]!, live, (_req, res) => {
      res.sse?.subscribe('game')
      res.sse?.finish()
    })
    const stream = await openStream(server, { timeout })
    afterTest(() => stream.close())
    await stream.next('sse-end')
    await stream.ended()
    await expect(stream.reconnect()).rejects.toMatchObject({ status: 204 })
    expect(stream.state).toBe('ended')
  })

  it('notices when the server breaks it', async () => {
    const { stream, res } = await openRaw()
    const ended = stream.ended()
    res.destroy()
    await expect(ended).rejects.toThrow('the response has not ended before the connection was dropped')
    expect(stream.state).toBe('cut')
  })

  it('is closed by close, by await using, and stays closed', async () => {
    const { stream, live } = await open()
    await stream.close()
    await stream[Symbol.asyncDispose]()
    await until(() => live.registry.stats().connections === 0)
    await expect(stream.reconnect()).rejects.toThrow('stream.reconnect(): the stream is closed')
    await expect(stream.next()).rejects.toThrow('before the connection was dropped')
  })

  it('says that the response goes on if it has not ended in time', async () => {
    const { stream } = await open({ timeout: 1000 })
    await expect(stream.ended()).rejects.toThrow('the response has not ended within 1000 ms')
  })
})

describe('wrong arguments', () => {
  it('of the methods are named', async () => {
    const { stream } = await open()
    const code = 'ERR_SSE_OPTION'
    await expect(stream.next((() => true) as never)).rejects.toMatchObject({ code })
    await expect(stream.waitFor('score' as never)).rejects.toThrow('pass a function; next() takes a type')
    await expect(stream.take(0)).rejects.toThrow('stream.take(): pass a whole number of 1 or more')
    await expect(stream.silence(-1)).rejects.toThrow('stream.silence(): ms must be a number of milliseconds above 0')
  })
})
