import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { CHANNELS, Client, World, type Bounds, type ChannelName } from '../helpers/delivery-model.js'

/**
 * Any sequence of messages, channels, keys, subscriptions, disconnects at any byte, reconnects and evictions, over real
 * sockets: each client ends up with every event of its channels once and in order, except those that a newer one of the
 * same key has replaced or that a gap has announced.
 */

type Step =
  | { do: 'publish'; channel: ChannelName; key: string | null; padding: number; times: number }
  | { do: 'connect'; client: number; cutAfter?: number | undefined }
  | { do: 'drop' | 'pause' | 'resume'; client: number }
  | { do: 'wait'; turns: number }

interface Scenario {
  bounds: Bounds
  clients: { groups: ChannelName[][]; from: 'latest' | 'now' | 'start' }[]
  steps: Step[]
}

const channel = fc.constantFrom(...CHANNELS)
const client = fc.nat(2)
const clients = fc.array(
  fc.record({
    groups: fc.array(fc.subarray([...CHANNELS], { minLength: 1 }), { minLength: 1, maxLength: 2 }),
    from: fc.constantFrom('latest', 'now', 'start'),
  }),
  { minLength: 3, maxLength: 3 },
)

const key = fc.constantFrom(null, null, 'x', 'y', 'z')
const connect = fc.record({
  do: fc.constant('connect'),
  client,
  cutAfter: fc.oneof(fc.constant(undefined), fc.nat(1500)),
})
const wait = fc.record({ do: fc.constant('wait'), turns: fc.integer({ min: 1, max: 3 }) })
const verb = <V extends 'drop' | 'pause' | 'resume'>(name: V) => fc.record({ do: fc.constant(name), client })
const publish = (padding: fc.Arbitrary<number>, maxTimes: number) =>
  fc.record({ do: fc.constant('publish'), channel, key, padding, times: fc.integer({ min: 1, max: maxTimes }) })

/** Small events, short histories, and connections that are cut at any byte. */
const broken: fc.Arbitrary<Scenario> = fc.record({
  bounds: fc.record({
    events: fc.integer({ min: 1, max: 12 }),
    bytes: fc.constantFrom(2000, 5000, 100_000_000, 100_000_000),
  }),
  clients,
  steps: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: publish(fc.nat(100), 4) },
      { weight: 4, arbitrary: connect },
      { weight: 2, arbitrary: verb('drop') },
      { weight: 3, arbitrary: wait },
    ),
    { minLength: 5, maxLength: 40 },
  ),
})

/** Large events, and clients that stop reading, so that sockets fill up and the log overtakes cursors. */
const stalled: fc.Arbitrary<Scenario> = fc.record({
  bounds: fc.record({ events: fc.integer({ min: 2, max: 8 }), bytes: fc.constant(100_000_000) }),
  clients,
  steps: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: publish(fc.constantFrom(10, 300_000, 900_000), 6) },
      { weight: 2, arbitrary: connect },
      { weight: 2, arbitrary: verb('pause') },
      { weight: 1, arbitrary: verb('resume') },
      { weight: 1, arbitrary: verb('drop') },
      { weight: 4, arbitrary: wait },
    ),
    { minLength: 15, maxLength: 40 },
  ),
})

async function take(step: Step, world: World): Promise<void> {
  switch (step.do) {
    case 'publish':
      for (let i = 0; i < step.times; i++) await world.publish(step.channel, step.key, step.padding)
      return
    case 'connect':
      return world.clients[step.client]!.connect(step.cutAfter)
    case 'wait':
      for (let i = 0; i < step.turns; i++) await turn()
      return
    default:
      world.clients[step.client]![step.do]()
  }
}

/** Counts over all runs: the property proves nothing without gaps and conflated events. */
const seen = { evicted: 0, slow: 0, conflated: 0, resumed: 0 }

async function play({ bounds, clients, steps }: Scenario): Promise<void> {
  const world = await World.start(bounds)
  try {
    for (const { groups, from } of clients) new Client(world, groups, from)
    for (const step of steps) await take(step, world)
    expect(await world.settle()).toEqual([])
    const { gaps, resumes, conflated } = world.stats
    seen.evicted += gaps.evicted
    seen.slow += gaps.slow
    seen.conflated += conflated
    seen.resumed += resumes.resumed
  } finally {
    await world.stop()
  }
}

describe('a client gets every event once and in order, or a gap,', () => {
  test('if connections are cut at any byte and history evicts events', async () => {
    await fc.assert(fc.asyncProperty(broken, play), { numRuns: 300 })
    expect(seen.resumed).toBeGreaterThan(0)
    expect(seen.evicted).toBeGreaterThan(0)
  }, 120_000)

  test('if it stops reading and the log overtakes it', async () => {
    await fc.assert(fc.asyncProperty(stalled, play), { numRuns: 20 })
    expect(seen.slow).toBeGreaterThan(0)
    expect(seen.conflated).toBeGreaterThan(0)
  }, 120_000)
})
