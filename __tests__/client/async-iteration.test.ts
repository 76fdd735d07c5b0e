// stream.events(): events of a stream in a `for await` loop, over a real socket.
import { nextEvent, openStream, startServer, withoutWaiting } from '../helpers/client-server.js'

interface Events {
  score: number
  close: string
}

const score = (home: number) => `event: score\ndata: ${home}\n\n`

async function start() {
  withoutWaiting()
  const server = await startServer()
  const stream = openStream<Events>(server.url)
  const exchange = await server.next()
  exchange.stream()
  await nextEvent(stream, 'open')
  return { server, stream, exchange }
}

describe('stream.events()', () => {
  it('gives the events of a type since the call, in order, over a reconnect', async () => {
    const { server, stream, exchange } = await start()
    const events = stream.events('score')
    exchange.write(`${score(1)}data: other\n\n${score(2)}`).end()
    ;(await server.next()).stream(score(3))
    const seen: number[] = []
    for await (const event of events) {
      seen.push(event.json())
      if (seen.length === 3) break
    }
    expect(seen).toEqual([1, 2, 3])
    expect(stream.readyState).toBe(stream.OPEN)
    expect(await events.next()).toEqual({ done: true, value: undefined })
  })

  it('gives notices too, and ends after the last one', async () => {
    const { stream } = await start()
    const closes = stream.events('close')
    stream.close()
    const seen: string[] = []
    for await (const event of closes) if ('detail' in event) seen.push(event.detail.code)
    expect(seen).toEqual(['called'])
  })

  it('ends when the stream closes, after the events that have arrived', async () => {
    const { stream, exchange } = await start()
    const events = stream.events('score')
    const last = nextEvent(stream, 'last')
    exchange.write(`${score(1)}${score(2)}event: last\ndata:\n\n`)
    await last
    stream.close()
    const seen: number[] = []
    for await (const event of events) seen.push(event.json())
    expect(seen).toEqual([1, 2])
    expect(await stream.events('score').next()).toEqual({ done: true, value: undefined })
  })

  it('goes on if the server has an event of the type close', async () => {
    const { stream, exchange } = await start()
    const events = stream.events('score')
    exchange.write(`event: close\ndata: x\n\n${score(1)}`)
    expect((await events.next()).value).toMatchObject({ data: '1' })
  })

  it('ends at return(), even while an event is awaited', async () => {
    const { stream, exchange } = await start()
    const events = stream.events('score')
    const [first, second] = [events.next(), events.next()]
    await events.return?.()
    const end = { done: true, value: undefined }
    expect(await Promise.all([first, second, events.next()])).toEqual([end, end, end])
    const arrived = nextEvent(stream, 'score')
    exchange.write(score(1))
    await arrived
    expect(await events.next()).toEqual(end)
  })

  it('throws the reason of the signal at once, and drops events that wait', async () => {
    const { stream, exchange } = await start()
    const abort = new AbortController()
    const events = stream.events('score', { signal: abort.signal })
    const arrived = nextEvent(stream, 'score')
    exchange.write(score(1))
    await arrived
    abort.abort()
    await expect(events.next()).rejects.toMatchObject({ name: 'AbortError' })
    const reason = new Error('left the page')
    await expect(stream.events('score', { signal: AbortSignal.abort(reason) }).next()).rejects.toBe(reason)
    expect(stream.readyState).toBe(stream.OPEN)
  })

  it('throws a RangeError if more events wait than the bound, and leaves the stream open', async () => {
    const { stream, exchange } = await start()
    const full = stream.events('score', { maxBufferedEvents: 2 })
    const over = stream.events('score', { maxBufferedEvents: 1 })
    const last = nextEvent(stream, 'last')
    exchange.write(`${score(1)}${score(2)}event: last\ndata:\n\n`)
    await last
    expect(await full.next()).toMatchObject({ value: { data: '1' } })
    expect(await full.next()).toMatchObject({ value: { data: '2' } })
    const error = { name: 'RangeError', message: 'more than maxBufferedEvents (1) events wait for the loop over score' }
    await expect(over.next()).rejects.toMatchObject(error)
    expect(stream.readyState).toBe(stream.OPEN)
  })

  it('lets no event wait with the bound 0, but gives it to a loop that waits', async () => {
    const { stream, exchange } = await start()
    const goals = stream.events('score', { maxBufferedEvents: 0 })
    const first = goals.next()
    exchange.write(`${score(1)}${score(2)}`)
    expect(await first).toMatchObject({ value: { data: '1' } })
    await expect(goals.next()).rejects.toThrow('(0)')
  })

  it('has a bound of 1,000 events, and none with Infinity', async () => {
    const { stream, exchange } = await start()
    const loops = [stream.events('score'), stream.events('score', { maxBufferedEvents: Infinity })] as const
    const last = nextEvent(stream, 'last')
    exchange.write(`${score(1).repeat(1001)}event: last\ndata:\n\n`)
    await last
    await expect(loops[0].next()).rejects.toThrow('(1000)')
    expect(await loops[1].next()).toMatchObject({ done: false })
  })

  it.each([-1, NaN])('refuses the bound %d', async (maxBufferedEvents) => {
    const { stream } = await start()
    expect(() => stream.events('score', { maxBufferedEvents })).toThrow(/invalid|negative|non-negative/i)
  })
})
