import {
  sse,
  type Connection,
  type EventFilter,
  type Message,
  type SseMiddleware,
  type SubscribeOptions,
} from '../src/index.js'
import { afterTest } from './helpers/after-test.js'
import { openBothSides, openSubscribed, type Handle } from './helpers/both-sides.js'
import { bareHttp2, express5 } from './helpers/servers.js'
import { until } from './helpers/until.js'

/** An `sse()` that records reported errors. */
function reporting(registry: { history?: false } = {}) {
  const errors: Error[] = []
  return { errors, live: sse({ registry: { ...registry, onError: (error) => void errors.push(error) } }) }
}

const isReady = ({ event }: { event?: string | undefined }) => event === 'sse-ready'

/** Subscribes a stream to channel `a`, waits for `sse-ready`, and publishes a last event. Returns the data. */
async function readFrom(live: SseMiddleware, options: SubscribeOptions): Promise<string[]> {
  const { stream } = await openBothSides({ live, handle: (connection) => connection.subscribe('a', options) })
  await stream.waitFor(isReady)
  await live.channel('a').publish({ data: 'last' })
  await stream.waitForData('last')
  return stream.data
}

describe.each([express5, bareHttp2])('a channel on $name', (kind) => {
  it('delivers each event in order to every subscriber', async () => {
    const { live, stream, another } = await openSubscribed('a', { kind })
    const { stream: second } = await another()
    await second.waitFor(isReady)
    const expected = Array.from({ length: 200 }, (_, i) => `${i}`)
    for (const data of expected) void live.channel('a').publish({ data })
    for (const client of [stream, second]) {
      await client.waitForData('199')
      expect(client.data).toEqual(expected)
    }
    expect(stream.ids).toEqual(second.ids)
    expect(new Set(stream.ids).size).toBe(200)
  })
})

describe('publish()', () => {
  it('resolves with the event ID that clients get, at most 24 ASCII characters long', async () => {
    const { live, stream } = await openSubscribed('a')
    const ids = await Promise.all(['1', '2', '3'].map((data) => live.channel('a').publish({ data })))
    await stream.waitForData('3')
    expect(stream.ids).toEqual(ids)
    for (const id of ids) expect(id).toMatch(/^[0-9a-z-]{1,24}$/)
  })

  it('uses the ID of the app if the message has one', async () => {
    const { live, stream } = await openSubscribed('a')
    expect(await live.channel('a').publish({ data: '1', id: 'match-7/3' })).toBe('match-7/3')
    expect(await stream.waitForData('1')).toMatchObject({ id: 'match-7/3' })
    await expect(live.channel('a').publish({ data: '2', id: '' })).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
  })

  it('reaches only the subscribers of the channel', async () => {
    const { live, stream } = await openSubscribed('a')
    await live.channel('b').publish({ data: 'b' })
    await live.channel('a').publish({ data: 'a' })
    await stream.waitForData('a')
    expect(stream.data).toEqual(['a'])
  })

  it('rejects to its caller, and then reports nothing', async () => {
    const { live, errors } = reporting()
    await expect(live.channel('a').publish({ event: 'a\n' })).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    const chained = live
      .channel('a')
      .publish({ event: 'a\n' })
      .catch((error: unknown) => (error as Error).name)
    expect(await chained).toBe('SseError')
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(errors).toEqual([])
  })

  it('reports an unawaited rejection, and never leaves it unhandled', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { live, errors } = reporting()
    void live.channel('a').publish({ data: 1n })
    await until(() => errors.length > 0)
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(errors).toMatchObject([{ name: 'SseError', code: 'ERR_SSE_DATA' }])
    expect(unhandled).toEqual([])
  })

  it('rejects an invalid message without effect on other messages', async () => {
    const { live, stream } = await openSubscribed('a')
    const bad: Message[] = [{ event: 'a\r' }, { data: 1n }, { retry: -1 }, {}]
    const outcomes = await Promise.allSettled(
      [{ data: '1' }, ...bad, { data: '2' }].map((message) => live.channel('a').publish(message)),
    )
    expect(outcomes.map(({ status }) => status).join()).toBe('fulfilled,rejected,rejected,rejected,rejected,fulfilled')
    await stream.waitForData('2')
    expect(stream.data).toEqual(['1', '2'])
  })

  it('sends retry and comments to every subscriber, without an event', async () => {
    const { live, stream } = await openSubscribed('a')
    await live.channel('a').publish({ retry: 1234, comment: 'soon' })
    await live.channel('a').publish({ data: '1' })
    await stream.waitForData('1')
    expect(stream.retries.at(-1)).toBe(1234)
    expect(stream.comments).toEqual(['soon'])
    expect(stream.data).toEqual(['1'])
  })
})

describe('subscribe()', () => {
  it('merges several channels into one stream, in the order of publishing', async () => {
    const { live, stream } = await openSubscribed(['a', 'b', 'c'])
    const expected = Array.from({ length: 90 }, (_, i) => `${i}`)
    for (const data of expected) void live.channel('abc'.charAt((Number(data) * 7) % 3)).publish({ data })
    await stream.waitForData('89')
    expect(stream.data).toEqual(expected)
  })

  it('counts a channel once and delivers its events once, even if called twice', async () => {
    const { live, stream } = await openBothSides({
      handle(connection) {
        connection.subscribe(['a', 'a'])
        connection.subscribe('a')()
      },
    })
    await stream.waitFor(isReady)
    expect(live.channel('a').subscribers).toBe(1)
    await live.channel('a').publish({ data: '1' })
    await live.channel('a').publish({ data: '2' })
    await stream.waitForData('2')
    expect(stream.data).toEqual(['1', '2'])
  })

  it('returns a function that unsubscribes once, also when called again', async () => {
    const { live, connection, stream } = await openBothSides()
    const unsubscribe = connection.subscribe('a')
    connection.subscribe('b')
    await stream.waitFor(isReady)
    unsubscribe()
    unsubscribe()
    expect(live.channel('a').subscribers).toBe(0)
    expect(live.registry.names()).toEqual(['b'])
    await live.channel('a').publish({ data: 'missed' })
    await live.channel('b').publish({ data: 'b' })
    await stream.waitForData('b')
    connection.subscribe('a')
    unsubscribe()
    await live.channel('a').publish({ data: 'a' })
    await stream.waitForData('a')
    expect(stream.data).toEqual(['b', 'a'])
  })

  it('works on a stream that is already open', async () => {
    const { live, connection, stream } = await openSubscribed('a')
    await live.channel('b').publish({ data: 'score 1', key: 'score' })
    await live.channel('a').publish({ data: 'a' })
    await stream.waitForData('a')
    connection.subscribe('b')
    await stream.waitForData('score 1')
    expect(stream.data).toEqual(['a', 'score 1'])
  })

  it('keeps the order of send and publish calls', async () => {
    const live = sse()
    const handle: Handle = (connection) => {
      connection.send({ data: '1' })
      connection.subscribe('a')
      void live.channel('a').publish({ data: '2' })
      connection.send({ data: '3' })
      void live.channel('a').publish({ data: '4' })
      connection.comment('5')
      void live.channel('a').publish({ data: '6' })
      connection.close()
    }
    const { stream } = await openBothSides({ live, handle })
    await stream.ended
    expect(stream.data).toEqual(['1', '2', '3', '4', '6'])
    expect(stream.raw.indexOf(': 5')).toBeGreaterThan(stream.raw.indexOf('data: 4'))
    expect(stream.raw.indexOf(': 5')).toBeLessThan(stream.raw.indexOf('data: 6'))
  })
})

describe('a new client', () => {
  async function withHistory() {
    const live = sse()
    const publish = (data: string, key?: string) =>
      live.channel('a').publish(key === undefined ? { data } : { data, key })
    for (const [data, key] of [['x1', 'x'], ['plain'], ['y1', 'y'], ['x2', 'x']] as const) await publish(data, key)
    return live
  }

  it('begins with the latest event of every key by default, in order of position', async () => {
    const live = await withHistory()
    expect(await readFrom(live, {})).toEqual(['y1', 'x2', 'last'])
    expect(await readFrom(live, { from: 'latest' })).toEqual(['y1', 'x2', 'last'])
  })

  it('begins with new events if from is now', async () => {
    expect(await readFrom(await withHistory(), { from: 'now' })).toEqual(['last'])
  })

  it('begins with the oldest event in history if from is start', async () => {
    expect(await readFrom(await withHistory(), { from: 'start' })).toEqual(['x1', 'plain', 'y1', 'x2', 'last'])
  })

  it('gets only the latest events if nothing is replayed, even from the start', async () => {
    const live = sse({ registry: { history: false } })
    await live.channel('a').publish({ data: 'x1', key: 'x' })
    await live.channel('a').publish({ data: 'plain' })
    expect(await readFrom(live, { from: 'start' })).toEqual(['x1', 'last'])
  })

  it('gets sse-ready with the number of replayed events and an ID to resume with', async () => {
    const live = await withHistory()
    const { stream } = await openSubscribed('a', { live })
    expect(stream.events.map(({ event, data }) => event ?? data)).toEqual(['y1', 'x2', 'sse-ready'])
    const ready = await stream.waitFor(isReady)
    expect(JSON.parse(ready.data)).toEqual({ resumed: false, replayed: 2 })
    expect(ready.id).toBe(stream.ids[1])
  })
})

describe('a filter', () => {
  it('that throws does not affect other clients, even when onError throws too', async () => {
    const live = sse({
      registry: {
        onError: () => {
          throw new Error('from onError')
        },
      },
    })
    const filters: (EventFilter | undefined)[] = [
      () => {
        throw new Error('from a filter')
      },
      undefined,
    ]
    const handle: Handle = (connection) => {
      const filter = filters.shift()
      connection.subscribe('a', filter === undefined ? {} : { filter })
    }
    const { stream: wrong, another } = await openBothSides({ live, handle })
    const { stream: right } = await another()
    await right.waitFor(isReady)
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue()
    afterTest(() => warn.mockRestore())
    await live.channel('a').publish({ data: '1' })
    expect(await wrong.ended).toBe('cut')
    await right.waitForData('1')
    await live.channel('a').publish({ data: '2' })
    await right.waitForData('2')
    expect(warn).toHaveBeenCalledWith('from onError', expect.anything())
  })

  it('decides which events one connection gets', async () => {
    const seen: unknown[] = []
    const filter: EventFilter = (it) => {
      seen.push({
        event: it.event,
        key: it.key,
        channel: it.channel,
        data: it.data,
        json: it.data === 'last' ? null : it.json(),
      })
      return it.data === '{"n":2}'
    }
    const { live, stream } = await openBothSides({ handle: (connection) => connection.subscribe('a', { filter }) })
    await stream.waitFor(isReady)
    for (const n of [1, 2, 3]) await live.channel('a').publish({ event: 'e', key: 'k', data: { n } })
    await stream.waitForData('{"n":2}')
    expect(await readFrom(live, { from: 'start' })).toEqual(['{"n":1}', '{"n":2}', '{"n":3}', 'last'])
    expect(stream.data).toEqual(['{"n":2}'])
    expect(seen[0]).toEqual({ event: 'e', key: 'k', channel: 'a', data: '{"n":1}', json: { n: 1 } })
  })

  it('that throws closes only its connection and is reported', async () => {
    const { live, errors } = reporting()
    const { stream: other } = await openSubscribed('a', { live })
    const { stream, connection } = await openBothSides({
      live,
      handle: (it) =>
        it.subscribe('a', {
          filter: ({ data }) => {
            if (data === '2') throw new Error('from a filter')
            return true
          },
        }),
    })
    await stream.waitFor(isReady)
    for (const data of ['1', '2', '3']) await live.channel('a').publish({ data })
    expect(await stream.ended).toBe('cut')
    await other.waitForData('3')
    expect(other.data).toEqual(['1', '2', '3'])
    expect(errors).toMatchObject([{ message: 'from a filter' }])
    expect(connection.closed).toBe(true)
    expect(live.registry.stats()).toMatchObject({ connections: 1, closed: { error: 1 } })
    expect(live.channel('a').subscribers).toBe(1)
  })

  it.each<[string, (connection: Connection, live: SseMiddleware) => unknown, unknown]>([
    ['send()', (connection) => connection.send({ data: 'sent' }), false],
    ['close()', (connection) => connection.close(), undefined],
    ['close() of the registry', (_connection, live) => void live.close(), undefined],
  ])('that throws in an event that %s flushes cuts the connection and sends nothing more', async (_name, act, is) => {
    const { live, errors } = reporting()
    const { stream, connection } = await openBothSides({
      live,
      handle: (it) =>
        it.subscribe('a', {
          filter: () => {
            throw new Error('from a filter')
          },
        }),
    })
    await stream.waitFor(isReady)
    void live.channel('a').publish({ data: '1' })
    expect(act(connection, live)).toBe(is)
    expect(await stream.ended).toBe('cut')
    expect(stream.data).toEqual([])
    expect(errors).toMatchObject([{ message: 'from a filter' }])
    expect(live.registry.stats()).toMatchObject({ closed: { error: 1, server: 0 } })
  })

  it('that returns a promise closes the connection, and the error says why', async () => {
    const { live, errors } = reporting()
    const filter = (() => Promise.reject(new Error('from a promise'))) as unknown as EventFilter
    const { stream } = await openBothSides({ live, handle: (it) => it.subscribe('a', { filter }) })
    await stream.waitFor(isReady)
    await live.channel('a').publish({ data: 'secret' })
    expect(await stream.ended).toBe('cut')
    expect(stream.data).toEqual([])
    expect(errors).toMatchObject([{ code: 'ERR_SSE_OPTION', message: expect.stringContaining('promise') as string }])
  })

  it('that unsubscribes stops all further events of those channels', async () => {
    const { live, stream } = await openBothSides({
      handle: (connection) => {
        const leave = connection.subscribe(['a', 'b'], {
          filter({ data }) {
            if (data === 'b2') leave()
            return true
          },
        })
        connection.subscribe('c')
      },
    })
    await stream.waitFor(isReady)
    for (const data of ['a1', 'b2', 'a3', 'b4', 'c5']) void live.channel(data[0]!).publish({ data })
    await stream.waitForData('c5')
    expect(stream.data).toEqual(['a1', 'c5'])
  })

  it('that subscribes and publishes gets each event of the new channel once and in order', async () => {
    const { live, stream } = await openBothSides({
      headers: { 'last-event-id': 'none' },
      handle: (connection) =>
        connection.subscribe('a', {
          filter() {
            connection.subscribe('b', { from: 'start', resume: false })
            void live.channel('b').publish({ data: 'b2' })
            return true
          },
        }),
    })
    await stream.waitFor(isReady)
    await live.channel('b').publish({ data: 'b1' })
    await live.channel('a').publish({ data: 'a1' })
    await stream.waitForData('b2')
    await live.channel('b').publish({ data: 'last' })
    await stream.waitForData('last')
    expect(stream.data).toEqual(['a1', 'b1', 'b2', 'last'])
  })

  it('may send to its connection and close it', async () => {
    const { live, stream } = await openBothSides({
      handle: (connection) =>
        connection.subscribe('a', {
          filter({ data }) {
            connection.send({ data: `about ${data}` })
            if (data === '2') connection.close()
            return true
          },
        }),
    })
    await stream.waitFor(isReady)
    await live.channel('a').publish({ data: '1' })
    await stream.waitForData('1')
    await live.channel('a').publish({ data: '2' })
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['about 1', '1', 'about 2'])
  })
})

describe('a channel', () => {
  it('returns the latest event of every key, and the keys, oldest first', async () => {
    const channel = sse().channel('a')
    expect([channel.latest(), channel.keys()]).toEqual([[], []])
    for (const [key, data] of ['x1', 'y1', '1', 'x2'].map((name) => [name.slice(0, -1), name])) {
      await channel.publish({ data, ...(key !== '' && { key }) })
    }
    expect(channel.latest().map(({ key, data }) => [key, data])).toEqual([
      ['y', 'y1'],
      ['x', 'x2'],
    ])
    expect(channel.keys()).toEqual(['y', 'x'])
    // A key that is missing by mistake does not return all of them.
    expect(() => channel.latest(undefined as unknown as string)).toThrow('key')
  })

  it('counts its subscribers and returns the latest event of a key', async () => {
    const { live, stream, another } = await openSubscribed('a')
    const { stream: second } = await another()
    await second.waitFor(isReady)
    const channel = live.channel('a')
    expect([channel.name, channel.subscribers]).toEqual(['a', 2])
    expect(channel.latest('score')).toBeUndefined()
    await channel.publish({ event: 'score', data: { home: 0 }, key: 'score' })
    const id = await channel.publish({ event: 'score', data: { home: 1 }, key: 'score' })
    const latest = channel.latest('score')
    expect(latest).toMatchObject({ id, key: 'score', event: 'score', channel: 'a', data: '{"home":1}' })
    expect(latest?.json()).toEqual({ home: 1 })
    stream.close()
    await until(() => channel.subscribers === 1)
  })

  it('returns null as the JSON of an event without data', async () => {
    const channel = sse().channel('a')
    await channel.publish({ event: 'over', key: 'score' })
    expect([channel.latest('score')?.data, channel.latest('score')?.json()]).toEqual([undefined, null])
  })

  it('requires a name', () => {
    for (const name of ['', undefined, 1, null]) {
      expect(() => sse().channel(name as string)).toThrow(expect.objectContaining({ code: 'ERR_SSE_CHANNEL' }) as Error)
    }
  })

  it('accepts any name that is not empty', async () => {
    for (const name of ['__proto__', 'constructor', ' ', 'für ⚽', '\r\n', 'x'.repeat(10_000)]) {
      const { live, stream } = await openSubscribed(name)
      await live.channel(name).publish({ data: 'goal' })
      await stream.waitForData('goal')
      expect(live.registry.has(name)).toBe(true)
    }
  })
})
