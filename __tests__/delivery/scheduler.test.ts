import timers from 'node:timers'
import { setImmediate as turn } from 'node:timers/promises'
import { Cursor } from '../../src/delivery/cursor.js'
import { Scheduler } from '../../src/delivery/scheduler.js'
import type { Subscriber, Subscribers } from '../../src/delivery/subscribers.js'
import { CHANNEL, SMALL, TestLog, type Entry, type TestBounds } from '../helpers/log.js'

/** A log, its scheduler, and subscribers that record when they are served. */
function start(bounds: TestBounds = {}, msEach = 1, SchedulerClass = Scheduler) {
  const test = new TestLog(bounds)
  /** Milliseconds; serving a reader takes `msEach`. */
  let now = 0
  const delivery = new SchedulerClass(test.log, { clock: () => now })
  /** The names of the subscribers served since the last call. */
  const served: string[] = []
  const reader = (name: string, onServe?: () => void): Subscriber => ({
    isQueued: false,
    isHeld: () => false,
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

describe('a subscriber with an update window', () => {
  it('leaves those without one when it leaves', async () => {
    const { delivery, reader, join, publish, served } = start()
    join('a', 'plain')
    const windowed = reader('windowed')
    const group = delivery.joinWindow('a', windowed, delivery.windowClock(60_000), { isFiltered: false })
    publish('a')
    await turn()
    expect(served()).toEqual(['plain', 'windowed'])
    delivery.leave(group, windowed)
    publish('a')
    await turn()
    expect(served()).toEqual(['plain'])
  })
})

describe('a pass', () => {
  it('serves every subscriber of a channel once, for all events of one turn', async () => {
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

  it('serves channels in the order of their first new event', async () => {
    const { join, publish, served } = start()
    for (const channel of ['a', 'b', 'c']) join(channel, channel)
    for (const channel of ['c', 'a', 'c', 'b']) publish(channel)
    await turn()
    expect(served()).toEqual(['c', 'a', 'b'])
  })

  it('serves new subscribers first, even without new events', async () => {
    const { delivery, reader, join, publish, served } = start()
    join('a', 'old')
    publish('a')
    delivery.enqueue(reader('new'))
    await turn()
    expect(served()).toEqual(['new', 'old'])
    await turn()
    expect(served()).toEqual([])
  })

  it('serves the subscribers of every channel after the log has restarted', async () => {
    const { delivery, join, served } = start()
    for (const channel of ['a', 'b']) join(channel, channel)
    delivery.enqueueAll()
    await turn()
    expect(served()).toEqual(['a', 'b'])
  })

  it('serves subscribers again for events published during the pass', async () => {
    const { join, publish, served } = start()
    let answers = 1
    join('a', 'echo', () => answers-- > 0 && publish('a'))
    publish('a')
    await turn()
    expect(served()).toEqual(['echo', 'echo'])
  })

  it('does not start within another pass, even under load', async () => {
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

  it('leaves no shared batch for the next pass', async () => {
    const { test, delivery, join, publish } = start()
    join('a', 'reader')
    const cursors = Array.from({ length: 3 }, () => new Cursor(test.channel('a')))
    publish('a')
    const [first, second] = cursors.map((cursor, i) => (i < 2 ? delivery.batches.take(cursor, false).batch : undefined))
    expect(first).toBe(second)
    await turn()
    expect(delivery.batches.take(cursors[2]!, false).batch).not.toBe(first)
  })

  it('shares no batch of the log before a restart', () => {
    const { test, delivery, join, publish } = start()
    join('a', 'reader')
    const [before, after] = [new Cursor(test.channel('a')), new Cursor(test.channel('a'))]
    publish('a')
    const { batch } = delivery.batches.take(before, false)
    delivery.enqueueAll()
    expect(delivery.batches.take(after, false).batch).not.toBe(batch)
  })
})

describe('a pass that a fake clock has dropped', () => {
  afterEach(() => jest.restoreAllMocks())

  it.each([
    ['is not scheduled again before 1 second has passed', 999, []],
    ['is scheduled again by an event after 1 second', 1000, ['reader']],
  ])('%s', (_name, ms, expected) => {
    const scheduled: (() => void)[] = []
    const { test, join, publish, served } = start({}, 1, loadUnderFakeClock(scheduled))
    join('a', 'reader')
    publish('a')
    expect(scheduled.splice(0)).toHaveLength(1)
    test.now += ms
    publish('a')
    for (const callback of scheduled) callback()
    expect(served()).toEqual(expected)
  })

  /** The package stores the timers when it is loaded. Jest's fake clock does not replace those of `node:timers`. */
  function loadUnderFakeClock(scheduled: (() => void)[]): typeof Scheduler {
    const fake = (callback: () => void) => scheduled.push(callback)
    jest.spyOn(timers, 'setImmediate').mockImplementation(fake as never)
    let loaded = Scheduler
    jest.isolateModules(() => {
      loaded = jest.requireActual<{ Scheduler: typeof Scheduler }>('../../src/delivery/scheduler.js').Scheduler
    })
    return loaded
  }
})

describe('a pass over many subscribers', () => {
  /** How many are served in a row: the scheduler checks the time after every 16, and each takes 1 ms. */
  const SLICE = 16

  it('yields to the event loop after about 10 ms, and serves each of them once', async () => {
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
    ['continues just before 10 ms', 10 / SLICE - 0.001, 2 * SLICE],
    ['yields at exactly 10 ms', 10 / SLICE, SLICE],
  ])('%s, checked after every 16 subscribers', async (_name, msEach, count) => {
    const { join, publish, served } = start({}, msEach)
    for (let i = 0; i < 3 * SLICE; i++) join('a', `${i}`)
    publish('a')
    await turn()
    expect(served()).toHaveLength(count)
  })

  it('uses the clock of the process', async () => {
    const test = new TestLog()
    const delivery = new Scheduler(test.log)
    let served = 0
    const serve = () => {
      served++
      for (const end = performance.now() + 1; performance.now() < end;);
    }
    for (let i = 0; i < 3 * SLICE; i++) join(delivery, 'a', { isQueued: false, isHeld: () => false, serve })
    delivery.published(test.append('a'))
    await turn()
    expect(served).toBe(SLICE)
  })

  it('serves all of them again for events published during a break', async () => {
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

  it('keeps its batches during a break', async () => {
    const { test, delivery, join, publish } = start()
    for (let i = 0; i <= SLICE; i++) join('a', `${i}`)
    const [first, last] = [new Cursor(test.channel('a')), new Cursor(test.channel('a'))]
    publish('a')
    const { batch } = delivery.batches.take(first, false)
    await turn()
    expect(delivery.batches.take(last, false).batch).toBe(batch)
  })
})

describe('a burst between passes', () => {
  it('is delivered at once if it exceeds half of a channel’s history by events', async () => {
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

  it('is delivered at once if it exceeds half of a channel’s history by bytes', () => {
    const { join, publish, served } = start({ history: { bytes: 10 * SMALL } })
    join('a', 'reader')
    for (let i = 0; i < 5; i++) publish('a')
    expect(served()).toEqual([])
    publish('a')
    expect(served()).toEqual(['reader'])
    for (let i = 0; i < 5; i++) publish('a')
    expect(served()).toEqual([])
  })

  it('is delivered at once if all channels together exceed a quarter of the log', () => {
    const { delivery, join, publish, served } = start({ bytes: 20 * (SMALL + CHANNEL) })
    join('a', 'reader')
    for (let i = 0; i < 20; i++) publish('b')
    expect(delivery.isOverloaded).toBe(false)
    publish('a')
    for (let i = 0; i < 4; i++) publish('b')
    expect(served()).toEqual([])
    publish('b')
    expect([served(), delivery.isOverloaded]).toEqual([['reader'], true])
  })

  it('is measured from one pass to the next', async () => {
    const { join, publish, served } = start({ history: { events: 10 }, bytes: 24 * (SMALL + CHANNEL) })
    join('a', 'reader')
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 5; i++) publish('a')
      expect(served()).toEqual([])
      await turn()
      expect(served()).toEqual(['reader'])
    }
  })

  it('is not delivered again in the next turn', async () => {
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

describe('the subscribers of a channel', () => {
  it('are counted', () => {
    const { test, join } = start()
    expect(test.log.channel('a').readers).toBe(0)
    const first = join('a', '1')
    const second = join('a', '2')
    expect(first.feed).toBe(second.feed)
    expect(test.channel('a').readers).toBe(2)
    first.leave()
    expect(test.channel('a').readers).toBe(1)
  })

  it('keep the channel in the log until the last of them leaves', () => {
    const { test, join } = start()
    const [first, second] = [join('a', '1'), join('a', '2')]
    const channel = test.channel('a')
    first.leave()
    expect(test.log.channels.has('a')).toBe(true)
    second.leave()
    expect(test.log.channels.has('a')).toBe(false)
    expect(channel.readers).toBe(0)
  })

  it('are not served after they have left', async () => {
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

  it('that left do not count towards a burst', () => {
    const { delivery, join, publish } = start({ bytes: 10 * (SMALL + CHANNEL) })
    const { leave } = join('a', '1')
    publish('a')
    leave()
    for (let i = 0; i < 10; i++) publish('unread')
    expect(delivery.isOverloaded).toBe(false)
  })

  it('may leave during a pass', async () => {
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
