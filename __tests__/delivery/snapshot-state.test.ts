import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createRegistry, sse } from '../../src/index.js'
import { CHANNELS, Copy, Database, KEYS, sorted } from '../helpers/row-copy.js'
import { bareHttp, startServer } from '../helpers/servers.js'

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      channel: fc.constantFrom(...CHANNELS),
      key: fc.constantFrom(...KEYS),
      isDeleted: fc.constantFrom(false, false, true),
      times: fc.constantFrom(1, 1, 4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('connect' as const),
      client: fc.nat(2),
      cutAfter: fc.constantFrom(1, 2, 5, Infinity),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), client: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(6) }) },
)

describe('snapshot and events together', () => {
  it('give every client the state of the app, whatever was evicted or cut', async () => {
    let gaps = 0
    let calls = 0
    const steps = fc.array(step, { minLength: 10, maxLength: 60, size: 'max' })
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(4), async (steps, turns) => {
        const database = new Database()
        const load = async (channel: string) => {
          calls++
          for (let i = 0; i < turns; i++) await turn()
          const rows = database.snapshot(channel)
          await turn()
          return rows
        }
        const registry = createRegistry({
          history: { events: 6 },
          keys: 2,
          snapshot: { load },
          onError: () => undefined,
        })
        const live = sse({ registry, keepAlive: false })
        const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe(CHANNELS))
        const clients = Array.from({ length: 3 }, () => new Copy())
        for (const each of steps) {
          if (each.do === 'connect') await clients[each.client]!.connect(server, each.cutAfter)
          else if (each.do === 'drop') clients[each.client]!.drop()
          else if (each.do === 'wait') for (let i = 0; i < each.turns; i++) await turn()
          else {
            const { channel, key, isDeleted, times } = each
            for (let i = 0; i < times; i++)
              await registry.channel(channel).publish(database.write(channel, key, isDeleted))
          }
        }
        for (const client of clients) await client.settle(server, registry.channel('a'))
        gaps += Object.values(registry.stats().gaps).reduce((sum, n) => sum + n, 0)
        for (const { rows } of clients) expect(sorted(rows)).toEqual(sorted(database.channels))
        await live.close()
        await registry.close()
        await server.close()
      }),
      { numRuns: 40, seed: 11 },
    )
    expect({ gaps: gaps > 20, calls: calls > 20 }).toEqual({ gaps: true, calls: true })
  }, 60_000)
})
