// Random events, removals, gaps and cuts: keyedState shows only states that the server has had, in their order.
import fc from 'fast-check'
import { keyedState } from '../../src/client/index.js'
import { nextEvent, openStream, startServer, withoutWaiting } from '../helpers/client-server.js'
import { asText, watch, type Seats } from '../helpers/keyed-state-events.js'
import { SeatServer } from '../helpers/seat-server.js'
import { until } from '../helpers/until.js'

type Step = (server: SeatServer) => unknown

const seat = fc.constantFrom('a', 'b', 'c', 'd', 'e')

/** A step, and its name for the report of a counterexample. */
function named(name: string, step: Step): Step {
  return Object.assign(step, { toString: () => name })
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(seat, fc.nat(99)).map(([s, p]) => named(`${s}=${p}`, (server) => server.set(s, p))),
  },
  { weight: 2, arbitrary: seat.map((s) => named(`${s}=0`, (server) => server.set(s, 0))) },
  { weight: 2, arbitrary: seat.map((s) => named(`forget ${s}`, (server) => server.forget(s))) },
  { weight: 2, arbitrary: fc.nat(6).map((n) => named(`cut after ${n}`, (server) => server.cutAfter(n))) },
  { weight: 1, arbitrary: fc.constant(named('skip', (server) => server.skip())) },
  { weight: 1, arbitrary: fc.constant(named('other gap', (server) => server.announceOther())) },
  { weight: 2, arbitrary: fc.constant(named('evict', (server) => server.evict())) },
  { weight: 1, arbitrary: fc.constant(named('restart', (server) => server.restart())) },
  { weight: 4, arbitrary: fc.constant(named('pause', () => new Promise((resolve) => setTimeout(resolve, 2)))) },
)

/** The shown states that the server did not have, or had only before one that was shown earlier. */
function strangers(shown: readonly string[], states: readonly string[]): string[] {
  let at = 0
  return shown.filter((text) => {
    const found = states.indexOf(text, at)
    if (found >= 0) at = found
    return found < 0
  })
}

it('keyedState shows only states that the server has had, in order, and at last the newest', async () => {
  let swaps = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      withoutWaiting()
      const server = new SeatServer(await startServer())
      const stream = openStream<Seats>(server.server.url)
      const seats = keyedState(stream, 'seat', {
        key: (event) => event.json().seat,
        remove: (event) => event.json().price === 0,
      })
      const shown = watch(seats)
      stream.addEventListener('gap', ({ detail }) => (swaps += Number(detail.complete)))
      await nextEvent(stream, 'sse-ready')
      for (const each of steps) await each(server)
      server.leaveOpen()
      // The last step may have made this the state already, while an older connection is still read.
      server.set('end', steps.length + 1)
      await until(() => asText(seats.get()) === server.states.at(-1), 5000)
      expect(strangers(shown, server.states)).toEqual([])
      stream.close()
    }),
    { numRuns: 40, interruptAfterTimeLimit: 20_000 },
  )
  // The test means something only if it had gaps.
  expect(swaps).toBeGreaterThan(0)
})
