// The option `coalesce`: passes start at least an interval apart.
import { setImmediate as turn } from 'node:timers/promises'
import { createRegistry, sse } from '../../src/index.js'
import { Scheduler } from '../../src/delivery/scheduler.js'
import type { Subscriber } from '../../src/delivery/subscribers.js'
import { TestLog, type Entry, type TestBounds } from '../helpers/log.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

/** Longer than a test takes: what waits for it does not come. */
const NEVER = 100_000
/** Subscribers that a pass serves before it yields. */
const SLICE = 16

function start({ coalesce = NEVER, bounds }: { coalesce?: number; bounds?: TestBounds } = {}) {
  const test = new TestLog(bounds)
  const served: string[] = []
  const delivery = new Scheduler(test.log, { coalesce })
  const reader = (name: string, onServe?: () => void): Subscriber => ({
    isQueued: false,
    isHeld: () => false,
    serve() {
      served.push(name)
      onServe?.()
    },
  })
  return {
    delivery,
    reader,
    join: (channel: string, name: string, onServe?: () => void) => delivery.join(channel, reader(name, onServe)),
    publish: (channel: string, entry?: Entry) => delivery.published(test.append(channel, entry)),
    served: () => served.splice(0),
  }
}

async function turns(count = 3) {
  for (let i = 0; i < count; i++) await turn()
}

/** Takes the milliseconds that let a pass yield after `SLICE` subscribers. */
function spend(ms: number) {
  for (const end = performance.now() + ms; performance.now() < end;);
}

describe('with coalesce', () => {
  it('serves an event after a quiet time in the next turn', async () => {
    const { join, publish, served } = start()
    join('a', '1')
    publish('a')
    await turn()
    expect(served()).toEqual(['1'])
  })

  it('lets events wait until the interval has passed, and serves them together', async () => {
    const { join, publish, served } = start({ coalesce: 1 })
    join('a', '1')
    publish('a')
    await turn()
    served()
    publish('a')
    publish('a')
    await until(() => served().length === 1)
    await turns()
    expect(served()).toEqual([])
  })

  it('serves no channel again before the interval has passed', async () => {
    const { join, publish, served } = start()
    for (const channel of ['a', 'b']) join(channel, channel)
    publish('a')
    await turn()
    expect(served()).toEqual(['a'])
    for (const channel of ['a', 'b', 'a']) {
      publish(channel)
      await turns()
    }
    expect(served()).toEqual([])
  })

  it('serves new subscribers, and those whose sockets have drained, without waiting', async () => {
    const { delivery, reader, join, publish, served } = start()
    join('a', 'old')
    publish('a')
    await turn()
    served()
    publish('a')
    delivery.enqueue(reader('new'))
    await turn()
    expect(served()).toEqual(['new'])
  })

  it('does not serve a channel twice in a pass of several turns', async () => {
    const { join, publish, served } = start()
    for (let i = 0; i <= SLICE; i++) join('a', `${i}`, () => spend(1))
    publish('a')
    await turn()
    expect(served()).toHaveLength(SLICE)
    publish('a')
    await turns()
    expect(served()).toEqual([`${SLICE}`])
  })

  it('serves an event that is published while a pass runs in the next pass', async () => {
    const { join, publish, served } = start({ coalesce: 1 })
    let published = 0
    join('a', '1', () => {
      if (published++ < 3) publish('a')
    })
    publish('a')
    await until(() => published === 4)
    expect(served()).toEqual(['1', '1', '1', '1'])
  })

  it.each<[string, TestBounds, Entry]>([
    ['half of the events that history holds', { history: { events: 4 } }, {}],
    ['half of the bytes that history holds', { history: { bytes: 4000 } }, { data: 'x'.repeat(1500) }],
    ['a quarter of the bytes that the log holds', { bytes: 10_000 }, { data: 'x'.repeat(1500) }],
  ])('does not wait once %s wait', async (_what, bounds, entry) => {
    const { join, publish, served } = start({ bounds })
    join('a', '1')
    publish('a')
    await turn()
    served()
    publish('a', entry)
    for (let i = 0; i < 2; i++) publish('a', entry)
    expect(served().length).toBeGreaterThan(0)
  })

  it('waits at most half of the age that history holds', async () => {
    const { join, publish, served } = start({ bounds: { history: { age: 2 } } })
    join('a', '1')
    publish('a')
    await turn()
    served()
    publish('a')
    await until(() => served().length === 1)
  })

  it('forgets a channel that its subscribers leave while it waits', async () => {
    const { delivery, reader, join, publish, served } = start({ coalesce: 1 })
    const leaving = reader('leaving')
    const group = delivery.join('a', leaving)
    join('b', 'stays')
    publish('a')
    await turn()
    served()
    publish('a')
    publish('b')
    delivery.leave(group, leaving)
    await until(() => served().includes('stays'))
    expect(served()).toEqual([])
  })
})

describe('a stream with coalesce', () => {
  it('gets all that was published before finish(), before the end, without waiting', async () => {
    const live = sse({ registry: createRegistry({ coalesce: 1000 }) })
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a')
    })
    const stream = await openStream(server)
    for (const data of ['1', '2', '3']) {
      await live.channel('a').publish({ data })
      await turn()
    }
    for (const connection of live.registry.connections()) connection.finish()
    await stream.waitFor(({ event }) => event === 'sse-end')
    expect(stream.data.slice(0, 3)).toEqual(['1', '2', '3'])
    await live.close()
  })
})
