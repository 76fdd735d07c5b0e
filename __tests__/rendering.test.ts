// A page that is rendered with the state, and a stream that continues from there.
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { createRegistry, sse, type Store } from '../src/index.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer } from './helpers/servers.js'

describe('registry.lastEventId()', () => {
  it('loses no event between rendering and opening, whatever is published when', async () => {
    const live = sse({ retry: false })
    const server = await startServer(bareHttp, live, (req, res) => {
      res.sse?.subscribe(req.url!.slice(1).split('?')[0]!)
    })
    let pages = 0
    const publishes = fc.nat(3)
    const scenario = fc.record({
      before: publishes,
      between: publishes,
      meanwhile: publishes,
      after: publishes,
      own: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ before, between, meanwhile, after, own }) => {
        const name = `page-${pages++}`
        const channel = live.channel(name)
        let score = 0
        const publish = async (times: number) => {
          for (let i = 0; i < times; i++) {
            const id = own ? { id: `${name}/${score + 1}` } : {}
            await channel.publish({ data: `${++score}`, key: 'score', ...id })
            await live.channel('elsewhere').publish({ data: 'x' })
          }
        }
        await publish(before)
        const id = await live.registry.lastEventId()
        const rendered = Number(channel.latest('score')?.data ?? 0)
        await publish(between)
        const opening = openStream(server, { path: `/${name}?lastEventId=${id}` })
        await publish(meanwhile)
        const stream = await opening
        await publish(after)
        await stream.waitFor(({ event }) => event === 'sse-ready')
        if (score > rendered) await stream.waitForData(`${score}`)
        const missed = Array.from({ length: score - rendered }, (_, i) => `${rendered + 1 + i}`)
        expect(stream.data).toEqual(missed)
        stream.close()
      }),
      { numRuns: 1000 },
    )
  })

  it('rejects before the store has begun', async () => {
    let begin = () => {}
    const store: Store = {
      start: (log) =>
        new Promise<void>((resolve) => {
          begin = () => {
            log.begin('epoch00', { ms: 1, seq: 0 })
            resolve()
          }
        }),
      append: () => ({ ms: 2, seq: 0 }),
      close: () => {},
    }
    const registry = createRegistry({ store })
    await expect(registry.lastEventId()).rejects.toMatchObject({ code: 'ERR_SSE_STORE' })
    begin()
    await turn()
    expect(await registry.lastEventId()).toBe('1-0-epoch00')
  })
})
