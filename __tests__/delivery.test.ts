import { sse, type SseMiddleware, type SseOptions } from '../src/index.js'
import { openSubscribed } from './helpers/both-sides.js'
import { openStream, type OpenStream, type OpenStreamOptions } from './helpers/open-stream.js'
import { bareHttp, startServer, type TestServer } from './helpers/servers.js'

/** A server that subscribes every client to the channels in its path: `/a,b`. */
async function start(registry: SseOptions['registry'] = {}): Promise<{ live: SseMiddleware; server: TestServer }> {
  const live = sse({ registry })
  const server = await startServer(bareHttp, live, (req, res) => {
    res.sse?.subscribe(req.url!.slice(1).split('?')[0]!.split(','))
  })
  return { live, server }
}

const publish = (live: SseMiddleware, channel: string, data: string, key?: string) =>
  live.channel(channel).publish(key === undefined ? { data } : { data, key })

/** What a client that comes back with an ID reads until it is told that it is up to date. */
async function resume(server: TestServer, id: string, path = '/a', options: OpenStreamOptions = {}) {
  const headers = { ...options.headers, ...(id === '' ? {} : { 'last-event-id': id }) }
  const stream = await openStream(server, { ...options, path, headers })
  const ready = await stream.waitFor(({ event }) => event === 'sse-ready')
  return { stream, read: summary(stream), ready: JSON.parse(ready.data) as unknown }
}

/** The events in order: data of the app's, reason and channels of gaps. */
function summary({ events }: OpenStream): string[] {
  return events.flatMap(({ event, data }) => {
    if (event === 'sse-ready') return []
    if (event !== 'sse-gap') return [data]
    const { channels, reason } = JSON.parse(data) as { channels: string[]; reason: string }
    return [`gap ${reason} ${channels.join()}`]
  })
}

describe('a client that comes back', () => {
  it('gets what it missed, once and in order', async () => {
    const { live, server } = await start()
    const ids = []
    for (const data of ['1', '2', '3', '4']) ids.push(await publish(live, 'a', data))
    const { stream, read, ready } = await resume(server, ids[1]!)
    expect(read).toEqual(['3', '4'])
    expect(ready).toEqual({ resumed: true, replayed: 2 })
    await publish(live, 'a', '5')
    await stream.waitForData('5')
    expect(stream.data).toEqual(['3', '4', '5'])
  })

  it('has missed nothing when it comes back with the newest ID, and is told so', async () => {
    const { live, server } = await start()
    const id = await publish(live, 'a', '1')
    const { stream, read, ready } = await resume(server, id)
    expect(read).toEqual([])
    expect(ready).toEqual({ resumed: true, replayed: 0 })
    expect(stream.lastEventId).toBe(id)
  })

  it('resumes after the ID of sse-ready when it dropped before its first event', async () => {
    const { live, server } = await start()
    await publish(live, 'b', 'elsewhere')
    const { stream } = await resume(server, '')
    stream.close()
    await publish(live, 'a', '1')
    expect(await resume(server, stream.lastEventId)).toMatchObject({
      read: ['1'],
      ready: { resumed: true, replayed: 1 },
    })
  })

  it('has one ID for all of its channels', async () => {
    const { live, server } = await start()
    const ids: Record<string, string> = {}
    for (const [channel, data] of ['a1', 'b2', 'c3', 'a4', 'c5', 'b6'].map((it) => [it[0]!, it])) {
      ids[data!] = await publish(live, channel!, data!)
    }
    expect((await resume(server, ids.b2!, '/a,b,c')).read).toEqual(['c3', 'a4', 'c5', 'b6'])
    expect((await resume(server, ids.c3!, '/a,b')).read).toEqual(['a4', 'b6'])
    expect((await resume(server, ids.a1!, '/c')).read).toEqual(['c3', 'c5'])
  })

  it.each(['lastEventId', 'last_event_id', 'evs_last_event_id'])('may name its ID in the query as %s', async (name) => {
    const { live, server } = await start()
    const id = await publish(live, 'a', '1')
    await publish(live, 'a', '2')
    expect((await resume(server, '', `/a?${name}=${id}`)).read).toEqual(['2'])
  })

  it('resumes wherever a handler subscribes, in whatever calls, and with whatever `from`', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a', { from: 'start' })
      res.sse?.subscribe(['b'], { from: 'now' })
    })
    const id = await publish(live, 'a', 'a1')
    for (const data of ['b2', 'a3']) await publish(live, data[0]!, data)
    expect((await resume(server, id)).read).toEqual(['b2', 'a3'])
  })

  it('is taken back by a channel that is subscribed to late, so that nothing of it is skipped the next time', async () => {
    const { live, stream, another } = await openSubscribed('a')
    const id = await publish(live, 'b', 'b1')
    await publish(live, 'a', 'a2')
    const late = await another({ headers: { 'last-event-id': stream.events[0]!.id! } })
    await late.stream.waitForData('a2')
    late.connection.subscribe('b')
    await late.stream.waitForData('b1')
    expect(late.stream.data).toEqual(['a2', 'b1'])
    expect(late.stream.lastEventId).toBe(id)
  })
})

describe('a gap', () => {
  it('is announced as evicted, followed by what is left, and heals keyed state', async () => {
    const { live, server } = await start({ history: { events: 3 } })
    const id = await publish(live, 'a', 'first')
    for (const [data, key] of [['x1', 'x'], ['y1', 'y'], ['x2', 'x'], ['p'], ['q'], ['y2', 'y']] as const) {
      await publish(live, 'a', data, key)
    }
    const { stream, read, ready } = await resume(server, id)
    expect(read).toEqual(['gap evicted a', 'x2', 'p', 'q', 'y2'])
    expect(ready).toEqual({ resumed: false, replayed: 4 })
    const gap = stream.events[0]!
    expect((await resume(server, gap.id!)).read.slice(-4)).toEqual(['x2', 'p', 'q', 'y2'])
    expect((await resume(server, stream.lastEventId)).read).toEqual([])
  })

  it('names only the channels that have lost something', async () => {
    const { live, server } = await start({ history: { events: 1 } })
    const id = await publish(live, 'a', 'a1')
    for (const data of ['b2', 'b3', 'a4']) await publish(live, data[0]!, data)
    expect((await resume(server, id, '/a,b')).read).toEqual(['gap evicted b', 'b3', 'a4'])
  })

  it('is announced where a channel has been dropped and has come back', async () => {
    const { live, server } = await start({ history: { events: 1 }, bytes: 1 })
    const id = await publish(live, 'a', 'a1')
    await publish(live, 'a', 'a2')
    await publish(live, 'b', 'b3')
    expect(live.registry.has('a')).toBe(false)
    expect((await resume(server, id)).read).toEqual(['gap evicted a'])
  })

  it('is announced as restarted for an ID of another log', async () => {
    const [before, now] = [await start(), await start()]
    const id = await publish(before.live, 'a', '1')
    for (const [data, key] of [['k1', 'k'], ['plain'], ['k2', 'k']] as const) await publish(now.live, 'a', data, key)
    const { read, ready } = await resume(now.server, id)
    expect(read).toEqual(['gap restarted a', 'k2'])
    expect(ready).toEqual({ resumed: false, replayed: 1 })
  })

  it('is announced as unknown for an ID from the future, or one that is none of ours', async () => {
    const { live, server } = await start()
    const id = await publish(live, 'a', 'k1', 'k')
    await publish(live, 'a', 'plain')
    const [ms = '', , epoch = ''] = id.split('-')
    const future = `${(parseInt(ms, 36) + 1e9).toString(36)}-0-${epoch}`
    const huge = [`zzzzzzzzz-zzzzzz-${epoch}`, 'x'.repeat(1025), 'x'.repeat(8000), `${id}0`, `${id}-0`]
    const garbage = ['garbage', '0', '-1', '--', '__proto__', '1-1', 'für', '$', '*', '9'.repeat(30)]
    for (const unknown of [future, ...huge, ...garbage]) {
      const { stream, read } = await resume(server, unknown)
      expect([unknown, read]).toEqual([unknown, ['gap unknown a', 'k1']])
      stream.close()
    }
  })

  it('is announced where there is no history to replay', async () => {
    const { live, server } = await start({ history: false })
    const { stream } = await resume(server, '')
    const id = await publish(live, 'a', '1')
    await stream.waitForData('1')
    expect((await resume(server, id)).read).toEqual([])
    await publish(live, 'a', '2', 'k')
    await publish(live, 'a', '3')
    expect((await resume(server, id)).read).toEqual(['gap evicted a', '2'])
  })
})

describe("an app's own IDs", () => {
  it('are found again, and then nothing of ours carries an ID', async () => {
    const { live, server } = await start()
    const ours = await publish(live, 'a', '0')
    for (const n of [1, 2, 3]) await live.channel('a').publish({ data: `${n}`, id: `match/${n}` })
    const { stream, read, ready } = await resume(server, 'match/1')
    expect(read).toEqual(['2', '3'])
    expect(ready).toEqual({ resumed: true, replayed: 2 })
    expect(stream.events.find(({ event }) => event === 'sse-ready')?.id).toBeUndefined()
    expect(stream.lastEventId).toBe('match/3')
    const lost = await resume(server, 'match/9')
    expect(lost.read).toEqual(['gap unknown a'])
    expect(lost.stream.lastEventId).toBe('')
    expect((await resume(server, ours)).read).toEqual(['1', '2', '3'])
  })

  it('that came several times skip nothing', async () => {
    const { live, server } = await start()
    for (const data of ['a1', 'b2', 'a3']) await live.channel(data[0]!).publish({ data, id: 'same' })
    expect((await resume(server, 'same', '/a,b')).read).toEqual(['b2', 'a3'])
  })
})
