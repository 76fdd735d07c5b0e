import fc from 'fast-check'
import { Cursor } from '../../src/delivery/cursor.js'
import type { StartFrom } from '../../src/subscribe-options.js'
import { positionBefore } from '../../src/log/position.js'
import { TestLog, type Entry, type TestBounds } from '../helpers/log.js'

/** Reads to the end of the log, or up to a gap; returns the numbers of the events. */
function read(cursor: Cursor): number[] {
  const numbers: number[] = []
  for (let event = cursor.peek(); event !== undefined; event = cursor.peek()) {
    cursor.advance(event)
    numbers.push(event.offset)
  }
  cursor.advance(undefined)
  return numbers
}

/** A channel of the given events, the key of each, or none for `-`. */
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
    ['nothing of what was', '-k-', 'now', []],
    ['the latest event of every key', '-klk-m-', 'latest', [3, 4, 6]],
    ['nothing where there are no keys', '---', 'latest', []],
    ['all of history', '-kk-', 'start', [1, 2, 3, 4]],
    ['nothing of an empty channel', '', 'start', []],
  ])('reads %s: %j from %s', (_name, keys, from, numbers) => {
    const { cursor } = channelOf(keys)
    cursor.begin(from, true)
    expect(read(cursor)).toEqual(numbers)
    expect(cursor.isBehind).toBe(false)
  })

  it('reads the latest events that history has let go, and then all of history, from the start', () => {
    const { cursor } = channelOf('klk--', { history: { events: 2 } })
    cursor.begin('start', true)
    expect(read(cursor)).toEqual([2, 3, 4, 5])
  })

  it('reads the latest events alone where nothing is replayed', () => {
    const { cursor } = channelOf('-klk-', { replay: false })
    cursor.begin('start', false)
    expect(read(cursor)).toEqual([3, 4])
  })

  it.each<StartFrom>(['latest', 'now', 'start'])('reads from %s all that comes afterwards, each event once', (from) => {
    const { cursor, test } = channelOf('-k')
    cursor.begin(from, true)
    read(cursor)
    test.append('a', { key: 'k' })
    test.append('a', { key: 'k' })
    expect(cursor.isBehind).toBe(true)
    expect(read(cursor)).toEqual([3, 4])
  })

  it('reads a newer event in place of a latest one that it replaced in between', () => {
    const { cursor, test } = channelOf('kl')
    cursor.begin('latest', true)
    test.append('a', { key: 'k' })
    expect(read(cursor)).toEqual([2, 3])
  })

  it('skips nothing that came after it, when the next latest event lies beyond', () => {
    const { cursor, test } = channelOf('k--')
    cursor.begin('latest', true)
    test.append('a')
    test.append('a', { key: 'k' })
    expect(read(cursor)).toEqual([4, 5])
  })

  it('comes to the end over latest events that are no more', () => {
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
  it('reads what lies after the position', () => {
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

  it('goes on after a position between events, as another channel’s event has it', () => {
    const { cursor, events } = channelOf('---')
    expect(cursor.resumeAfter({ ...events[0]!.position, seq: events[0]!.position.seq + 0.5 }, true)).toBe(true)
    expect(read(cursor)).toEqual([2, 3])
  })

  it('meets no gap at the floor, and a gap below it', () => {
    const at = channelOf('-----', { history: { events: 2 } })
    expect(at.cursor.resumeAfter(at.channel.floor, true)).toBe(true)
    expect(read(at.cursor)).toEqual([4, 5])
    const below = channelOf('-----', { history: { events: 2 } })
    expect(below.cursor.resumeAfter(positionBefore(below.channel.floor), true)).toBe(false)
    expect(read(below.cursor)).toEqual([4, 5])
  })

  it('reads over a gap the latest events after its position that history has let go, in order', () => {
    const { cursor, events } = channelOf('klm-k--', { history: { events: 2 } })
    expect(cursor.resumeAfter(events[1]!.position, true)).toBe(false)
    expect(read(cursor)).toEqual([3, 5, 6, 7])
  })

  it('is told of a gap where nothing is replayed, and reads the latest events', () => {
    const { cursor, events } = channelOf('-klk-', { replay: false })
    expect(cursor.resumeAfter(events[0]!.position, false)).toBe(false)
    expect(read(cursor)).toEqual([3, 4])
    expect(cursor.resumeAfter(events[4]!.position, false)).toBe(true)
  })

  it('starts over with the latest events when its position means nothing', () => {
    const { cursor } = channelOf('-klk-')
    cursor.startOver()
    expect(read(cursor)).toEqual([3, 4])
  })
})

describe('a cursor that history overtakes', () => {
  it('stops, and goes on over the gap with the latest events of what it lost', () => {
    const { cursor, test } = channelOf('-', { history: { events: 2 } })
    for (const key of 'kl-k--') test.append('a', keyed(key))
    expect(cursor.isOvertaken).toBe(true)
    expect(cursor.peek()).toBeUndefined()
    cursor.skipGap()
    expect(cursor.isOvertaken).toBe(false)
    expect(read(cursor)).toEqual([3, 5, 6, 7])
  })

  it('is not overtaken while history holds the event it is to read next', () => {
    const { cursor, test } = channelOf('-', { history: { events: 2 } })
    test.appendMany('a', 2)
    expect(cursor.isOvertaken).toBe(false)
    test.append('a')
    expect(cursor.isOvertaken).toBe(true)
  })

  it('is not overtaken while it still reads latest events', () => {
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

it('every cursor reads each later event once and in order, and without a gap all of them; keyed state is whole anyway', () => {
  const keys = fc.string({ unit: fc.constantFrom('-', 'k', 'l', 'm'), minLength: 1, maxLength: 30 })
  const bound = fc.integer({ min: 1, max: 8 })
  /** After which of the events that are read more are appended, and of which keys. */
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
