import { setImmediate as turn } from 'node:timers/promises'
import { Cursor } from '../../src/delivery/cursor.js'
import { Scheduler } from '../../src/delivery/scheduler.js'
import type { Subscriber, Subscribers } from '../../src/delivery/subscribers.js'
import { CHANNEL, SMALL, TestLog, type Entry, type TestBounds } from '../helpers/log.js'

/** A log, its delivery, and readers of which only is known when they are served. */
function start(bounds: TestBounds = {}, msEach = 1) {
  const test = new TestLog(bounds)
  /** Milliseconds; serving a reader takes `msEach`. */
  let now = 0
  const delivery = new Scheduler(test.log, () => now)
  /** The names of those that were served since this was last looked at. */
  const served: string[] = []
  const reader = (name: string, onServe?: () => void): Subscriber => ({
    isQueued: false,
    serve() {
      served.push(name)
      now += msEach
      onServe?.()
    },
  })
  return {
    test,
    delivery,
    reader,
    join: (channel: string, name: string, onServe?: () => void) => join(delivery, channel, reader(name, onServe)),
    publish: (channel: string, entry?: Entry) => delivery.published(test.append(channel, entry)),
    served: () => served.splice(0),
  }
}

function join(delivery: Scheduler, channel: string, reader: Subscriber): { feed: Subscribers; leave: () => void } {
  const feed = delivery.join(channel, reader)
  return { feed, leave: () => delivery.leave(feed, reader) }
}

describe('a pass', () => {
  it('serves every reader of a channel once, whatever was published to it in one turn', async () => {
    const { join, publish, served } = start()
    for (const name of ['1', '2']) join('a', name)
    join('b', '3')
    for (let i = 0; i < 10; i++) publish('a')
    expect(served()).toEqual([])
    await turn()
    expect(served()).toEqual(['1', '2'])
    await turn()
    expect(served()).toEqual([])
  })

  it('serves channels in the order in which they came to have something new', async () => {
    const { join, publish, served } = start()
    for (const channel of ['a', 'b', 'c']) join(channel, channel)
    for (const channel of ['c', 'a', 'c', 'b']) publish(channel)
    await turn()
    expect(served()).toEqual(['c', 'a', 'b'])
  })

  it('serves those that have just subscribed first, although nothing is new', async () => {
    const { delivery, reader, join, publish, served } = start()
    join('a', 'old')
    publish('a')
    delivery.enqueue(reader('new'))
    await turn()
    expect(served()).toEqual(['new', 'old'])
    await turn()
    expect(served()).toEqual([])
  })

  it('serves the readers of every channel when the log has begun anew', async () => {
    const { delivery, join, served } = start()
    for (const channel of ['a', 'b']) join(channel, channel)
    delivery.enqueueAll()
    await turn()
    expect(served()).toEqual(['a', 'b'])
  })

  it('serves its readers again for what is published in the middle of it', async () => {
    const { join, publish, served } = start()
    let answers = 1
    join('a', 'echo', () => answers-- > 0 && publish('a'))
    publish('a')
    await turn()
    expect(served()).toEqual(['echo', 'echo'])
  })

  it('does not begin within another, however much is published', async () => {
    const { delivery, join, publish, served } = start({ history: { events: 2 } })
    let depth = 0
    let deepest = 0
    let answers = 1
    join('a', 'echo', () => {
      deepest = Math.max(deepest, ++depth)
      if (answers-- > 0) for (let i = 0; i < 10; i++) publish('a')
      depth--
    })
    publish('a')
    await turn()
    expect(deepest).toBe(1)
    expect(delivery.isOverloaded).toBe(false)
    expect(served()).toEqual(['echo', 'echo'])
  })

  it('leaves no batch behind for the next one', async () => {
    const { test, delivery, join, publish } = start()
    join('a', 'reader')
    const cursors = Array.from({ length: 3 }, () => new Cursor(test.channel('a')))
    publish('a')
    const [first, second] = cursors.map((cursor, i) => (i < 2 ? delivery.batches.take(cursor, false).batch : undefined))
    expect(first).toBe(second)
    await turn()
    expect(delivery.batches.take(cursors[2]!, false).batch).not.toBe(first)
  })

  it('hands out no batch of the log that was, when that begins anew', () => {
    const { test, delivery, join, publish } = start()
    join('a', 'reader')
    const [before, after] = [new Cursor(test.channel('a')), new Cursor(test.channel('a'))]
    publish('a')
    const { batch } = delivery.batches.take(before, false)
    delivery.enqueueAll()
    expect(delivery.batches.take(after, false).batch).not.toBe(batch)
  })
})

describe('a pass over many readers', () => {
  /** How many are served in a row: the clock is looked at after each 16, and then more than 10 ms have passed. */
  const SLICE = 16

  it('gives way to the event loop after some 10 ms, and serves each of them once', async () => {
    const { join, publish, served } = start()
    const names = Array.from({ length: 2 * SLICE + 1 }, (_, i) => `${i}`)
    for (const name of names) join('a', name)
    publish('a')
    await turn()
    expect(served()).toEqual(names.slice(0, SLICE))
    await turn()
    expect(served()).toEqual(names.slice(SLICE, 2 * SLICE))
    await turn()
    expect(served()).toEqual(names.slice(2 * SLICE))
    await turn()
    expect(served()).toEqual([])
  })

  it.each([
    ['has not passed', 10 / SLICE - 0.001, 2 * SLICE],
    ['has passed just then', 10 / SLICE, SLICE],
  ])('serves on where that time %s', async (_name, msEach, count) => {
    const { join, publish, served } = start({}, msEach)
    for (let i = 0; i < 3 * SLICE; i++) join('a', `${i}`)
    publish('a')
    await turn()
    expect(served()).toHaveLength(count)
  })

  it('takes its time from the clock of the process', async () => {
    const test = new TestLog()
    const delivery = new Scheduler(test.log)
    let served = 0
    const serve = () => {
      served++
      for (const end = performance.now() + 1; performance.now() < end;);
    }
    for (let i = 0; i < 3 * SLICE; i++) join(delivery, 'a', { isQueued: false, serve })
    delivery.published(test.append('a'))
    await turn()
    expect(served).toBe(SLICE)
  })

  it('serves all of them again for what is published while it has given way', async () => {
    const { join, publish, served } = start()
    for (let i = 0; i <= SLICE; i++) join('a', `${i}`)
    publish('a')
    await turn()
    expect(served()).toHaveLength(SLICE)
    publish('a')
    await turn()
    expect(served().slice(0, 2)).toEqual([`${SLICE}`, '0'])
    await turn()
    expect(served()).toEqual([`${SLICE - 1}`, `${SLICE}`])
  })

  it('keeps its batches while it has given way', async () => {
    const { test, delivery, join, publish } = start()
    for (let i = 0; i <= SLICE; i++) join('a', `${i}`)
    const [first, last] = [new Cursor(test.channel('a')), new Cursor(test.channel('a'))]
    publish('a')
    const { batch } = delivery.batches.take(first, false)
    await turn()
    expect(delivery.batches.take(last, false).batch).toBe(batch)
  })
})

describe('events that come faster than passes', () => {
  it('are delivered at once when they take more than half of what a channel’s history holds', async () => {
    const { delivery, join, publish, served } = start({ history: { events: 10 } })
    join('a', 'reader')
    for (let i = 0; i < 5; i++) publish('a')
    expect([served(), delivery.isOverloaded]).toEqual([[], false])
    publish('a')
    expect([served(), delivery.isOverloaded]).toEqual([['reader'], true])
    for (let i = 0; i < 5; i++) publish('a')
    expect(served()).toEqual([])
    publish('a')
    expect(served()).toEqual(['reader'])
    await turn()
    expect(delivery.isOverloaded).toBe(false)
  })

  it('are delivered at once when they take more than half of its bytes', () => {
    const { join, publish, served } = start({ history: { bytes: 10 * SMALL } })
    join('a', 'reader')
    for (let i = 0; i < 5; i++) publish('a')
    expect(served()).toEqual([])
    publish('a')
    expect(served()).toEqual(['reader'])
    for (let i = 0; i < 5; i++) publish('a')
    expect(served()).toEqual([])
  })

  it('are delivered at once when all channels together take more than a quarter of the log', () => {
    const { delivery, join, publish, served } = start({ bytes: 20 * (SMALL + CHANNEL + 5) })
    join('a', 'reader')
    for (let i = 0; i < 20; i++) publish('unread')
    expect(delivery.isOverloaded).toBe(false)
    publish('a')
    for (let i = 0; i < 4; i++) publish('unread')
    expect(served()).toEqual([])
    publish('unread')
    expect([served(), delivery.isOverloaded]).toEqual([['reader'], true])
  })

  it('count from one pass to the next', async () => {
    const { join, publish, served } = start({ history: { events: 10 }, bytes: 24 * (SMALL + CHANNEL) })
    join('a', 'reader')
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 5; i++) publish('a')
      expect(served()).toEqual([])
      await turn()
      expect(served()).toEqual(['reader'])
    }
  })

  it('are not delivered once more in the next turn', async () => {
    const { delivery, reader, join, publish, served } = start({ history: { events: 2 } })
    join('a', 'reader')
    publish('a')
    publish('a')
    delivery.enqueue(reader('new'))
    expect(served()).toEqual(['reader'])
    await turn()
    expect(served()).toEqual(['new'])
  })
})

describe('the readers of a channel', () => {
  it('are counted', () => {
    const { test, delivery, join } = start()
    expect(delivery.subscribers(undefined)).toBe(0)
    expect(delivery.subscribers(test.log.channel('a'))).toBe(0)
    const first = join('a', '1')
    const second = join('a', '2')
    expect(first.feed).toBe(second.feed)
    expect(delivery.subscribers(test.channel('a'))).toBe(2)
    expect(test.channel('a').readers).toBe(2)
    first.leave()
    expect(delivery.subscribers(test.channel('a'))).toBe(1)
    expect(test.channel('a').readers).toBe(1)
  })

  it('keep it in the log until the last of them has left', () => {
    const { test, delivery, join } = start()
    const [first, second] = [join('a', '1'), join('a', '2')]
    const channel = test.channel('a')
    first.leave()
    expect(test.log.channels.has('a')).toBe(true)
    second.leave()
    expect(test.log.channels.has('a')).toBe(false)
    expect(delivery.subscribers(channel)).toBe(0)
  })

  it('are served no more once they have left, whatever is due', async () => {
    const { join, publish, served } = start()
    const [first, second] = [join('a', '1'), join('a', '2')]
    publish('a')
    first.leave()
    await turn()
    expect(served()).toEqual(['2'])
    publish('a')
    second.leave()
    await turn()
    expect(served()).toEqual([])
  })

  it('that left with something due leave nothing due behind', () => {
    const { delivery, join, publish } = start({ bytes: 10 * (SMALL + CHANNEL) })
    const { leave } = join('a', '1')
    publish('a')
    leave()
    for (let i = 0; i < 10; i++) publish('unread')
    expect(delivery.isOverloaded).toBe(false)
  })

  it('may leave in the middle of a pass', async () => {
    const { join, publish, served } = start()
    const others: (() => void)[] = []
    join('a', '1', () => others.forEach((leave) => leave()))
    others.push(join('a', '2').leave, join('b', '3').leave)
    join('a', '4')
    for (const channel of ['a', 'b']) publish(channel)
    await turn()
    expect(served()).toEqual(['1', '4'])
  })
})
