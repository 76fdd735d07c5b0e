// Entries of the log that hold no event: they forget a key, or only take a position.
import { CHANNEL, EPOCH, KEYED, latestOf, TestLog } from '../helpers/log.js'
import { nextPosition, type Position } from '../../src/log/position.js'
import type { LogEntry, StoredEvent } from '../../src/log/store.js'

function append(test: TestLog, entry: LogEntry): Position {
  const position = nextPosition(test.log.last, test.now)
  test.log.append(position, entry)
  return position
}

const forget = (test: TestLog, channel: string, key: string) => append(test, { kind: 'forget', channel, key })

const stored = (ms: number, key: string, channel = 'a'): StoredEvent => ({
  position: { ms, seq: 0 },
  entry: { channel, key, body: `data: ${ms}\n` },
})

const keysOf = (test: TestLog, name = 'a') => latestOf(test.channel(name)).map(({ key }) => key)

describe('a forgotten key', () => {
  it('has no latest event, and its events stay in history', () => {
    const test = new TestLog()
    for (const key of ['k', 'l']) test.append('a', { key })
    const position = forget(test, 'a', 'k')
    expect(test.log.last).toEqual(position)
    expect([keysOf(test), test.history('a')]).toEqual([['l'], [1, 2]])
  })

  it('leaves the log if history has evicted its event', () => {
    const test = new TestLog({ history: { events: 1 } })
    for (const key of ['k', 'l', '']) test.append('a', { key, id: `of ${key}` })
    forget(test, 'a', 'k')
    expect([test.log.events, test.log.bytes]).toEqual([2, expect.any(Number)])
    expect(test.log.ownIds.has('of k')).toBe(false)
    forget(test, 'a', '')
    expect([test.log.events, keysOf(test), test.history('a')]).toEqual([2, ['l'], [3]])
  })

  it('is no eviction: nobody is told of a gap', () => {
    const test = new TestLog({ history: { events: 1 } })
    const channel = test.read('a')
    for (const key of ['k', 'l']) test.append('a', { key })
    const before = [channel.isIncomplete, channel.latestEvictions, channel.floor, test.log.evictedKeys]
    forget(test, 'a', 'k')
    expect([channel.isIncomplete, channel.latestEvictions, channel.floor, test.log.evictedKeys]).toEqual(before)
  })

  it('is no newer event: its event is not replaced, also not by the next one of the key', () => {
    const test = new TestLog()
    const first = test.append('a', { key: 'k' })
    forget(test, 'a', 'k')
    const second = test.append('a', { key: 'k' })
    expect([first.replaced, second.replaced]).toEqual([false, false])
    expect(latestOf(test.channel('a'))).toEqual([second])
  })

  it('removes the channel if the log holds nothing else of it, and its bytes', () => {
    const test = new TestLog({ history: { age: 1000 } })
    test.append('a', { key: 'k' })
    test.now += 2000
    test.append('b', { key: 'k' })
    expect([...test.log.channels.keys()]).toEqual(['a', 'b'])
    forget(test, 'a', 'k')
    expect([...test.log.channels.keys()]).toEqual(['b'])
    expect(test.log.bytes).toBe(KEYED + CHANNEL)
  })

  it('may be unknown, and makes no channel', () => {
    const test = new TestLog()
    const position = forget(test, 'a', 'k')
    expect([test.log.last, test.log.channels.size]).toEqual([position, 0])
  })

  it('stays forgotten in a log that begins with it among the held entries, in their order', () => {
    const { log } = new TestLog()
    const at = (ms: number) => ({ ms, seq: 0 })
    const entry = { kind: 'forget', channel: 'a', key: 'k' } as const
    const held = (...kinds: LogEntry[]) => kinds.map((each, i) => ({ position: at(5 + i), entry: each }))
    const { entry: event } = stored(5, 'k')
    for (const [events, keys] of [
      [held(entry), ['l']],
      [held(entry, event), ['l', 'k']],
      [held(event, entry), ['l']],
    ] as const) {
      log.begin(EPOCH, at(4), { latest: [stored(1, 'k'), stored(2, 'l')], events, readUpTo: at(4) })
      expect(latestOf(log.channel('a')).map(({ key }) => key)).toEqual(keys)
      expect(log.last).toEqual(at(4 + events.length))
    }
  })
})

describe('a log that skips entries', () => {
  it('forgets the keys that do not remain, and keeps the events that do', () => {
    const test = new TestLog()
    const channel = test.read('a')
    const [, kept] = ['forgotten', 'kept', 'changed'].map((key) => test.append('a', { key }))
    const remaining = { position: kept!.position, entry: stored(0, 'kept').entry }
    const last = { ms: test.now + 10, seq: 0 }
    test.log.skip(last, [remaining, stored(last.ms - 1, 'changed'), stored(last.ms, 'new')])
    expect(keysOf(test)).toEqual(['kept', 'changed', 'new'])
    expect(channel.latest('kept')).toBe(kept)
    expect(latestOf(channel).map(({ offset }) => offset)).toEqual([2, 5, 6])
    expect(channel.isIncomplete).toBe(false)
  })

  it('does not take up an older event that it has evicted, because events come in order', () => {
    const test = new TestLog({ keys: 1 })
    const [evicted, kept] = ['k', 'l'].map((key) => test.append('a', { key }))
    const remaining = [evicted!, kept!].map(({ position, key }) => ({ position, entry: stored(0, key ?? '').entry }))
    test.log.skip({ ms: test.now + 10, seq: 0 }, remaining)
    expect(keysOf(test)).toEqual(['l'])
  })

  it('knows which channels lack the latest event of a key, also if it holds nothing of them', () => {
    const test = new TestLog()
    const channel = test.read('a')
    test.log.skip({ ms: test.now + 10, seq: 0 }, [], ['a', 'gone'])
    expect([channel.isIncomplete, test.log.channel('gone').isIncomplete]).toEqual([true, true])
    expect(test.log.channel('other').isIncomplete).toBe(false)
  })
})

describe('an entry of an unknown kind', () => {
  it.each([{ kind: 'unknown' }, { kind: 'tomorrow', channel: 'a', key: 'k' }] as LogEntry[])(
    'only takes a position: %j',
    (entry) => {
      const test = new TestLog()
      test.append('a', { key: 'k' })
      const position = append(test, entry)
      expect([test.log.last, test.log.events, keysOf(test)]).toEqual([position, 1, ['k']])
      const held = { latest: [stored(1, 'k')], events: [{ position: { ms: 5, seq: 0 }, entry }] }
      test.log.begin(EPOCH, { ms: 4, seq: 0 }, { ...held, readUpTo: { ms: 4, seq: 0 } })
      expect([test.log.last, test.log.events, keysOf(test)]).toEqual([{ ms: 5, seq: 0 }, 1, ['k']])
    },
  )
})
