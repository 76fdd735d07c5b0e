import { sse } from '../../src/index.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer, type Request, type Response } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

/** More than the buffers of a socket hold. */
const MUCH = 'x'.repeat(1_000_000)
const TIMES = 20

describe('a slow client', () => {
  async function setUp() {
    const live = sse({ keepAlive: false, registry: { history: { bytes: 100_000_000 } } })
    const server = await startServer(bareHttp, live, (_req: Request, res: Response) => res.sse?.subscribe('scores'))
    const attentive = await openStream(server)
    const late = await openStream(server)
    await Promise.all([attentive, late].map((stream) => stream.waitFor(({ event }) => event === 'sse-ready')))
    const publish = (n: number, padding: string) =>
      live.channel('scores').publish({ event: 'score', data: `${n} ${padding}`, key: 'score' })
    late.pause()
    for (let n = 0; n < TIMES; n++) {
      await publish(n, MUCH)
      await attentive.waitFor(({ data }) => data.startsWith(`${n} `))
    }
    await until(() => live.registry.stats().stalled === 1)
    return { live, attentive, late, publish }
  }

  const numbers = (data: string[]) => data.map((text) => Number(text.split(' ')[0]))

  it('skips outdated events with a key, while a fast one gets each of them', async () => {
    const { live, attentive, late } = await setUp()
    expect(numbers(attentive.data)).toEqual(Array.from({ length: TIMES }, (_, n) => n))
    late.resume()
    await late.waitFor(({ data }) => data.startsWith(`${TIMES - 1} `))
    expect(late.appEvents.length).toBeLessThan(TIMES)
    expect(late.appEvents.length + live.registry.stats().conflated).toBe(TIMES)
    expect(live.registry.stats().gaps.slow).toBe(0)
  })

  it('skips no more events once it has caught up', async () => {
    const { live, late, publish } = await setUp()
    late.resume()
    await late.waitFor(({ data }) => data.startsWith(`${TIMES - 1} `))
    await until(() => live.registry.stats().stalled === 0)
    const conflated = live.registry.stats().conflated
    // All in one turn: a slow client would get only the last one.
    await Promise.all([100, 101, 102].map((n) => publish(n, '')))
    await late.waitForData('102 ')
    expect(numbers(late.data).slice(-3)).toEqual([100, 101, 102])
    expect(live.registry.stats().conflated).toBe(conflated)
  })
})
