import fc from 'fast-check'
import { Subscribers } from '../../src/delivery/subscribers.js'
import { merge } from '../../src/delivery/merge.js'
import { comparePositions, type Position } from '../../src/log/position.js'
import { Subscription } from '../../src/delivery/subscription.js'
import { TestLog, type TestBounds } from '../helpers/log.js'

const CHANNELS = ['a', 'b', 'c']
/** After every event. */
const END: Position = { ms: Infinity, seq: 0 }

function subscribe(test: TestLog, names: readonly string[]): Subscription[] {
  return names.map((name) => new Subscription(new Subscribers(test.read(name)), undefined))
}

/** Subscriptions to three channels, and later events: one for each letter, which is its channel. */
function play(letters: string, bounds: TestBounds = {}) {
  const test = new TestLog(bounds)
  const subscriptions = subscribe(test, CHANNELS)
  const events = letters.split('').map((name) => test.append(name))
  return { test, subscriptions, events }
}

function merged(subscriptions: readonly Subscription[], limit = Infinity, upTo = END): string[] {
  const names: string[] = []
  for (const { event } of merge(subscriptions, upTo)) {
    names.push(`${event.channel.name}${event.offset}`)
    if (names.length >= limit) break
  }
  return names
}

describe('merged subscriptions', () => {
  it('yield the event with the lowest position next, of any channel', () => {
    const { subscriptions } = play('abcacb')
    expect(merged(subscriptions)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'b2'])
    expect(merged(subscriptions)).toEqual([])
  })

  it('continue where they were stopped', () => {
    const { subscriptions } = play('abcacb')
    expect(merged(subscriptions, 2)).toEqual(['a1', 'b1'])
    expect(merged(subscriptions)).toEqual(['c1', 'a2', 'c2', 'b2'])
  })

  it('yield the older events of a later subscription first', () => {
    const test = new TestLog()
    test.appendMany('b', 2)
    const [a] = subscribe(test, ['a'])
    test.append('a')
    const [b] = subscribe(test, ['b'])
    b!.begin('start', true)
    expect(merged([a!, b!])).toEqual(['b1', 'b2', 'a1'])
  })

  it('leave events published meanwhile for the next time', () => {
    const { test, subscriptions } = play('aa')
    const upTo = test.log.last
    const names: string[] = []
    for (const { event } of merge(subscriptions, upTo)) {
      names.push(`${event.channel.name}${event.offset}`)
      if (names.length > 1) continue
      test.append('b')
      test.append('a')
    }
    expect(names).toEqual(['a1', 'a2'])
    expect(merged(subscriptions)).toEqual(['b1', 'a3'])
  })

  it('leave out a subscription that ends meanwhile', () => {
    const { subscriptions } = play('abba')
    const names: string[] = []
    for (const { event } of merge(subscriptions, END)) {
      names.push(`${event.channel.name}${event.offset}`)
      subscriptions[1]!.hasEnded = true
    }
    expect(names).toEqual(['a1', 'a2'])
  })

  it('tell which subscription an event is for', () => {
    const { subscriptions } = play('ba')
    expect([...merge(subscriptions, END)].map(({ subscription }) => subscription)).toEqual([
      subscriptions[1],
      subscriptions[0],
    ])
  })

  it('stop at a gap in one channel, before any event that may come after it', () => {
    const { subscriptions } = play('baaac', { history: { events: 2 } })
    expect(merged(subscriptions)).toEqual([])
    subscriptions[0]!.skipGap()
    expect(merged(subscriptions)).toEqual(['b1', 'a2', 'a3', 'c1'])
  })

  it('stop when history overtakes one of them while they are read', () => {
    const { test, subscriptions } = play('aab', { history: { events: 2 } })
    const heads = merge(subscriptions, END)
    expect(heads.next()).toMatchObject({ value: { event: { offset: 1, channel: { name: 'a' } } } })
    for (let i = 0; i < 3; i++) test.append('a')
    expect(heads.next()).toEqual({ done: true, value: undefined })
    expect(subscriptions[0]!.isOvertaken).toBe(true)
  })

  it('do not stop at a subscription whose latest events have been evicted', () => {
    const test = new TestLog({ keys: 1 })
    const old = test.append('a', { key: 'k' })
    const subscriptions = subscribe(test, CHANNELS)
    subscriptions[0]!.begin('latest', true)
    test.channel('a').evictLatest(old)
    test.append('b')
    expect(subscriptions[0]!.isBehind).toBe(true)
    expect(merged(subscriptions)).toEqual(['b1'])
  })

  it('yield every event once in order of position, however often they are stopped', () => {
    const letters = fc.string({ unit: fc.constantFrom(...CHANNELS), maxLength: 40 })
    fc.assert(
      fc.property(letters, fc.integer({ min: 1, max: 7 }), (text, limit) => {
        const { subscriptions, events } = play(text)
        const got: string[] = []
        for (let part = merged(subscriptions, limit); part.length > 0; part = merged(subscriptions, limit))
          got.push(...part)
        const inOrder = [...events].sort((x, y) => comparePositions(x.position, y.position))
        expect(got).toEqual(inOrder.map(({ channel, offset }) => `${channel.name}${offset}`))
      }),
    )
  })
})
