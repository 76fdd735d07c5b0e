import fc from 'fast-check'
import { Cursor } from '../../src/delivery/cursor.js'
import type { StartFrom } from '../../src/subscribe-options.js'
import { positionBefore } from '../../src/log/position.js'
import { TestLog, type Entry, type TestBounds } from '../helpers/log.js'

/** Reads to the end of the log or to a gap. Returns the numbers of the events. */
function read(cursor: Cursor): number[] {
  const numbers: number[] = []
  for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
    cursor.advance(event)
    numbers.push(event.offset)
  }
  cursor.advance(undefined)
  return numbers
}

/** A channel with one event for each character: its key, or no key for `-`. */
function channelOf(keys: string, bounds: TestBounds = {}) {
  const test = new TestLog(bounds)
  test.read('a')
  const events = keys.split('').map((key) => test.append('a', keyed(key)))
  return { test, events, channel: test.channel('a'), cursor: new Cursor(test.channel('a')) }
}

function keyed(key: string): Entry {
  return key === '-' ? {} : { key }
}

describe('a cursor without a last event ID', () => {
  it.each<[string, string, StartFrom, number[]]>([
    ['no earlier event', '-k-', 'now', []],
    ['the latest event of every key', '-klk-m-', 'latest', [3, 4, 6]],
    ['nothing without keys', '---', 'latest', []],
    ['all of history', '-kk-', 'start', [1, 2, 3, 4]],
    ['nothing in an empty channel', '', 'start', []],
  ])('reads %s: %j from %s', (_name, keys, from, numbers) => {
    const { cursor } = channelOf(keys)
    cursor.begin(from, true)
    expect(read(cursor)).toEqual(numbers)
    expect(cursor.isBehind).toBe(false)
  })

  it('reads evicted latest events and then all of history, from the start', () => {
    const { cursor } = channelOf('klk--', { history: { events: 2 } })
    cursor.begin('start', true)
    expect(read(cursor)).toEqual([2, 3, 4, 5])
  })

  it('reads only the latest events if nothing is replayed', () => {
    const { cursor } = channelOf('-klk-', { replay: false })
    cursor.begin('start', false)
    expect(read(cursor)).toEqual([3, 4])
  })

  it.each<StartFrom>(['latest', 'now', 'start'])('reads all later events once, from %s', (from) => {
    const { cursor, test } = channelOf('-k')
    cursor.begin(from, true)
    read(cursor)
    test.append('a', { key: 'k' })
    test.append('a', { key: 'k' })
    expect(cursor.isBehind).toBe(true)
    expect(read(cursor)).toEqual([3, 4])
  })

  it('reads the newer event if a latest event is replaced before it is read', () => {
    const { cursor, test } = channelOf('kl')
    cursor.begin('latest', true)
    test.append('a', { key: 'k' })
    expect(read(cursor)).toEqual([2, 3])
  })

  it('skips no newer event if the next latest event is further on', () => {
    const { cursor, test } = channelOf('k--')
    cursor.begin('latest', true)
    test.append('a')
    test.append('a', { key: 'k' })
    expect(read(cursor)).toEqual([4, 5])
  })

  it('reaches the end if the remaining latest events have been evicted', () => {
    const { cursor, test } = channelOf('k', { keys: 1 })
    cursor.begin('latest', true)
    test.append('a', { key: 'l' })
    expect(read(cursor)).toEqual([2])
    const other = channelOf('k-')
    other.cursor.begin('latest', true)
    other.channel.evictLatest(other.events[0]!)
    expect(other.cursor.isBehind).toBe(true)
    expect(read(other.cursor)).toEqual([])
    expect(other.cursor.isBehind).toBe(false)
  })
})

describe('a cursor that resumes', () => {
  it('reads the events after the position', () => {
    const { cursor, events } = channelOf('-k-k-')
    expect(cursor.resumeAfter(events[1]!.position, true)).toBe(true)
    expect(read(cursor)).toEqual([3, 4, 5])
  })

  it('reads everything after the position where the log began', () => {
    const test = new TestLog()
    const began = test.log.last
    test.appendMany('a', 2)
    const cursor = new Cursor(test.channel('a'))
    expect(cursor.resumeAfter(began, true)).toBe(true)
    expect(read(cursor)).toEqual([1, 2])
  })

  it('reads nothing after the newest event', () => {
    const { cursor, events } = channelOf('--')
    expect(cursor.resumeAfter(events[1]!.position, true)).toBe(true)
    expect(read(cursor)).toEqual([])
  })

  it('continues after a position between events, as of another channel’s event', () => {
    const { cursor, events } = channelOf('---')
    expect(cursor.resumeAfter({ ...events[0]!.position, seq: events[0]!.position.seq + 0.5 }, true)).toBe(true)
    expect(read(cursor)).toEqual([2, 3])
  })

  it('has no gap at the floor, and a gap below it', () => {
    const at = channelOf('-----', { history: { events: 2 } })
    expect(at.cursor.resumeAfter(at.channel.floor, true)).toBe(true)
    expect(read(at.cursor)).toEqual([4, 5])
    const below = channelOf('-----', { history: { events: 2 } })
    expect(below.cursor.resumeAfter(positionBefore(below.channel.floor), true)).toBe(false)
    expect(read(below.cursor)).toEqual([4, 5])
  })

  it('after a gap reads the evicted latest events after its position first, in order', () => {
    const { cursor, events } = channelOf('klm-k--', { history: { events: 2 } })
    expect(cursor.resumeAfter(events[1]!.position, true)).toBe(false)
    expect(read(cursor)).toEqual([3, 5, 6, 7])
  })

  it('has a gap if nothing is replayed, and reads the latest events', () => {
    const { cursor, events } = channelOf('-klk-', { replay: false })
    expect(cursor.resumeAfter(events[0]!.position, false)).toBe(false)
    expect(read(cursor)).toEqual([3, 4])
    expect(cursor.resumeAfter(events[4]!.position, false)).toBe(true)
  })

  it('with a meaningless position starts over with the latest events', () => {
    const { cursor } = channelOf('-klk-')
    cursor.startOver()
    expect(read(cursor)).toEqual([3, 4])
  })
})

describe('a cursor that is too slow for history', () => {
  it('stops, and continues after the gap with the latest events it missed', () => {
    const { cursor, test } = channelOf('-', { history: { events: 2 } })
    for (const key of 'kl-k--') test.append('a', keyed(key))
    expect(cursor.isOvertaken).toBe(true)
    expect(cursor.peek()).toBeUndefined()
    cursor.skipGap()
    expect(cursor.isOvertaken).toBe(false)
    expect(read(cursor)).toEqual([3, 5, 6, 7])
  })

  it('is overtaken only when history evicts the event it reads next', () => {
    const { cursor, test } = channelOf('-', { history: { events: 2 } })
    test.appendMany('a', 2)
    expect(cursor.isOvertaken).toBe(false)
    test.append('a')
    expect(cursor.isOvertaken).toBe(true)
  })

  it('is overtaken when a latest event that it has not read is evicted', () => {
    const { cursor, channel, events } = channelOf('klm')
    cursor.begin('latest', true)
    cursor.advance(cursor.peek())
    channel.evictLatest(events[0]!)
    expect(cursor.isOvertaken).toBe(false)
    channel.evictLatest(events[2]!)
    expect(cursor.isOvertaken).toBe(true)
    channel.evictLatest(events[1]!)
    expect(cursor.isOvertaken).toBe(true)
  })

  it('is not overtaken while it reads latest events', () => {
    const { cursor, test } = channelOf('k-', { history: { events: 1 } })
    cursor.begin('latest', true)
    test.appendMany('a', 3)
    expect(cursor.isOvertaken).toBe(false)
    expect(cursor.peek()?.offset).toBe(1)
    expect(cursor.offset).toBe(0)
    cursor.advance(cursor.peek())
    expect(cursor.peek()).toBeUndefined()
    cursor.advance(undefined)
    expect(cursor.isOvertaken).toBe(true)
  })
})

it('a cursor reads each event once and in order, and after a gap the latest of each key', () => {
  const keys = fc.string({ unit: fc.constantFrom('-', 'k', 'l', 'm'), minLength: 1, maxLength: 30 })
  const bound = fc.integer({ min: 1, max: 8 })
  /** Further events: after how many read events each is appended, and its key. */
  const later = fc.array(fc.tuple(fc.nat(8), fc.constantFrom('-', 'k', 'n')), { maxLength: 12 })
  fc.assert(
    fc.property(keys, bound, fc.nat(30), later, (text, events, from, more) => {
      const { cursor, events: all, test } = channelOf(text, { history: { events } })
      const start = all[from % all.length]!
      let hasGap = !cursor.resumeAfter(start.position, true)
      const got: number[] = []
      while (cursor.isBehind) {
        if (cursor.isOvertaken) {
          hasGap = true
          cursor.skipGap()
        }
        const event = cursor.peek()
        cursor.advance(event)
        if (event !== undefined) got.push(event.offset)
        for (const [at, key] of more) if (at === got.length) all.push(test.append('a', keyed(key)))
        more = more.filter(([at]) => at !== got.length)
      }
      expect(got).toEqual([...new Set(got)].sort((a, b) => a - b))
      const missing = all.filter((event) => event.offset > start.offset && !got.includes(event.offset))
      if (!hasGap) expect(missing).toEqual([])
      expect(missing.filter((event) => event.key !== undefined && !event.replaced)).toEqual([])
    }),
    { numRuns: 300 },
  )
})
