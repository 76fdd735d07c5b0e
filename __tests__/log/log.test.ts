import fc from 'fast-check'
import type { LogEvent } from '../../src/log/channel-log.js'
import { comparePositions, formatId, nextPosition } from '../../src/log/position.js'
import { Log } from '../../src/log/log.js'
import { encodeBody, endBody, endEvent, isEvent } from '../../src/wire/format.js'
import { anyMessage } from '../helpers/arbitraries.js'
import { CHANNEL, EPOCH, historyOf, KEYED, latestOf, SMALL, TestLog, type TestBounds } from '../helpers/log.js'

describe('an event in the log', () => {
  it('is the text for the wire, with the ID of its position', () => {
    const { append } = bound()
    const event = append('a', { data: 'é' })
    expect(event.text).toBe(`data: é\nid: ${formatId(event.position, EPOCH)}\n\n`)
    expect(event.bytes).toBe(Buffer.byteLength(event.text))
  })

  it('carries the app’s own ID if the message has one', () => {
    const { append } = bound()
    expect(append('a', { id: 'own' }).text).toBe('data: x\nid: own\n\n')
  })

  it('has no ID if clients dispatch nothing', () => {
    const { log } = new TestLog()
    const position = { ms: log.last.ms + 1, seq: 0 }
    expect(log.append(position, { channel: 'a', body: ': comment\nretry: 1\n' }).text).toBe(': comment\nretry: 1\n')
  })

  it('has an ID exactly if it has its own or clients dispatch something', () => {
    const { log } = new TestLog()
    fc.assert(
      fc.property(anyMessage, ({ id, ...message }) => {
        const body = encodeBody({ id, ...message })
        const position = nextPosition(log.last, 0)
        const text = isEvent(body) || id !== undefined ? endEvent(body, id ?? formatId(position, EPOCH)) : endBody(body)
        const event = log.append(position, { channel: 'a', id, body })
        expect([event.text, event.bytes]).toEqual([text, Buffer.byteLength(text)])
      }),
    )
  })

  it('is numbered within its channel and has the highest position of the log', () => {
    const { append } = bound()
    const events = ['a', 'b', 'a', 'a', 'b'].map((channel) => append(channel))
    expect(events.map(({ offset }) => offset)).toEqual([1, 1, 2, 3, 2])
    expect(events.map(({ position }) => position)).toEqual(
      events.map(({ position }) => position).sort(comparePositions),
    )
    expect(new Set(events.map(({ position }) => formatId(position, EPOCH))).size).toBe(5)
  })

  it('counts with its text, key, own ID, and 256 bytes or more', () => {
    const { log, append } = bound()
    const event = append('a', { key: 'k'.repeat(1000), id: 'i'.repeat(100) })
    expect(event.size).toBe(event.bytes + 1000 + 100 + 256 + 64 + 128)
    expect(log.bytes).toBe(event.size + CHANNEL)
    expect(log.events).toBe(1)
  })

  it('counts two bytes for each character if one is above U+00FF', () => {
    const { append } = bound()
    const latin = append('a', { data: 'é'.repeat(100) })
    const wide = append('a', { data: `${'x'.repeat(100)}😀` })
    expect(latin.size).toBeGreaterThanOrEqual(256 + latin.bytes)
    expect(wide.size).toBe(256 + 2 * wide.text.length)
  })
})

describe('history', () => {
  it('holds the newest events of a channel, up to its bound on events', () => {
    const test = new TestLog({ history: { events: 3 } })
    test.appendMany('a', 5)
    test.appendMany('b', 2)
    expect(test.history('a')).toEqual([3, 4, 5])
    expect(test.history('b')).toEqual([1, 2])
    expect(test.log.events).toBe(5)
  })

  it('holds the newest events of a channel, up to its bound on bytes', () => {
    const test = new TestLog({ history: { bytes: 3 * SMALL } })
    test.appendMany('a', 5)
    expect(test.history('a')).toEqual([3, 4, 5])
    expect(test.channel('a').bytes).toBe(3 * SMALL)
    test.append('a', { data: 'x'.repeat(2 * SMALL) })
    expect(test.history('a')).toEqual([6])
  })

  it('holds the newest event even if it exceeds the bound', () => {
    const test = new TestLog({ history: { bytes: 1 }, bytes: 1 })
    test.append('a', { data: 'x'.repeat(1000) })
    expect(test.history('a')).toEqual([1])
    test.append('b', { data: 'x'.repeat(1000) })
    expect([...test.log.channels.keys()]).toEqual(['b'])
  })

  it('evicts old events of all channels on each publish', () => {
    const test = new TestLog({ history: { age: 1000 } })
    test.read('a')
    test.append('a')
    test.now += 500
    test.append('a')
    test.now += 500
    test.append('b')
    expect(test.history('a')).toEqual([1, 2])
    test.now += 1
    test.append('b')
    expect(test.history('a')).toEqual([2])
    test.now += 1000
    test.append('b')
    expect(test.history('a')).toEqual([])
    expect(test.history('b')).toEqual([2, 3])
  })

  it('measures age with a monotonic clock, not the wall clock', () => {
    const test = new TestLog({ history: { age: 1000 } })
    test.read('a')
    test.append('a')
    const position = { ms: test.now + 86_400_000, seq: 0 }
    const { channel } = test.log.append(position, { channel: 'a', body: 'data: tomorrow\n' })
    test.log.trim(channel)
    expect(test.history('a')).toEqual([1, 2])
    test.now += 1001
    test.log.trimAge()
    expect(test.history('a')).toEqual([])
  })

  it('evicts old events on request, when nothing is published', () => {
    const test = new TestLog({ history: { age: 1000 } })
    test.append('a')
    test.log.trimAge(test.now + 1000)
    expect(test.log.events).toBe(1)
    test.log.trimAge(test.now + 1001)
    expect(test.log.events).toBe(0)
  })

  it('keeps only latest events if replay is off and the channel has no subscribers', () => {
    const test = new TestLog({ replay: false })
    test.append('a')
    expect(test.log.channels.size).toBe(0)
    const reader = test.read('b')
    test.append('b', { key: 'k' })
    test.append('b')
    expect(test.history('b')).toEqual([1, 2])
    test.leave(reader)
    expect(test.history('b')).toEqual([])
    expect(test.channel('b').latest('k')?.offset).toBe(1)
    expect(test.log.events).toBe(1)
  })
})

describe('the floor of a channel', () => {
  it('is the position of the newest evicted event', () => {
    const test = new TestLog({ history: { events: 2 } })
    const [first, second] = test.appendMany('a', 4)
    expect(test.channel('a').floor).toBe(second?.position)
    expect(test.channel('a').historyStart).toBe(second?.offset)
    expect(comparePositions(test.channel('a').floor, first!.position)).toBeGreaterThan(0)
  })

  it('is the beginning of the log if nothing has been evicted', () => {
    const test = new TestLog()
    const began = test.log.last
    test.appendMany('a', 3)
    expect(test.channel('a').floor).toEqual(began)
  })

  it('is at least that of any removed channel when the channel is created again', () => {
    const test = new TestLog({ history: { events: 1, age: 1000 } })
    const event = test.append('a')
    test.now += 2000
    test.log.trimAge(test.now)
    expect(test.log.channels.has('a')).toBe(false)
    expect(test.log.channel('a').floor).toEqual(event.position)
    expect(test.log.channel('never seen before').floor).toEqual(event.position)
  })

  it('gives the number of events up to a position', () => {
    const test = new TestLog({ history: { events: 3 } })
    const events = test.appendMany('a', 6)
    const channel = test.channel('a')
    for (const { offset, position } of events.slice(3)) {
      expect(channel.offsetAt(position)).toBe(offset)
      expect(channel.offsetAt({ ...position, seq: position.seq + 1 })).toBe(Math.min(offset + 1, 6))
    }
    expect(channel.offsetAt({ ms: test.now + 1, seq: 0 })).toBe(6)
    expect(channel.offsetAt(events[2]!.position)).toBe(3)
    expect(channel.offsetAt(events[0]!.position)).toBe(3)
  })

  it('of a removed channel counts if it is the highest', () => {
    const test = new TestLog({ history: { events: 1, age: 1000 } })
    const quiet = test.read('quiet')
    const event = test.append('a')
    test.now += 2000
    test.log.trimAge(test.now)
    test.leave(quiet)
    expect(test.log.channel('new').floor).toEqual(event.position)
  })

  it('gives its own number for every position below it', () => {
    const test = new TestLog({ history: { events: 2 } })
    const events = [{}, {}, {}, { key: 'k' }].map((entry) => test.append('a', entry))
    expect(test.channel('a').offsetAt(events[0]!.position)).toBe(2)
  })

  it('does not change the numbers of latest events below it', () => {
    const test = new TestLog({ history: { events: 1 } })
    const keyed = ['k', 'l', 'm'].map((key) => test.append('a', { key }))
    test.append('a')
    const channel = test.channel('a')
    expect(channel.historyStart).toBe(3)
    expect(channel.offsetAt(keyed[0]!.position)).toBe(1)
    expect(channel.offsetAt(keyed[1]!.position)).toBe(2)
    expect(channel.offsetAt({ ms: 0, seq: 0 })).toBe(0)
  })
})

describe('the latest event of a key', () => {
  it('is the newest one, and the older ones are marked as replaced', () => {
    const test = new TestLog()
    const [first, second, third] = test.appendMany('a', 3, { key: 'k' })
    expect(test.channel('a').latest('k')).toBe(third)
    expect([first, second, third].map((event) => event?.replaced)).toEqual([true, true, false])
    expect(test.channel('a').latest('l')).toBeUndefined()
  })

  it('is evicted only through itself, not through an event that it replaced', () => {
    const test = new TestLog()
    const [old, event] = test.appendMany('a', 2, { key: 'k' })
    test.channel('a').evictLatest(old!)
    expect(test.channel('a').latest('k')).toBe(event)
    test.channel('a').evictLatest(event!)
    expect(test.channel('a').latest('k')).toBeUndefined()
  })

  it('is kept for each channel', () => {
    const test = new TestLog()
    const a = test.append('a', { key: 'k' })
    test.append('b', { key: 'k' })
    expect(test.channel('a').latest('k')).toBe(a)
    expect(a.replaced).toBe(false)
  })

  it('stays after eviction from history, until a newer one replaces it', () => {
    const test = new TestLog({ history: { events: 1 } })
    const old = test.append('a', { key: 'k' })
    test.appendMany('a', 3)
    expect(test.channel('a').latest('k')).toBe(old)
    expect(test.log.events).toBe(2)
    expect(test.log.bytes).toBe(old.size + SMALL + CHANNEL)
    test.append('a', { key: 'k' })
    expect(test.log.events).toBe(1)
    expect(test.log.bytes).toBe(old.size + CHANNEL)
  })

  it('keeps its channel after all history has expired', () => {
    const test = new TestLog({ history: { age: 1000 } })
    test.append('a', { key: 'k' })
    test.now += 2000
    test.log.trimAge(test.now)
    expect(test.history('a')).toEqual([])
    expect(latestOf(test.channel('a')).map(({ key }) => key)).toEqual(['k'])
  })

  it('is found in order of position, whatever the order of the keys', () => {
    const test = new TestLog()
    for (const key of ['k', 'l', 'm', 'k', 'n', 'l']) test.append('a', { key })
    expect(latestOf(test.channel('a')).map(({ key, offset }) => `${key}${offset}`)).toEqual(['m3', 'k4', 'n5', 'l6'])
    expect(test.channel('a').latestAfter(6)).toBeUndefined()
  })

  it.each(['', '__proto__', 'constructor', '\0', '😀'])('may have any key: %j', (key) => {
    const test = new TestLog()
    const event = test.append('a', { key })
    expect(test.channel('a').latest(key)).toBe(event)
    expect(test.channel('a').keys).toBe(1)
  })
})

describe('the bound on keys', () => {
  it('evicts the key that has been unchanged for the longest time', () => {
    const test = new TestLog({ keys: 2 })
    for (const key of ['k', 'l', 'k', 'm']) test.append('a', { key })
    expect(latestOf(test.channel('a')).map(({ key }) => key)).toEqual(['k', 'm'])
    expect(test.channel('a').latest('l')).toBeUndefined()
  })

  it('leaves the event itself in history', () => {
    const test = new TestLog({ keys: 1 })
    test.append('a', { key: 'k' })
    test.append('a', { key: 'l' })
    expect(test.history('a')).toEqual([1, 2])
    expect(test.log.events).toBe(2)
  })

  it('removes the event if history no longer holds it', () => {
    const test = new TestLog({ keys: 1, history: { events: 1 } })
    for (let i = 0; i < 5; i++) test.append('a', { key: String(i) })
    expect(test.log.events).toBe(1)
    expect(test.log.bytes).toBe(KEYED + CHANNEL)
  })

  it('counts evictions and marks the channel as incomplete', () => {
    const test = new TestLog({ keys: 2, history: { age: 1000 } })
    for (const key of ['k', 'l']) test.append('a', { key })
    expect([test.log.evictedKeys, test.channel('a').isIncomplete]).toEqual([0, false])
    test.append('a', { key: 'm' })
    expect([test.log.evictedKeys, test.channel('a').isIncomplete]).toEqual([1, true])
    expect([test.channel('a').latestEvictions, test.channel('a').newestEvictedLatest]).toEqual([1, 1])
    expect(test.log.channel('b').isIncomplete).toBe(false)
  })

  it('applies to each channel separately', () => {
    const test = new TestLog({ keys: 1 })
    test.append('a', { key: 'k' })
    test.append('b', { key: 'l' })
    expect(test.channel('a').keys).toBe(1)
    expect(test.channel('b').keys).toBe(1)
  })
})

describe('the bound on the whole log', () => {
  it('evicts the oldest event of any channel first', () => {
    const test = new TestLog({ bytes: 4 * SMALL + 2 * CHANNEL })
    test.append('a')
    test.append('b')
    test.append('a')
    test.appendMany('c', 3)
    expect(test.log.channels.has('b')).toBe(false)
    expect(test.history('a')).toEqual([2])
    expect(test.history('c')).toEqual([1, 2, 3])
    expect(test.log.bytes).toBe(4 * SMALL + 2 * CHANNEL)
  })

  it('evicts history first while latest events take less than half of it', () => {
    const test = new TestLog({ bytes: 20 * SMALL })
    for (const key of ['k', 'l', 'm']) test.append('quiet', { key })
    test.appendMany('busy', 1000)
    expect(latestOf(test.channel('quiet')).map(({ key }) => key)).toEqual(['k', 'l', 'm'])
    expect(test.channel('busy').historyLength).toBeGreaterThanOrEqual(6)
  })

  it('evicts history first while latest events take exactly half of it', () => {
    const test = new TestLog({ bytes: 16 * KEYED, history: { events: 1 } })
    const keys = 'a b c d e f g h i'.split(' ')
    test.append('oldest')
    for (const key of keys) test.append('quiet', { key })
    test.append('newest')
    expect(test.log.channels.has('oldest')).toBe(false)
    expect(latestOf(test.channel('quiet')).map(({ key }) => key)).toEqual(keys)
  })

  it('guarantees history half of it, however many keys there are', () => {
    const test = new TestLog({ bytes: 60 * SMALL, history: { events: 1 } })
    for (let i = 0; i < 1000; i++) test.append(`channel ${i % 20}`, { key: String(i) })
    expect(test.log.bytes).toBeLessThanOrEqual(60 * SMALL)
    const history = [...test.log.channels.values()].reduce((sum, { historyLength }) => sum + historyLength, 0)
    expect(history).toBeGreaterThanOrEqual(5)
  })

  it('holds for any number of channels, each used once', () => {
    const test = new TestLog({ bytes: 100 * SMALL })
    for (let i = 0; i < 10_000; i++) test.append(`channel ${i}`, i % 2 === 0 ? { key: 'k' } : {})
    expect(test.log.bytes).toBeLessThanOrEqual(100 * SMALL)
    expect(test.log.channels.size).toBeLessThanOrEqual(100)
  })
})

describe('a log', () => {
  it('is pending until it begins', () => {
    const log = new Log(new TestLog().log.bounds)
    expect(log.isPending).toBe(true)
    log.begin(EPOCH, { ms: 5, seq: 0 })
    expect(log.isPending).toBe(false)
  })

  it('knows when its oldest event was appended', () => {
    const test = new TestLog({ history: { events: 1 } })
    expect(test.log.oldestAt).toBeUndefined()
    for (const channel of ['a', 'b', 'a']) {
      test.append(channel)
      test.now += 5
    }
    expect(test.log.oldestAt).toBe(test.now - 10)
  })
})

describe('a log that begins with the events of a store', () => {
  const stored = (ms: number, channel: string, key?: string) => ({
    position: { ms, seq: 0 },
    entry: { channel, key, body: 'data: x\n' },
  })

  it('keeps the newest of several latest events of one key, and counts it once', () => {
    const { log } = new TestLog()
    const latest = [stored(1, 'a', 'k'), stored(2, 'a', 'k'), stored(3, 'a', 'l')]
    log.begin(EPOCH, { ms: 5, seq: 0 }, { latest, events: [], readUpTo: { ms: 5, seq: 0 } })
    expect(latestOf(log.channels.get('a')!).map(({ position, key }) => `${key}${position.ms}`)).toEqual(['k2', 'l3'])
    expect([log.events, log.bytes]).toEqual([2, 2 * log.channels.get('a')!.latest('k')!.size + CHANNEL])
  })

  it('keeps no more keys than its bound, also with own IDs', () => {
    const test = new TestLog({ keys: 1 })
    const { position, entry } = stored(1, 'a', 'k')
    const latest = [{ position, entry: { ...entry, id: 'own' } }, stored(2, 'a', 'l')]
    test.log.begin(EPOCH, { ms: 5, seq: 0 }, { latest, events: [], readUpTo: { ms: 5, seq: 0 } })
    expect(latestOf(test.channel('a')).map(({ key }) => key)).toEqual(['l'])
    expect([test.log.events, test.log.ownIds.has('own')]).toEqual([1, false])
  })

  it('measures age from the newest event, or from the time that the store gives', () => {
    for (const [now, held] of [
      [undefined, [700, 1000]],
      [1400, [1000]],
      [2000, []],
    ] as const) {
      const test = new TestLog({ history: { age: 500 } })
      const events = [100, 400, 700, 1000].map((ms) => stored(ms, 'a'))
      test.log.begin(EPOCH, { ms: 5, seq: 0 }, { latest: [], events, readUpTo: { ms: 5, seq: 0 }, now })
      const channel = test.log.channels.get('a')
      expect(channel === undefined ? [] : historyOf(channel).map(({ position }) => position.ms)).toEqual(held)
    }
  })

  it('marks the channels that the store reports as incomplete', () => {
    const { log } = new TestLog()
    const readUpTo = { ms: 5, seq: 0 }
    const latest = [stored(1, 'a', 'k')]
    log.begin(EPOCH, readUpTo, { latest, events: [], readUpTo, incomplete: ['a', 'b', 'c'] })
    expect(['a', 'b', 'c', 'd'].map((name) => log.channel(name).isIncomplete)).toEqual([true, true, true, false])
  })

  it('marks all channels as incomplete if the store does not know which are', () => {
    const { log } = new TestLog()
    const readUpTo = { ms: 5, seq: 0 }
    const latest = [stored(1, 'a', 'k')]
    log.begin(EPOCH, readUpTo, { latest, events: [], readUpTo, incomplete: [''] })
    expect(['a', 'b'].map((name) => log.channel(name).isIncomplete)).toEqual([true, true])
  })

  it('marks all new channels as incomplete if they are too many to remember', () => {
    const { log } = new TestLog()
    const readUpTo = { ms: 5, seq: 0 }
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`)
    log.begin(EPOCH, readUpTo, { latest: [], events: [], readUpTo, incomplete: names })
    expect(names.filter((name) => !log.channel(name).isIncomplete)).toEqual([])
  })

  it('records up to where clients may have read each channel', () => {
    const { log } = new TestLog()
    const events = [stored(6, 'a'), stored(7, 'a'), stored(8, 'a'), stored(9, 'b')]
    log.begin(EPOCH, { ms: 5, seq: 0 }, { latest: [stored(1, 'b', 'k')], events, readUpTo: { ms: 7, seq: 0 } })
    expect(log.channels.get('a')?.readUpTo).toBe(2)
    expect(log.channels.get('b')?.readUpTo).toBe(1)
    expect(log.last).toEqual({ ms: 9, seq: 0 })
  })

  it('drops its earlier content, except for channels with subscribers', () => {
    const test = new TestLog()
    test.append('unread', { key: 'k', id: 'own' })
    const read = test.read('read')
    test.append('read', { key: 'k', id: 'own' })
    test.log.begin('another', { ms: 5, seq: 0 })
    expect([...test.log.channels.keys()]).toEqual(['read'])
    expect([read.isEmpty, read.bytes, read.latest('k')]).toEqual([true, 0, undefined])
    expect(test.log.ownIds.has('own')).toBe(false)
    expect([read.floor, test.log.channel('new').floor]).toEqual([test.log.last, test.log.last])
    expect([test.log.events, test.log.epoch, test.log.generation]).toEqual([0, 'another', 2])
    expect(test.log.bytes).toBe(test.log.ownIds.bytes)
  })

  it('is within its bounds and keeps the newest events', () => {
    const { log } = new TestLog({ history: { events: 2 } })
    const events = [stored(6, 'a'), stored(7, 'a'), stored(8, 'a')]
    log.begin(EPOCH, { ms: 5, seq: 0 }, { latest: [], events, readUpTo: { ms: 5, seq: 0 } })
    expect(historyOf(log.channels.get('a')!).map(({ position }) => position.ms)).toEqual([7, 8])
  })
})

describe('a log that skips events', () => {
  it('drops its history, keeps the latest events and overtakes every subscriber', () => {
    const test = new TestLog()
    const read = test.read('a')
    const keyed = test.append('a', { key: 'k' })
    test.append('a')
    test.append('unread')
    const position = { ms: test.now + 10, seq: 0 }
    const kept = { position: keyed.position, entry: { channel: 'a', key: 'k', body: 'data: x\n' } }
    test.log.skip(position, [kept, { position, entry: { channel: 'b', key: 'l', body: 'data: x\n' } }])
    expect([...test.log.channels.keys()]).toEqual(['a', 'b'])
    expect(test.history('a')).toEqual([])
    expect(latestOf(read)).toEqual([keyed])
    expect([read.tail, read.floor, read.historyStart]).toEqual([3, position, 3])
    expect(latestOf(test.channel('b')).map(({ key }) => key)).toEqual(['l'])
    expect([test.log.last, test.log.channel('new').floor]).toEqual([position, position])
    expect(test.log.events).toBe(2)
  })
})

describe('a log that skips events, and whose newest event is a latest one,', () => {
  it('does not add that event again', () => {
    const test = new TestLog()
    const read = test.read('a')
    const keyed = test.append('a', { key: 'k' })
    const kept = { position: keyed.position, entry: { channel: 'a', key: 'k', body: 'data: x\n' } }
    test.log.skip({ ms: test.now + 10, seq: 0 }, [kept])
    expect(latestOf(read)).toEqual([keyed])
    expect([read.tail, test.log.events]).toEqual([2, 1])
  })
})

describe('a channel', () => {
  it('is removed if it has no subscribers and the log holds none of its events', () => {
    const test = new TestLog({ history: { age: 1000 } })
    const reader = test.read('a')
    test.append('a')
    test.log.trimAge(test.now + 2000)
    expect(test.log.channels.has('a')).toBe(true)
    test.leave(reader)
    expect(test.log.channels.has('a')).toBe(false)
  })

  it('is kept while history holds one of its events', () => {
    const test = new TestLog()
    const reader = test.read('a')
    test.append('a')
    test.leave(reader)
    expect(test.history('a')).toEqual([1])
  })

  it('created again stays when its old object is removed', () => {
    const test = new TestLog()
    const old = test.read('a')
    test.leave(old)
    const anew = test.read('a')
    test.log.dropIfUnused(old)
    expect(test.log.channels.get('a')).toBe(anew)
  })

  it.each(['', '__proto__', 'constructor', '\n'])('may have any name: %j', (name) => {
    const test = new TestLog()
    test.append(name)
    expect(test.history(name)).toEqual([1])
  })
})

describe('any sequence of events, subscribers and time', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        channel: fc.nat(3),
        key: fc.nat(4),
        bytes: fc.nat(400),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(60) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constantFrom('join' as const, 'leave' as const), channel: fc.nat(3) }),
    },
  )
  const count = fc.integer({ min: 1, max: 6 })
  const bounds = fc.record({
    history: fc.record({ events: count, bytes: count.map((n) => n * 400), age: fc.integer({ min: 1, max: 100 }) }),
    bytes: count.map((n) => n * 1000),
    keys: count,
    replay: fc.boolean(),
  })

  it('leaves the log within its bounds, with correct counts and floors', () => {
    fc.assert(
      fc.property(bounds, fc.array(step, { maxLength: 80 }), (limits, steps) => {
        const test = new TestLog(limits)
        const appended: LogEvent[] = []
        for (const one of steps) {
          if (one.kind === 'wait') test.log.trimAge((test.now += one.ms))
          else if (one.kind === 'append') appended.push(test.append(`c${one.channel}`, entryOf(one)))
          else if (one.kind === 'join') test.read(`c${one.channel}`)
          else leaveIfRead(test, `c${one.channel}`)
          expectConsistent(test, limits, appended)
        }
      }),
      { numRuns: 300 },
    )
  })

  function entryOf({ key, bytes }: { key: number; bytes: number }) {
    return { data: 'x'.repeat(bytes), ...(key === 0 ? {} : { key: `k${key}` }) }
  }

  function leaveIfRead(test: TestLog, name: string): void {
    const channel = test.log.channels.get(name)
    if (channel !== undefined && channel.readers > 0) test.leave(channel)
  }

  function expectConsistent(test: TestLog, limits: TestBounds, appended: readonly LogEvent[]): void {
    const { log, now } = test
    const held = new Set<LogEvent>()
    for (const channel of log.channels.values()) {
      const history = historyOf(channel)
      for (const event of [...history, ...latestOf(channel)]) held.add(event)
      expect(channel.isEmpty && channel.readers === 0).toBe(false)
      expect(channel.keys).toBeLessThanOrEqual(limits.keys!)
      expect(history.length).toBeLessThanOrEqual(limits.history!.events!)
      expect(channel.bytes).toBe(history.reduce((sum, event) => sum + event.size, 0))
      if (history.length > 1) expect(channel.bytes).toBeLessThanOrEqual(limits.history!.bytes!)
      expect(history.every(({ position }) => position.ms >= now - limits.history!.age!)).toBe(true)
      if (limits.replay === false && channel.readers === 0) expect(history).toEqual([])
      const newer = appended.filter(
        (e) => e.channel.name === channel.name && comparePositions(e.position, channel.floor) > 0,
      )
      expect(newer).toEqual(history)
      for (const event of latestOf(channel)) expect(event.replaced).toBe(false)
    }
    expect(log.events).toBe(held.size)
    const channels = new Set([...held].map(({ channel }) => channel))
    const occupied = [...held, ...channels].reduce((sum, { size }) => sum + size, 0)
    // The rest are hashes of removed incomplete channels: at most an eighth of the bound.
    expect(log.bytes - occupied).toBeGreaterThanOrEqual(0)
    expect(log.bytes - occupied).toBeLessThanOrEqual(limits.bytes! / 8)
    if (held.size > 1) expect(log.bytes).toBeLessThanOrEqual(limits.bytes!)
  }
})

function bound() {
  const test = new TestLog()
  return { log: test.log, append: test.append.bind(test) }
}
