// What the stream of the inspector tells about a registry.
import { channel as diagnosticsChannel } from 'node:diagnostics_channel'
import { inspectionOf } from '../../src/inspection.js'
import { createRegistry, type Message } from '../../src/index.js'
import { Activity, MAX_ACTIVITY } from '../../src/inspector/activity.js'
import { beginningOf } from '../../src/inspector/beginning.js'
import { ChannelEvents } from '../../src/inspector/channel-events.js'
import { ChannelRows, MAX_CHANNELS } from '../../src/inspector/channel-rows.js'
import { Largest } from '../../src/inspector/largest.js'
import { shortList } from '../../src/inspector/short.js'
import { decodeBody, encodeMessage } from '../../src/wire/format.js'
import { sample, samples, startInspected, type Samples } from '../helpers/inspected.js'
import { until } from '../helpers/until.js'

const isHeard = (name: string) => diagnosticsChannel(`express-sse-channels:${name}`).hasSubscribers

describe('the inspector', () => {
  it('tells the counts of stats(), without its own connection', async () => {
    const { registry, openClient, watch } = await startInspected()
    const clients = [await openClient('a', { 'last-event-id': 'unknown' }), await openClient('a,b')]
    for (const data of ['1', '2']) await registry.channel('a').publish({ data, key: 'k' })
    for (const client of clients) await client.waitForData('2')
    const stats = registry.stats()
    expect(stats).toMatchObject({ connections: 2, published: 2, delivered: 4, gaps: { unknown: 1 } })
    const stream = await watch()
    expect(await sample(stream, 'stats')).toEqual({ at: expect.any(Number) as number, isStoreAvailable: true, stats })
    await until(() => samples(stream, 'stats').length > 1)
    expect(registry.stats()).toEqual(stats)
    expect(samples(stream, 'stats').at(-1)?.stats).toEqual(stats)
  })

  it('tells the channels with subscribers, history, keys, rate and last event', async () => {
    const { registry, openClient, watch } = await startInspected()
    await openClient('a,b')
    await openClient('b')
    await registry.channel('a').publish({ event: 'score', data: { home: 1 }, key: 'score' })
    const stream = await watch()
    const { total, rows } = await sample(stream, 'channels')
    expect(total).toBe(2)
    expect(rows).toEqual([
      { name: { text: 'b' }, subscribers: 2, history: 0, keys: 0, rate: null },
      {
        name: { text: 'a' },
        subscribers: 1,
        history: 1,
        keys: 1,
        rate: null,
        last: { type: { text: 'score' }, data: { text: '{"home":1}' } },
      },
    ])
    await registry.publish(Array.from({ length: 50 }, () => ({ channel: 'a', data: 'x' })))
    const busy = await sample(stream, 'channels', ({ rows }) => (rows[0]?.rate ?? 0) > 0)
    expect(busy.rows[0]).toMatchObject({ name: { text: 'a' }, history: 51, last: { type: { text: 'message' } } })
  })

  it('tells the connections with owner, channels, position, unsent bytes and age', async () => {
    const { registry, openClient, watch } = await startInspected()
    await openClient('a,b', { 'x-owner': 'ann' })
    await openClient()
    const [ann] = registry.connections({ owner: 'ann' })
    const stream = await watch()
    const { total, now, rows } = await sample(stream, 'connections')
    expect(total).toBe(2)
    expect(rows[0]).toEqual({
      number: 1,
      owner: { text: 'ann' },
      channels: { first: [{ text: 'a' }, { text: 'b' }], count: 2 },
      sentUpTo: ann!.sentUpTo,
      unsentBytes: 0,
      openedAt: expect.any(Number) as number,
    })
    expect(Math.abs(now - rows[0]!.openedAt)).toBeLessThan(60_000)
    expect(rows[1]).toMatchObject({ number: 2, channels: { count: 1 } })
    expect(rows[1]).not.toHaveProperty('owner')
  })

  it('tells first the connections that read too slowly', async () => {
    const { registry, openClient, watch } = await startInspected()
    await openClient('a')
    const slow = await openClient('b', { 'x-owner': 'slow' })
    slow.pause()
    await until(() => {
      void registry.channel('b').publish({ data: 'x'.repeat(256 * 1024) })
      return registry.stats().stalled > 0
    })
    const { rows } = await sample(await watch(), 'connections')
    expect(rows[0]).toMatchObject({ number: 1, owner: { text: 'slow' } })
    expect(rows[0]!.unsentBytes).toBeGreaterThan(0)
  })

  it('tells gaps, closes, shed requests and the owner of each, and nothing of other registries', async () => {
    const one = await startInspected({}, { maxPerOwner: 1 })
    const other = await startInspected()
    const stream = await one.watch()
    await sample(stream, 'stats')
    await other.openClient('a', { 'last-event-id': 'unknown' })
    const client = await one.openClient('a', { 'x-owner': 'ann', 'last-event-id': 'unknown' })
    await (await one.watch()).next()
    const shed = one.openClient('a', { 'x-owner': 'ann' })
    await expect(shed).rejects.toThrow('the stream was ended')
    await one.registry.disconnect({ owner: 'ann' })
    await client.ended
    const items = () => samples(stream, 'activity').flatMap((each) => each.items)
    await until(() => items().length >= 3)
    expect(items().map(({ kind, owner, reason }) => [kind, owner?.text, reason])).toEqual([
      ['gap', 'ann', 'unknown'],
      ['shed', 'ann', 'maxPerOwner'],
      ['close', 'ann', 'disconnected'],
    ])
    expect(items()[0]!.channels).toEqual({ first: [{ text: 'a' }], count: 1 })
    expect(new Set(items().map(({ number }) => number)).size).toBe(3)
  })

  it('tells stalls and the state of the store', () => {
    const registry = createRegistry()
    const activity = new Activity(registry)
    diagnosticsChannel('express-sse-channels:stall').publish({ connection: { registry, owner: 'ann' }, unsentBytes: 7 })
    diagnosticsChannel('express-sse-channels:store').publish({
      registry,
      state: 'unavailable',
      error: new Error('gone'),
    })
    activity.close()
    expect(activity.sample()).toMatchObject({
      items: [
        { kind: 'stall', owner: { text: 'ann' }, unsentBytes: 7 },
        { kind: 'store', reason: 'unavailable', error: { text: 'gone' } },
      ],
    })
    expect(activity.sample()).toBeUndefined()
  })

  it('tells the events of one channel as they come, after the newest earlier ones', async () => {
    const { registry, watch } = await startInspected()
    const channel = registry.channel('games & more')
    for (let n = 1; n <= 25; n++) await channel.publish({ data: String(n) })
    const stream = await watch(`?channel=${encodeURIComponent('games & more')}`)
    const first = await sample(stream, 'events')
    expect([first.omitted, first.events.length]).toEqual([0, 20])
    expect(first.events.at(-1)).toMatchObject({ type: { text: 'message' }, data: { text: '25' } })
    const id = await channel.publish({ event: 'goal', data: { minute: 1 }, key: 'k', id: 'own' })
    const next = await sample(stream, 'events', ({ events }) => events.length === 1)
    expect(next.events).toEqual([
      {
        number: 26,
        position: { ms: expect.any(Number) as number, seq: expect.any(Number) as number },
        id: { text: id },
        type: { text: 'goal' },
        key: { text: 'k' },
        data: { text: '{"minute":1}' },
      },
    ])
  })

  it('tells a later page only the newest earlier events, and nothing that it told another page', async () => {
    const { registry, watch } = await startInspected()
    const channel = registry.channel('a')
    const first = await watch('?channel=a')
    for (const data of ['1', '2']) {
      await channel.publish({ data })
      await sample(first, 'events', ({ events }) => events.at(-1)?.data?.text === data)
    }
    first.close()
    await until(() => !isHeard('gap'))
    const later = await watch('?channel=a')
    await until(() => samples(later, 'stats').length > 1)
    const told = samples(later, 'events').flatMap(({ events }) => events)
    expect(told.map(({ number, data }) => [number, data?.text])).toEqual([
      [1, '1'],
      [2, '2'],
    ])
    // The same positions as before, so that the page knows the events again.
    const before = samples(first, 'events').flatMap(({ events }) => events)
    expect(told.map(({ position }) => position)).toEqual(before.map(({ position }) => position))
  })

  it('counts no earlier events as left out that history has lost', async () => {
    const registry = createRegistry({ history: { events: 5 } })
    for (let n = 0; n < 30; n++) await registry.channel('a').publish({ data: n })
    const { events, omitted } = new ChannelEvents(inspectionOf(registry)!, 'a').sample() as Samples['events']
    expect([events.length, omitted]).toEqual([5, 0])
  })

  it('drops the history of a channel that has no subscriber, and keeps that of others', async () => {
    const { registry, openClient } = await startInspected()
    await openClient('a')
    for (const name of ['a', 'b']) await registry.channel(name).publish({ data: 'x' })
    const inspection = inspectionOf(registry)!
    for (const name of ['a', 'b', 'c']) inspection.dropHistory(name)
    expect([registry.names(), inspection.channel('a')?.history]).toEqual([['a'], 1])
  })

  it('shows only channels with a text in their name, and only connections of one owner', async () => {
    const { openClient, watch } = await startInspected()
    await openClient('game:1,game:2,shop', { 'x-owner': 'ann' })
    await openClient('shop', { 'x-owner': 'bob' })
    const stream = await watch('?filter=game&owner=bob')
    const { total, rows } = await sample(stream, 'channels')
    expect([total, rows.map(({ name }) => name.text)]).toEqual([2, ['game:1', 'game:2']])
    const connections = await sample(stream, 'connections')
    expect([connections.total, connections.rows[0]?.owner]).toEqual([1, { text: 'bob' }])
  })

  it('reads nothing and listens to nothing while no page watches', async () => {
    const { registry, openClient, watch } = await startInspected()
    await openClient()
    const stats = jest.spyOn(registry, 'stats')
    const before = isHeard('gap')
    const [one, other] = [await watch(), await watch('?filter=x')]
    await sample(one, 'stats')
    expect([before, isHeard('gap'), isHeard('close')]).toEqual([false, true, true])
    one.close()
    await until(() => stats.mock.calls.length > 1)
    other.close()
    await until(() => !isHeard('gap') && !isHeard('close'))
    stats.mockClear()
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(stats).not.toHaveBeenCalled()
  })
})

describe('the inspector of a large registry', () => {
  /** Milliseconds that a reading takes at least. */
  const slow = 20
  /** Milliseconds until the next reading, if a reading takes at most 1 % of the time. */
  const rest = 99 * slow

  function slowly<T>(work: () => T): T {
    const end = performance.now() + slow
    while (performance.now() < end);
    return work()
  }

  it('reads all views less often, so that reading takes at most 1 % of a core', async () => {
    const { registry, watch } = await startInspected()
    const read = registry.stats.bind(registry)
    const starts: number[] = []
    jest.spyOn(registry, 'stats').mockImplementation(() => {
      starts.push(performance.now())
      return slowly(read)
    })
    const stream = await watch('?channel=a')
    await until(() => starts.length === 1)
    await registry.channel('a').publish({ data: '1' })
    await sample(stream, 'events')
    expect(starts.length).toBeGreaterThan(1)
    expect(starts[1]! - starts[0]!).toBeGreaterThan(rest)
  })

  it('waits as long before it reads a view that a page has just chosen', async () => {
    const { registry, watch } = await startInspected()
    const read = registry.connections.bind(registry)
    const starts = new Map<string | undefined, number>()
    jest.spyOn(registry, 'connections').mockImplementation((options) => {
      if (!starts.has(options?.owner)) starts.set(options?.owner, performance.now())
      return slowly(() => read(options))
    })
    await watch()
    await until(() => starts.size === 1)
    await watch('?owner=ann')
    await until(() => starts.size === 2)
    expect(starts.get('ann')! - starts.get(undefined)!).toBeGreaterThan(rest)
  })
})

describe('rows', () => {
  it('are bounded, and say how many there are', async () => {
    const registry = createRegistry()
    for (let n = 0; n < 350; n++) await registry.channel(`c${n}`).publish({ data: 'x' })
    const rows = new ChannelRows(inspectionOf(registry)!, '')
    rows.sample()
    await registry.channel('c349').publish({ data: 'x' })
    const second = rows.sample() as Samples['channels']
    expect([second.total, second.rows.length]).toEqual([350, MAX_CHANNELS])
    expect(second.rows[0]).toMatchObject({ name: { text: 'c349' } })
    expect(second.rows[0]!.rate).toBeGreaterThan(0)
  })

  it('of activity are bounded, and count what is left out', () => {
    const registry = createRegistry()
    const activity = new Activity(registry)
    for (let n = 0; n < MAX_ACTIVITY + 5; n++) {
      diagnosticsChannel('express-sse-channels:shed').publish({ registry, owner: undefined, reason: 'closing' })
    }
    activity.close()
    const { items, omitted } = activity.sample() as Samples['activity']
    expect([items.length, omitted]).toEqual([MAX_ACTIVITY, 5])
  })

  it('of events are bounded, and count what is left out', async () => {
    const registry = createRegistry({ history: { events: 500 } })
    const events = new ChannelEvents(inspectionOf(registry)!, 'a')
    expect(events.sample()).toBeUndefined()
    for (let n = 0; n < 250; n++) await registry.channel('a').publish({ data: n })
    const { events: shown, omitted } = events.sample() as Samples['events']
    expect([shown.length, omitted, shown.at(-1)?.data]).toEqual([100, 150, { text: '249' }])
  })

  it('of events go on when the channel was removed and made again', async () => {
    const registry = createRegistry({ history: false })
    const channel = registry.channel('a')
    for (const data of ['1', '2']) await channel.publish({ data, key: 'k' })
    const events = new ChannelEvents(inspectionOf(registry)!, 'a')
    await channel.forget('k')
    expect(registry.has('a')).toBe(false)
    await channel.publish({ data: '3', key: 'k' })
    expect(events.sample()).toMatchObject({ omitted: expect.any(Number) as number })
  })

  it('are the first in order, whatever the order in which they come', () => {
    for (const step of [1, 7, 99]) {
      const largest = new Largest<number>(3, (a, b) => b - a)
      for (let n = 0; n < 100; n++) largest.offer((n * step) % 100)
      expect(largest.items).toEqual([99, 98, 97])
    }
    const few = new Largest<number>(3, (a, b) => b - a)
    few.offer(1)
    few.offer(2)
    expect(few.items).toEqual([2, 1])
  })

  it('of text that an app may choose are short, and keep it as it is', async () => {
    const { registry, openClient, watch } = await startInspected()
    const long = 'x'.repeat(10_000)
    const hostile = ['<img src=x onerror=alert(1)>', 'a\u2028b\u2029c', '"}\n\ndata: evil', long]
    await openClient('a', { 'x-owner': '<b>' })
    for (const name of hostile) await registry.channel(name).publish({ event: '<i>', data: `${name}😀`, key: name })
    const stream = await watch(`?channel=${encodeURIComponent(hostile[1]!)}`)
    const { rows } = await sample(stream, 'channels')
    const names = rows.map(({ name }) => name)
    for (const name of hostile.slice(0, 3)) expect(names).toContainEqual({ text: name })
    expect(names).toContainEqual({ text: 'x'.repeat(200), isCut: true })
    const { events } = await sample(stream, 'events')
    expect(events[0]).toMatchObject({ type: { text: '<i>' }, data: { text: `${hostile[1]}😀` } })
    expect(stream.raw).not.toContain('\u2028'.repeat(2))
    expect(shortList(['a', 'b', 'c'], 2)).toEqual({ first: [{ text: 'a' }, { text: 'b' }], count: 3 })
  })
})

describe('events with long data', () => {
  const lines = 'a\n'.repeat(20_000)

  it('are read at their beginning alone, so that reading many of them is quick', async () => {
    const registry = createRegistry()
    for (let n = 0; n < 60; n++) await registry.channel(`c${n}`).publish({ data: lines })
    const inspection = inspectionOf(registry)!
    const whole = encodeMessage({ data: lines })
    const tenWhole = timeOf(() => {
      for (let n = 0; n < 10; n++) decodeBody(whole)
    })
    const rows = new ChannelRows(inspection, '')
    expect(timeOf(() => rows.sample())).toBeLessThan(tenWhole)
    const { rows: shown } = rows.sample() as Samples['channels']
    expect(shown[0]!.last!.data).toEqual({ text: lines.slice(0, 120), isCut: true })

    const events = new ChannelEvents(inspection, 'b')
    for (let n = 0; n < 60; n++) await registry.channel('b').publish({ data: lines })
    expect(timeOf(() => events.sample())).toBeLessThan(tenWhole)
  })

  it.each<[string, Message, ReturnType<typeof beginningOf>]>([
    ['all data', { data: '0123456789', id: 'i' }, { type: { text: 'message' }, data: { text: '0123456789' } }],
    ['empty lines', { data: '\n'.repeat(9) }, { type: { text: 'message' }, data: { text: '\n'.repeat(9) } }],
    ['a long ID', { data: 'x', id: 'i'.repeat(1024) }, { type: { text: 'message' }, data: { text: 'x' } }],
    ['no data', { event: 'e', id: 'i' }, { type: { text: 'e' }, data: undefined }],
    ['a comment', { comment: 'c' }, { type: { text: 'message' }, data: undefined }],
    ['one line too long', { event: 'e', data: 'x'.repeat(5000) }, { type: { text: 'e' }, data: cut('xxxxxxxxxx') }],
    ['many lines', { event: 'e', data: lines }, { type: { text: 'e' }, data: cut('a\na\na\na\na\n') }],
    ['a long type', { event: 'e'.repeat(5000), data: 'x' }, { type: cut('e'.repeat(200)), data: cut('') }],
    ['a long comment', { comment: 'c'.repeat(5000), event: 'e', data: 'x' }, { type: cut(''), data: cut('') }],
    [
      'a comment before the type',
      { comment: 'c'.repeat(1080), event: 'e'.repeat(99), data: 'x' },
      { type: cut('e'.repeat(11)), data: cut('') },
    ],
    [
      'a comment before the data',
      { comment: 'c'.repeat(1080), data: 'x'.repeat(99) },
      { type: { text: 'message' }, data: cut('xxxxxxxxxx') },
    ],
  ])('show %s, with a mark where something was left out', (_name, message, expected) => {
    expect(beginningOf(encodeMessage(message), 10)).toEqual(expected)
  })
})

function cut(text: string) {
  return { text, isCut: true as const }
}

function timeOf(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}
