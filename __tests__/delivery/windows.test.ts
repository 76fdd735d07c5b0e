import { VirtualClock } from '../helpers/virtual-clock.js'
import { setImmediate as turn } from 'node:timers/promises'
import { sse, type SseMiddleware, type SseOptions, type SubscribeOptions } from '../../src/index.js'
import { Windows } from '../../src/delivery/windows.js'
import { openBothSides, type BothSides } from '../helpers/both-sides.js'
import { TestLog } from '../helpers/log.js'
import { openStream, type OpenStream } from '../helpers/open-stream.js'
import { bareHttp, startServer, type TestServer } from '../helpers/servers.js'

/** A window that no test outlives: the clock stands still at its beginning. */
const LONG = 60_000
/** A window that tests wait for. */
const SHORT = 10

/** Runs a test while the clock stands still. */
const frozen = (test: () => Promise<void>) => () => new VirtualClock().run(test)

interface Windowed {
  live: SseMiddleware
  server: TestServer
  /** Has the update window. */
  stream: OpenStream
  /** Gets every event at once. */
  witness: OpenStream
  publish: (data: string, key?: string, channel?: string) => Promise<string>
  /** Publishes an event to the witness alone, and waits until a pass has offered it, and all before it, to everybody. */
  passed: () => Promise<void>
}

/** Opens a stream on the channels `a` and `b` with an update window, and one without. */
async function open(options: SubscribeOptions, registry: SseOptions['registry'] = {}): Promise<Windowed> {
  const live = sse({ registry, keepAlive: false })
  const server = await startServer(bareHttp, live, (req, res) => {
    if (req.url === '/witness') res.sse?.subscribe(['a', 'b', 'witness'])
    else res.sse?.subscribe(['a', 'b'], options)
  })
  const [stream, witness] = [await openStream(server), await openStream(server, { path: '/witness' })]
  for (const each of [stream, witness]) await each.waitFor(({ event }) => event === 'sse-ready')
  let passes = 0
  return {
    live,
    server,
    stream,
    witness,
    publish: (data, key, channel = 'a') => live.channel(channel).publish({ data, ...(key !== undefined && { key }) }),
    async passed() {
      const data = `pass ${passes++}`
      void live.channel('witness').publish({ data })
      await witness.waitForData(data)
    },
  }
}

/** How many events were written to the stream: all that were, without those of the witness. */
const written = ({ live, witness }: Windowed) => live.registry.stats().delivered - witness.data.length

describe('an update window', () => {
  it(
    'lets the first event through at once, and holds later ones of any key',
    frozen(async () => {
      const all = await open({ conflate: LONG })
      void all.publish('1', 'k')
      await all.stream.waitForData('1')
      for (const data of ['2', '3']) void all.publish(data, 'k')
      void all.publish('4', 'l', 'b')
      await all.passed()
      expect(written(all)).toBe(1)
      expect(all.stream.data).toEqual(['1'])
    }),
  )

  it('is followed by the newest event of each key, in the order of publishing', async () => {
    const { stream, publish } = await open({ conflate: SHORT })
    void publish('1', 'k')
    await stream.waitForData('1')
    for (const data of ['2', '3']) void publish(data, 'k')
    for (const data of ['4', '5']) void publish(data, 'l', 'b')
    await stream.waitForData('5')
    expect(stream.data.slice(1).filter((data) => data !== '2' && data !== '4')).toEqual(['3', '5'])
    const ids = stream.appEvents.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted())
  })

  it('gives a key that is published all the time one event per window', async () => {
    // A window ends early at half of these bounds.
    const history = { events: Infinity, bytes: Infinity }
    const { stream, publish } = await open({ conflate: 50 }, { history })
    const begun = performance.now()
    let last = 0
    while (performance.now() - begun < 500) {
      void publish(String(++last), 'k')
      await turn()
    }
    await stream.waitForData(String(last))
    // A timer may fire up to a millisecond early, so that one more window counts.
    const windows = Math.floor(performance.now() / 50) - Math.floor(begun / 50) + 2
    expect(stream.data.length).toBeLessThanOrEqual(windows)
    expect(last).toBeGreaterThan(windows)
  })

  it(
    'ends for an event without a key, which takes with it everything before it',
    frozen(async () => {
      const { stream, publish } = await open({ conflate: LONG })
      void publish('1', 'k')
      await stream.waitForData('1')
      for (const data of ['2', '3']) void publish(data, 'k')
      void publish('4', 'l', 'b')
      void publish('5')
      void publish('6', 'k')
      await stream.waitForData('5')
      expect(stream.data).toEqual(['1', '4', '5', '6'])
    }),
  )

  it(
    'does not end for an event without a key that the filter rejects',
    frozen(async () => {
      const asked: string[] = []
      const filter: SubscribeOptions['filter'] = ({ data = '' }) => {
        asked.push(data)
        return !data.startsWith('no')
      }
      const all = await open({ conflate: LONG, filter })
      void all.publish('1', 'k')
      await all.stream.waitForData('1')
      void all.publish('2', 'k')
      void all.publish('no 3')
      await all.passed()
      void all.publish('4', 'k')
      await all.passed()
      expect(written(all)).toBe(1)
      expect(asked).toEqual(['1', 'no 3'])
      void all.publish('5')
      await all.stream.waitForData('5')
      expect(all.stream.data).toEqual(['1', '4', '5'])
    }),
  )

  it(
    'begins only with an event that the filter accepts',
    frozen(async () => {
      const all = await open({ conflate: LONG, filter: ({ data }) => data !== 'no' })
      void all.publish('no', 'k')
      await all.passed()
      void all.publish('1', 'k')
      await all.stream.waitForData('1')
      expect(all.stream.data).toEqual(['1'])
    }),
  )

  it(
    'closes the connection whose filter throws, and no other',
    frozen(async () => {
      const errors: string[] = []
      const all = await open(
        {
          conflate: LONG,
          filter: ({ key }) => {
            if (key === undefined) throw new Error('this filter throws')
            return true
          },
        },
        { onError: ({ message }) => errors.push(message) },
      )
      void all.publish('1', 'k')
      await all.stream.waitForData('1')
      void all.publish('2')
      await all.stream.ended
      await all.passed()
      expect(errors).toEqual(['this filter throws'])
      expect(all.live.registry.stats().closed.error).toBe(1)
    }),
  )

  it(
    'does not delay the first event of a client that comes while others wait',
    frozen(async () => {
      const all = await open({ conflate: LONG })
      void all.publish('1', 'k')
      await all.stream.waitForData('1')
      void all.publish('2', 'k')
      await all.passed()
      const newcomer = await openStream(all.server)
      await newcomer.waitForData('2')
      void all.publish('3', 'k')
      await all.passed()
      expect(newcomer.data).toEqual(['2'])
      expect(all.stream.data).toEqual(['1'])
    }),
  )

  it(
    'conflates what a client that resumes has missed',
    frozen(async () => {
      const { server, publish } = await open({ conflate: LONG })
      const id = await publish('1', 'k')
      for (const data of ['2', '3', '4']) await publish(data, 'k')
      const resumed = await openStream(server, { headers: { 'last-event-id': id } })
      const ready = await resumed.waitFor(({ event }) => event === 'sse-ready')
      expect(resumed.data).toEqual(['4'])
      expect(JSON.parse(ready.data)).toEqual({ resumed: true, replayed: 1 })
    }),
  )
})

describe('events that wait for the next window', () => {
  const openOne = (handle?: (sides: BothSides['connection']) => void) =>
    openBothSides({
      handle: (connection) => {
        connection.subscribe('a', { conflate: LONG })
        handle?.(connection)
      },
    })

  it(
    'go before a message that is sent, and before the end of the stream',
    frozen(async () => {
      const { live, stream, connection } = await openOne()
      const publish = (data: string) => live.channel('a').publish({ data, key: 'k' })
      await publish('1')
      await stream.waitForData('1')
      await publish('2')
      await turn()
      connection.send({ data: 'sent' })
      await publish('3')
      await turn()
      connection.close()
      await stream.ended
      expect(stream.data).toEqual(['1', '2', 'sent', '3'])
    }),
  )

  it.each([
    ['events of the channel', { history: { events: 8 } }],
    ['bytes of the channel', { history: { bytes: 8 * 300 } }],
    ['bytes of the whole log', { bytes: 16_000 }],
  ])('are sent before history evicts any because of %s', (_name, registry) =>
    frozen(async () => {
      const all = await open({ conflate: LONG }, { ...registry, onError: () => undefined })
      void all.publish('0', 'k')
      await all.stream.waitForData('0')
      for (let i = 1; i <= 60; i++) {
        void all.publish(String(i), `k${i}`, i % 3 === 0 ? 'b' : 'a')
        if (i % 2 === 0) await turn()
      }
      void all.publish('end')
      await all.stream.waitForData('end')
      expect(all.live.registry.stats().gaps.slow).toBe(0)
      expect(all.stream.data).toHaveLength(62)
    })(),
  )

  it('are sent before history evicts any because of their age', async () => {
    const { live, stream, publish } = await open({ conflate: LONG }, { history: { age: 2000 } })
    void publish('1', 'k')
    await stream.waitForData('1')
    void publish('2', 'l')
    await stream.waitForData('2')
    expect(live.registry.stats().gaps.slow).toBe(0)
  })

  it(
    'are dropped with their connection',
    frozen(async () => {
      const { live, stream } = await openOne()
      for (const data of ['1', '2']) {
        void live.channel('a').publish({ data, key: 'k' })
        await stream.waitForData('1')
      }
      stream.close()
      while (live.registry.stats().connections > 0) await turn()
      expect(live.channel('a').subscribers).toBe(0)
      await live.channel('a').publish({ data: '3', key: 'k' })
    }),
  )
})

describe('the clock of windows of one length', () => {
  it('is shared while somebody uses it, and dropped with its last subscribers', () => {
    const { log } = new TestLog()
    const windows = new Windows(log.bounds, () => undefined)
    const clock = windows.clock(500)
    const groups = ['a', 'b'].map((name) => windows.group(log.channel(name), clock))
    windows.delete(groups[0]!)
    expect(windows.clock(500)).toBe(clock)
    windows.delete(groups[1]!)
    expect(windows.clock(500)).not.toBe(clock)
  })
})

describe('the option conflate', () => {
  const subscribe = async (...calls: SubscribeOptions[]) => {
    const { connection } = await openBothSides()
    calls.forEach((options, i) => connection.subscribe(String(i), options))
  }

  it.each([[0], [-1], [60_001], [Infinity], [NaN], ['500'], [true]])('refuses %p', async (conflate) => {
    const wrong = subscribe({ conflate: conflate as number })
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_SSE_OPTION',
      message: expect.stringContaining('conflate must be a number of milliseconds above 0') as string,
    })
  })

  it.each<[SubscribeOptions[]]>([
    [[{ conflate: 500 }, { conflate: 400 }]],
    [[{ conflate: 500 }, { conflate: false }]],
    [[{}, { conflate: 500 }]],
  ])('refuses another value than that of the connection: %j', async (calls) => {
    await expect(subscribe(...calls)).rejects.toMatchObject({
      code: 'ERR_SSE_OPTION',
      message: expect.stringContaining('conflate must be the same for all channels of a connection') as string,
    })
  })

  it.each<[SubscribeOptions[]]>([[[{ conflate: 500 }, { conflate: 500 }, {}]], [[{}, { conflate: false }, {}]]])(
    'takes the value of the connection again, or none: %j',
    async (calls) => {
      await expect(subscribe(...calls)).resolves.toBeUndefined()
    },
  )
})
