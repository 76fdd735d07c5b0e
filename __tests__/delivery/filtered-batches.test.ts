// Connections with filters get the same events from shared batches as each would get from a batch of its own.
import fc from 'fast-check'
import { sse, type EventFilter } from '../../src/index.js'
import { EventViews } from '../../src/delivery/event-views.js'
import { PAGE } from '../../src/delivery/filtered-batches.js'
import { mergeInto } from '../../src/delivery/merge.js'
import { SharedBatches } from '../../src/delivery/shared-batches.js'
import { Subscribers } from '../../src/delivery/subscribers.js'
import { Subscription } from '../../src/delivery/subscription.js'
import { BatchBuilder } from '../../src/wire/batch.js'
import { TestLog } from '../helpers/log.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'

interface Plan {
  /** Where the connection stands: so many events before the end. */
  readonly behind: number
  /** Whether its filter accepts the events, one after the other. */
  readonly answers: readonly boolean[]
  /** The filter unsubscribes when it is asked for this time. */
  readonly endsAt: number | null
}

const plan: fc.Arbitrary<Plan> = fc.record({
  behind: fc.integer({ min: 1, max: 6 }),
  answers: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  endsAt: fc.constantFrom(null, null, null, 1, 2),
})

/** A log with the events '0', '1' and so on in channel `a`. */
function logWith(count: number) {
  const test = new TestLog()
  for (let i = 0; i < count; i++) test.append('a', { data: `${i}` })
  return test
}

function subscribe(test: TestLog, { behind, answers, endsAt }: Plan): Subscription {
  const channel = test.channel('a')
  let asked = 0
  const filter: EventFilter = () => {
    if (asked === endsAt) subscription.hasEnded = true
    return answers[asked++] ?? true
  }
  const subscription = new Subscription(new Subscribers(channel), filter)
  subscription.offset = channel.tail - behind
  subscription.latestUpTo = 0
  return subscription
}

describe('shared batches of filtered connections', () => {
  it('hold what each connection would get alone, and leave its cursor at the same place', () => {
    fc.assert(
      fc.property(fc.array(plan, { minLength: 1, maxLength: 12 }), (plans) => {
        const test = logWith(6)
        const batches = new SharedBatches()
        for (const each of plans) {
          const shared = subscribe(test, each)
          const batch = batches.takeFiltered(shared, test.log.epoch)

          const alone = subscribe(test, each)
          const builder = new BatchBuilder({ conflates: false })
          mergeInto(builder, [alone], { log: test.log, views: new EventViews(), isClosed: () => false })
          const expected = builder.build()
          expect(batch?.payload.toString()).toBe(expected?.payload.toString())
          expect([batch?.events, batch?.publishedAt]).toEqual([expected?.events, expected?.publishedAt])
          expect([shared.offset, shared.hasEnded]).toEqual([alone.offset, alone.hasEnded])
        }
      }),
    )
  })

  it('are the same object for the same answers, and for a filter that accepts all as for none', () => {
    const test = logWith(3)
    const batches = new SharedBatches()
    const take = (...answers: boolean[]) => {
      return batches.takeFiltered(subscribe(test, { behind: 3, answers, endsAt: null }), test.log.epoch)
    }
    expect(take(true, false, true)).toBe(take(true, false, true))
    expect(take(true, false, true)).not.toBe(take(true, true, false))
    const all = batches.take(subscribe(test, { behind: 3, answers: [], endsAt: null }), false)
    expect(take(true, true, true)).toBe(all.batch)
    expect(take(false, false, false)).toBeUndefined()
  })

  it('hold as many events as a page has, for each answer', () => {
    const test = logWith(PAGE)
    const batches = new SharedBatches()
    for (let accepted = 0; accepted < PAGE; accepted++) {
      const answers = Array.from({ length: PAGE }, (_, i) => i === accepted)
      const subscription = subscribe(test, { behind: PAGE, answers, endsAt: null })
      const batch = batches.takeFiltered(subscription, test.log.epoch)
      expect(batch?.payload.toString()).toContain(`data: ${accepted}\n`)
      expect(batch?.events).toBe(1)
    }
  })
})

describe('filters on one channel', () => {
  it('send each connection its own events, however many wait', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (req, res) => {
      const divisor = Number(req.url!.slice(1))
      res.sse?.subscribe('a', { filter: (event) => Number(event.json()) % divisor === 0 })
    })
    const divisors = [1, 1, 2, 3, 5]
    const streams = await Promise.all(divisors.map((divisor) => openStream(server, { path: `/${divisor}` })))
    const numbers = Array.from({ length: 2 * PAGE + 1 }, (_, i) => i)
    for (const number of numbers) void live.channel('a').publish({ data: number })
    await live.channel('a').publish({ data: 0 })
    for (const number of [30, 31, 60, 0]) await live.channel('a').publish({ data: number })
    const sent = [...numbers, 0, 30, 31, 60, 0]
    for (const [i, stream] of streams.entries()) {
      const expected = sent.filter((number) => number % (divisors[i] ?? 1) === 0).map(String)
      await stream.waitFor(() => stream.data.filter((data) => /^\d+$/.test(data)).length === expected.length)
      expect(stream.data.filter((data) => /^\d+$/.test(data))).toEqual(expected)
    }
  })

  it('get one frozen value of an event, so that no filter can change what others see', async () => {
    const live = sse()
    const seen: unknown[] = []
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a', {
        filter: (event) => {
          seen.push(event.json())
          return true
        },
      })
    })
    const streams = await Promise.all([openStream(server), openStream(server)])
    await live.channel('a').publish({ data: { home: [1, { scorer: 'Ann' }] } })
    await Promise.all(streams.map((stream) => stream.waitForData('{"home":[1,{"scorer":"Ann"}]}')))
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])
    const { home } = seen[0] as { home: [number, object] }
    for (const part of [seen[0], home, home[1]]) expect(Object.isFrozen(part)).toBe(true)
  })
})
