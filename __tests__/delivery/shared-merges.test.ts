// Merged batches that connections share are what each of them would have merged for itself.
import fc from 'fast-check'
import { EventViews } from '../../src/delivery/event-views.js'
import { mergeInto } from '../../src/delivery/merge.js'
import { SharedMerges } from '../../src/delivery/shared-merges.js'
import { SubscriptionList } from '../../src/delivery/subscription-list.js'
import { Subscription } from '../../src/delivery/subscription.js'
import { Subscribers } from '../../src/delivery/subscribers.js'
import { BatchBuilder } from '../../src/wire/batch.js'
import { TestLog } from '../helpers/log.js'

function subscribe(test: TestLog, names: readonly string[], offset?: number): SubscriptionList {
  const list = new SubscriptionList()
  for (const name of names) {
    const subscription = new Subscription(new Subscribers(test.read(name)), undefined)
    subscription.offset = Math.min(subscription.offset, offset ?? Infinity)
    subscription.latestUpTo = 0
    list.add(subscription)
  }
  return list
}

const offsetsOf = (list: SubscriptionList) => list.toArray().map(({ offset }) => offset)

/** What a connection gets that shares nothing. */
function alone(test: TestLog, list: SubscriptionList, conflates: boolean) {
  const builder = new BatchBuilder({ conflates })
  mergeInto(builder, list.toArray(), { log: test.log, views: new EventViews(), isClosed: () => false })
  return { text: builder.build()?.payload.toString(), conflated: builder.conflated, offsets: offsetsOf(list) }
}

describe('shared merges', () => {
  it('have the bytes, the counts and the cursors of a merge of one connection', () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const publish = fc.record({ name, key: fc.constantFrom(undefined, 'k', 'l'), size: fc.constantFrom(1, 20_000) })
    const connection = fc.record({
      names: fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 2 }),
      behind: fc.integer({ min: 0, max: 3 }),
      conflates: fc.boolean(),
    })
    const turns = fc.array(fc.array(publish, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(turns, fc.array(connection, { minLength: 2, maxLength: 8 }), (turns, connections) => {
        const test = new TestLog()
        for (const channel of ['a', 'b', 'c']) test.appendMany(channel, 3)
        const pairs = connections.map(({ names, behind, conflates }) => ({
          sharing: subscribe(test, names, 3 - behind),
          own: subscribe(test, names, 3 - behind),
          conflates,
        }))
        const merges = new SharedMerges(new EventViews())
        for (const turn of turns) {
          for (const { name, key, size } of turn) test.append(name, { key, data: 'x'.repeat(size) })
          for (let isDone = false; !isDone;) {
            isDone = true
            for (const { sharing, own, conflates } of pairs) {
              const shared = merges.take(sharing, test.log, conflates)
              if (shared === undefined) continue
              isDone = false
              const { batch, conflated } = shared
              expect({ text: batch?.payload.toString(), conflated, offsets: offsetsOf(sharing) }).toEqual(
                alone(test, own, conflates),
              )
            }
          }
          merges.clear()
        }
        for (const { sharing } of pairs) expect(sharing.toArray().some((each) => each.isBehind)).toBe(false)
      }),
    )
  })

  it('are made once for all connections at the same place', () => {
    const test = new TestLog()
    const lists = Array.from({ length: 3 }, () => subscribe(test, ['a', 'b']))
    const elsewhere = subscribe(test, ['b', 'a'])
    for (const name of ['a', 'b', 'a']) test.append(name)
    const merges = new SharedMerges(new EventViews())
    const batches = lists.map((list) => merges.take(list, test.log, false)?.batch)
    expect(new Set(batches).size).toBe(1)
    expect(batches[0]?.isShared).toBe(true)
    expect(merges.take(elsewhere, test.log, false)?.batch).not.toBe(batches[0])
  })

  it('are made again after something else was published', () => {
    const test = new TestLog()
    const [early, late] = [subscribe(test, ['a', 'b']), subscribe(test, ['a', 'b'])]
    for (const name of ['a', 'b']) test.append(name)
    const merges = new SharedMerges(new EventViews())
    expect(merges.take(early, test.log, false)?.batch?.events).toBe(2)
    test.append('a')
    expect(merges.take(late, test.log, false)?.batch?.events).toBe(3)
  })

  it.each(['a filter', 'latest events to read'])('are not made for a subscription with %s', (what) => {
    const test = new TestLog()
    const list = subscribe(test, ['a'])
    const filter = what === 'a filter' ? () => true : undefined
    const other = new Subscription(new Subscribers(test.read('b')), filter)
    list.add(other)
    for (const name of ['a', 'b']) test.append(name, { key: 'k' })
    if (filter === undefined) other.begin('latest', true)
    expect(new SharedMerges(new EventViews()).take(list, test.log, false)).toBeUndefined()
  })
})
