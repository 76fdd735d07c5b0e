// Short outages in a real browser. scripts/client-outages.ts runs long ones for docs/client.md.
import { describeWithChromium } from '../../helpers/chromium.js'
import { outages, runOutage, type OutageOptions } from '../../helpers/client-outages.js'

const options: OutageOptions = { outage: 500, patience: 20_000, keepAlive: 400, retry: 100, follow: ['EventStream'] }
const final = '204, the word for "do not come back"'

describeWithChromium('EventStream in Chromium', (browser) => {
  it.each(Object.keys(outages).filter((name) => name !== final))('reconnects after: %s', async (name) => {
    const { EventStream } = await runOutage(browser(), name, options)
    expect(EventStream).toMatchObject({ back: expect.any(Number) as number, readyState: 1, twice: 0 })
    // A restarted server cannot replay earlier events, so it sends a gap.
    if (name.startsWith('server killed')) expect(EventStream.gaps).toEqual(['restarted'])
    else expect(EventStream).toMatchObject({ missed: 0, gaps: [] })
  })

  it('survives a 502 that ends an EventSource, and like it stops at a 204', async () => {
    const [proxy, gone] = await Promise.all([
      runOutage(browser(), '502 from a proxy in between', options),
      runOutage(browser(), final, { ...options, follow: [] }),
    ])
    expect([proxy.EventSource.readyState, proxy.EventStream.readyState]).toEqual([2, 1])
    expect([gone.EventSource.readyState, gone.EventStream.readyState]).toEqual([2, 2])
  })
})
