import { sse, type Connection, type SseMiddleware, type SseOptions, type StartFrom } from '../../src/index.js'
import { openBothSides, openSubscribed } from '../helpers/both-sides.js'
import { openStream, type OpenStream, type OpenStreamOptions } from '../helpers/open-stream.js'
import { bareHttp, startServer, type TestServer } from '../helpers/servers.js'

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

/** Resumes with an ID, and reads up to `sse-ready`. */
async function resume(server: TestServer, id: string, path = '/a', options: OpenStreamOptions = {}) {
  const headers = { ...options.headers, ...(id === '' ? {} : { 'last-event-id': id }) }
  const stream = await openStream(server, { ...options, path, headers })
  const ready = await stream.waitFor(({ event }) => event === 'sse-ready')
  return { stream, read: summary(stream), ready: JSON.parse(ready.data) as unknown }
}

/** All events in order: the data, or the reason and channels of a gap. */
function summary({ events }: OpenStream): string[] {
  return events.flatMap(({ event, data }) => {
    if (event === 'sse-ready') return []
    if (event !== 'sse-gap') return [data]
    const { channels, reason } = JSON.parse(data) as { channels: string[]; reason: string }
    return [`gap ${reason} ${channels.join()}`]
  })
}

describe('a resumed client', () => {
  it('gets missed events once and in order', async () => {
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

  it('with the newest ID is told that it missed nothing', async () => {
    const { live, server } = await start()
    const id = await publish(live, 'a', '1')
    const { stream, read, ready } = await resume(server, id)
    expect(read).toEqual([])
    expect(ready).toEqual({ resumed: true, replayed: 0 })
    expect(stream.lastEventId).toBe(id)
  })

  it('continues after the ID of sse-ready if it dropped before its first event', async () => {
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

  it('has one ID for all channels', async () => {
    const { live, server } = await start()
    const ids: Record<string, string> = {}
    for (const [channel, data] of ['a1', 'b2', 'c3', 'a4', 'c5', 'b6'].map((it) => [it[0]!, it])) {
      ids[data!] = await publish(live, channel!, data!)
    }
    expect((await resume(server, ids.b2!, '/a,b,c')).read).toEqual(['c3', 'a4', 'c5', 'b6'])
    expect((await resume(server, ids.c3!, '/a,b')).read).toEqual(['a4', 'b6'])
    expect((await resume(server, ids.a1!, '/c')).read).toEqual(['c3', 'c5'])
  })

  it.each(['lastEventId', 'last_event_id', 'evs_last_event_id'])('may send its ID in the query as %s', async (name) => {
    const { live, server } = await start()
    const id = await publish(live, 'a', '1')
    await publish(live, 'a', '2')
    expect((await resume(server, '', `/a?${name}=${id}`)).read).toEqual(['2'])
  })

  it('resumes in every subscribe call, whatever from says', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a', { from: 'start' })
      res.sse?.subscribe(['b'], { from: 'now' })
    })
    const id = await publish(live, 'a', 'a1')
    for (const data of ['b2', 'a3']) await publish(live, data[0]!, data)
    expect((await resume(server, id)).read).toEqual(['b2', 'a3'])
  })

  it('gets older events of a late channel, then an sse-ready with the newer ID', async () => {
    const { live, stream, another } = await openSubscribed('a')
    const id = await publish(live, 'b', 'b1')
    const newest = await publish(live, 'a', 'a2')
    const late = await another({ headers: { 'last-event-id': stream.events[0]!.id! } })
    await late.stream.waitForData('a2')
    late.connection.subscribe('b')
    await late.stream.waitForData('b1')
    await late.stream.waitForRaw((raw) => raw.split('sse-ready').length === 3)
    expect(late.stream.events.map(({ id }) => id)).toEqual([newest, newest, id, newest])
    expect(JSON.parse(late.stream.events.at(-1)!.data)).toEqual({ resumed: true, replayed: 1 })
  })

  it('gets no second sse-ready if a late subscription wrote nothing', async () => {
    const { live, stream, connection } = await openSubscribed('a')
    connection.subscribe('b', { from: 'now' })
    await publish(live, 'a', '1')
    connection.subscribe('c')
    await publish(live, 'a', '2')
    await stream.waitForData('2')
    expect(stream.events.map(({ event }) => event)).toEqual(['sse-ready', undefined, undefined])
  })

  it.each<[StartFrom, string[]]>([
    ['now', ['a2', 'a3']],
    ['latest', ['a2', 'a3']],
    ['start', ['a2', 'a1', 'a2', 'a3']],
  ])('that leaves a channel and joins it again begins as from says: %s', async (from, expected) => {
    const { live } = await start()
    const id = await publish(live, 'a', 'a1')
    await publish(live, 'a', 'a2')
    const { stream, connection } = await openBothSides({ live, headers: { 'last-event-id': id } })
    const leave = connection.subscribe('a')
    await stream.waitForData('a2')
    leave()
    connection.subscribe('a', { from })
    await publish(live, 'a', 'a3')
    await stream.waitForData('a3')
    expect(summary(stream)).toEqual(expected)
  })

  it('gets no false gap in a channel that it left and joined again', async () => {
    const { live } = await start({ history: { events: 1 } })
    const { stream, connection } = await openBothSides({
      live,
      headers: { 'last-event-id': await publish(live, 'a', 'a1') },
    })
    const leave = connection.subscribe('a')
    for (const data of ['a2', 'a3']) {
      await publish(live, 'a', data)
      await stream.waitForData(data)
    }
    leave()
    connection.subscribe('a', { from: 'now' })
    await publish(live, 'a', 'a4')
    await stream.waitForData('a4')
    expect(summary(stream)).toEqual(['a2', 'a3', 'a4'])
  })

  it('resumes a channel that it left and joined again in the same turn', async () => {
    const { live } = await start()
    const id = await publish(live, 'a', 'a1')
    await publish(live, 'a', 'a2')
    const { stream } = await openBothSides({
      live,
      headers: { 'last-event-id': id },
      handle: (connection) => {
        connection.subscribe('a')()
        connection.subscribe('a', { from: 'now' })
      },
    })
    await stream.waitForData('a2')
  })

  it('begins a new channel as from says if resume is false', async () => {
    const { live } = await start()
    await publish(live, 'new', 'state', 'k')
    const id = await publish(live, 'a', 'a1')
    await publish(live, 'a', 'a2')
    const handle = (connection: Connection) => {
      connection.subscribe('a')
      connection.subscribe('new', { resume: false })
    }
    const { stream } = await openBothSides({ live, headers: { 'last-event-id': id }, handle })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    expect(summary(stream)).toEqual(['state', 'a2'])
  })
})

describe('a gap', () => {
  it('is sent as evicted, then the remaining events and the latest of each key', async () => {
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

  it('names only the channels that lost events', async () => {
    const { live, server } = await start({ history: { events: 1 } })
    const id = await publish(live, 'a', 'a1')
    for (const data of ['b2', 'b3', 'a4']) await publish(live, data[0]!, data)
    expect((await resume(server, id, '/a,b')).read).toEqual(['gap evicted b', 'b3', 'a4'])
  })

  it('is sent if a channel was removed in the meantime', async () => {
    const { live, server } = await start({ history: { events: 1 }, bytes: 1 })
    const id = await publish(live, 'a', 'a1')
    await publish(live, 'a', 'a2')
    await publish(live, 'b', 'b3')
    expect(live.registry.has('a')).toBe(false)
    expect((await resume(server, id)).read).toEqual(['gap evicted a'])
  })

  it('is sent as restarted for an ID of another log', async () => {
    const [before, now] = [await start(), await start()]
    const id = await publish(before.live, 'a', '1')
    for (const [data, key] of [['k1', 'k'], ['plain'], ['k2', 'k']] as const) await publish(now.live, 'a', data, key)
    const { read, ready } = await resume(now.server, id)
    expect(read).toEqual(['gap restarted a', 'k2'])
    expect(ready).toEqual({ resumed: false, replayed: 1 })
  })

  it('is sent as unknown for an ID from the future or of another form', async () => {
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

  it('is sent if history is off', async () => {
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

describe('after a gap, the latest event of every key', () => {
  const isComplete = ({ events }: OpenStream) =>
    events
      .filter(({ event }) => event === 'sse-gap')
      .map(({ data }) => (JSON.parse(data) as { complete: boolean }).complete)

  it('comes again in every channel, also if the client has read it', async () => {
    const { live, server } = await start({ history: { events: 2 } })
    for (const key of ['x', 'y', 'z']) await publish(live, 'a', `${key}1`, key)
    await publish(live, 'b', 'b1', 'k')
    const id = await publish(live, 'b', 'b2')
    await live.channel('a').forget('y')
    for (const data of ['p', 'q', 'r']) await publish(live, 'a', data)
    const { stream, read, ready } = await resume(server, id, '/a,b')
    expect(read).toEqual(['gap evicted a', 'x1', 'z1', 'b1', 'q', 'r'])
    expect([ready, isComplete(stream)]).toEqual([{ resumed: false, replayed: 5 }, [true]])
  })

  it('is not repeated beyond 1,000 keys, so that a client on a bad network comes to the end', async () => {
    const { live, server } = await start({ history: { events: 2 } })
    for (let i = 0; i < 1001; i++) await publish(live, 'a', `k${i}`, `k${i}`)
    const id = await publish(live, 'a', 'p')
    for (const data of ['q', 'r', 's']) await publish(live, 'a', data)
    const { stream, read } = await resume(server, id)
    expect([read, isComplete(stream)]).toEqual([['gap evicted a', 'r', 's'], [false]])
  })

  it('does not repeat what came before a subscription with from: now', async () => {
    const live = sse({ registry: { history: { events: 2 } } })
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a')
      res.sse?.subscribe('toasts', { from: 'now', resume: false })
    })
    const id = await publish(live, 'a', 'p')
    await publish(live, 'toasts', 'old', 'k')
    for (const data of ['q', 'r', 's']) await publish(live, 'a', data)
    const { read } = await resume(server, id)
    expect(read).toEqual(['gap evicted a', 'r', 's'])
  })

  it('is not promised, and nothing comes again, if a bound has evicted some', async () => {
    const { live, server } = await start({ keys: 2, history: { events: 1 }, onError: () => {} })
    for (const key of ['x', 'y', 'z']) await publish(live, 'a', `${key}1`, key)
    const id = await publish(live, 'a', 'p')
    for (const data of ['q', 'r']) await publish(live, 'a', data)
    const { stream, read } = await resume(server, id)
    expect([read, isComplete(stream)]).toEqual([['gap evicted a', 'r'], [false]])
  })
})

describe('a new client', () => {
  it.each([
    ['keys', { keys: 3 }, 5],
    ['bytes', { bytes: 4000 }, 20],
  ])('gets a gap if %s evicted latest events, which is counted and reported once', async (_name, bounds, count) => {
    const errors: Error[] = []
    const { live, server } = await start({ ...bounds, onError: (error) => void errors.push(error) })
    for (let i = 0; i < count; i++) await publish(live, 'a', `${i}`, `k${i}`)
    const { read } = await resume(server, '')
    expect(read[0]).toBe('gap evicted a')
    expect(read.length).toBeLessThan(count)
    expect((await resume(server, '', '/b')).read).toEqual([])
    expect(live.registry.stats().evictedKeys).toBe(count - read.length + 1)
    expect(errors).toMatchObject([{ code: 'ERR_SSE_LIMIT' }])
  })

  it('gets a gap in a removed channel whose latest events were evicted', async () => {
    const { live, server } = await start({ bytes: 4000, history: false, onError: () => {} })
    await publish(live, 'quiet', 'state', 'k')
    for (let i = 0; i < 20; i++) await publish(live, 'busy', `${i}`, `k${i}`)
    expect(live.registry.has('quiet')).toBe(false)
    expect((await resume(server, '', '/quiet')).read).toEqual(['gap evicted quiet'])
  })
})

describe('several gaps', () => {
  it('are announced together, and only the last has an ID', async () => {
    const live = sse({ registry: { keys: 1, history: { events: 1 }, onError: () => {} } })
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a')
      res.sse?.subscribe('b', { resume: false })
    })
    const id = await publish(live, 'a', '0')
    for (const channel of ['a', 'b']) for (const key of ['k', 'l', 'm']) await publish(live, channel, key, key)
    const { stream, read } = await resume(server, id)
    expect(read.slice(0, 2)).toEqual(['gap evicted a', 'gap evicted b'])
    // With an ID on the first, a client that drops between them would not be told of the second.
    const gaps = stream.events.filter(({ event }) => event === 'sse-gap')
    expect(gaps.map((gap) => gap.id === undefined)).toEqual([true, false])
  })
})

describe('own IDs', () => {
  it('resume, as do the IDs of control events beside them', async () => {
    const { live, server } = await start()
    const ours = await publish(live, 'a', '0')
    for (const n of [1, 2, 3]) await live.channel('a').publish({ data: `${n}`, id: `match/${n}` })
    const { stream, read, ready } = await resume(server, 'match/1')
    expect(read).toEqual(['2', '3'])
    expect(stream.ids).toEqual(['match/2', 'match/3'])
    expect(ready).toEqual({ resumed: true, replayed: 2 })
    await live.channel('a').publish({ data: '4', id: 'match/4' })
    expect((await resume(server, stream.lastEventId)).read).toEqual(['4'])
    const lost = await resume(server, 'match/9')
    expect(lost.read).toEqual(['gap unknown a'])
    expect((await resume(server, lost.stream.lastEventId)).read).toEqual([])
    expect((await resume(server, ours)).read).toEqual(['1', '2', '3', '4'])
  })

  it('in one channel do not remove the IDs of control events in another', async () => {
    const { live, server } = await start()
    await live.channel('a').publish({ data: 'a', id: 'own' })
    const { stream } = await resume(server, '', '/b')
    stream.close()
    await publish(live, 'b', 'b1')
    expect((await resume(server, stream.lastEventId, '/b')).read).toEqual(['b1'])
  })

  it('that were used twice give a gap', async () => {
    const { live, server } = await start({ history: { events: 3 } })
    const own = (id: string) => live.channel('a').publish({ data: id, id })
    for (const id of ['v1', 'x1', 'x2', 'x3', 'x4', 'x5', 'x6', 'x7', 'v1', 'x9']) await own(id)
    expect((await resume(server, 'v1')).read).toEqual(['gap unknown a'])
    expect((await resume(server, 'x7')).read).toEqual(['v1', 'x9'])
  })

  it('that were used twice in several channels give a gap in each', async () => {
    const { live, server } = await start({ history: { events: 1 } })
    await live.channel('a').publish({ data: 'a1', id: 'same' })
    for (let i = 0; i < 5; i++) await live.channel('a').publish({ data: `a${i}` })
    await live.channel('b').publish({ data: 'b1', id: 'same' })
    expect((await resume(server, 'same', '/a,b')).read).toEqual(['gap unknown a,b'])
  })

  it('reveal nothing about a channel that the client does not read', async () => {
    const { live, server } = await start()
    await live.channel('secret').publish({ data: 's', id: 'order-1' })
    expect((await resume(server, 'order-1')).read).toEqual(['gap unknown a'])
    expect((await resume(server, 'order-2')).read).toEqual(['gap unknown a'])
  })
})

describe('controlEvents: false', () => {
  it('sends only what the app publishes, and still resumes', async () => {
    const { live, stream, another } = await openBothSides({
      sseOptions: { controlEvents: false, retry: false, registry: { history: { events: 1 } } },
      handle: (connection) => connection.subscribe('a'),
    })
    await stream.waitForRaw((raw) => raw === ':\n')
    const id = await publish(live, 'a', '1')
    await publish(live, 'a', '2')
    await stream.waitForData('2')
    expect(stream.events.map(({ event }) => event)).toEqual([undefined, undefined])
    const { stream: second } = await another({ headers: { 'last-event-id': id } })
    await second.waitForData('2')
    expect(second.events).toHaveLength(1)
    expect(second.raw).not.toContain('sse-')
  })
})

describe('maxSubscriptions', () => {
  it('bounds the channels of one connection, and more throw before anything is written', async () => {
    const errors: unknown[] = []
    const attempt = (subscribe: () => void) => {
      try {
        subscribe()
      } catch (error) {
        errors.push(error)
      }
    }
    let connections = 0
    const live = sse({ maxSubscriptions: 3 })
    const { stream, connection } = await openBothSides({
      live,
      handle: (it) => {
        attempt(() => it.subscribe(['a', 'b', 'c', 'd']))
        connections = live.registry.stats().connections
        const leave = it.subscribe(['a', 'b', 'b', 'c'])
        attempt(() => it.subscribe('d'))
        it.subscribe(['a', 'c'])
        leave()
        it.subscribe(['d', 'e', 'f'])
      },
    })
    await publish(live, 'f', '1')
    await stream.waitForData('1')
    expect(errors).toMatchObject([{ code: 'ERR_SSE_LIMIT' }, { code: 'ERR_SSE_LIMIT' }])
    expect([connections, connection.closed, live.channel('a').subscribers]).toEqual([0, false, 0])
  })

  it('may be thousands, and each can be delivered and left', async () => {
    const names = Array.from({ length: 8000 }, (_, i) => `channel ${i}`)
    const { live, stream, connection } = await openBothSides({ sseOptions: { maxSubscriptions: 10_000 } })
    const leaving = names.map((name) => connection.subscribe(name))
    for (const name of names) void live.channel(name).publish({ data: name })
    await stream.waitForData(names.at(-1)!)
    expect(stream.data).toEqual(names)
    for (const leave of leaving) leave()
    expect(live.channel(names[0]!).subscribers).toBe(0)
    expect(live.registry.stats().connections).toBe(1)
  })
})
