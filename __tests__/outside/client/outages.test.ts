// Outages in a real browser, in short: what scripts/client-outages.ts does at length for the README.
import { describeWithChromium } from '../../helpers/chromium.js'
import { outages, runOutage, type OutageOptions } from '../../helpers/client-outages.js'

const options: OutageOptions = { outage: 500, patience: 20_000, keepAlive: 400, retry: 100, follow: ['EventStream'] }
const final = '204, the word for "do not come back"'

describeWithChromium('in Chromium, EventStream', (browser) => {
  it.each(Object.keys(outages).filter((name) => name !== final))('comes back after: %s', async (name) => {
    const { EventStream } = await runOutage(browser(), name, options)
    expect(EventStream).toMatchObject({ back: expect.any(Number) as number, readyState: 1, twice: 0 })
    // A server that lost its memory cannot send what was published before; it says so.
    if (name.startsWith('server killed')) expect(EventStream.gaps).toEqual(['restarted'])
    else expect(EventStream).toMatchObject({ missed: 0, gaps: [] })
  })

  it('survives the 502 of a deploy that ends an EventSource, and both heed a 204', async () => {
    const [proxy, gone] = await Promise.all([
      runOutage(browser(), '502 from a proxy in between', options),
      runOutage(browser(), final, { ...options, follow: [] }),
    ])
    expect([proxy.EventSource.readyState, proxy.EventStream.readyState]).toEqual([2, 1])
    expect([gone.EventSource.readyState, gone.EventStream.readyState]).toEqual([2, 2])
  })
})
