import { afterTest } from '../../helpers/after-test.js'
import { describeWithChromium } from '../../helpers/chromium.js'
import { ACCEPTED, startLister } from '../../helpers/own-id-lister.js'

describeWithChromium('every accepted own ID in Chromium', (browser) => {
  it('is sent back unchanged by EventSource', async () => {
    const { server, returned, isDone } = await startLister()
    const page = await browser().newPage()
    afterTest(() => page.close())
    await page.goto(server.origin)
    await page.evaluate("void (globalThis.source = new EventSource('/stream'))")
    await isDone
    expect(returned).toEqual(ACCEPTED)
  })
})
