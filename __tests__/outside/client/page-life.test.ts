// What real browsers do with a page that has an EventStream. client/page.test.ts tries every case without a browser, and
// outages.test.ts freezes a page whose connection dies.
import { afterTest } from '../../helpers/after-test.js'
import { withPlainChromium } from '../../helpers/chromium.js'
import { runtimes, startRuntime } from '../../helpers/client-runtimes.js'
import { VisitServer } from '../../helpers/page-visits.js'

/** Firefox refuses pages that have an open request when a navigation begins, and a script learns of it too late. */
const restored: Record<string, boolean> = { Chromium: true, Firefox: false, WebKitGTK: true }
/** WebKit ends the page's requests before it tells the page. */
const errors: Record<string, string[]> = { WebKitGTK: ['failed'] }

for (const runtime of runtimes.filter(({ name }) => name in restored)) {
  const { name, path, install } = runtime
  const run = path === undefined && process.env.CI !== 'true' ? describe.skip : describe
  run(path === undefined ? `${name} (skipped: not on this machine; install it with: ${install})` : name, () => {
    it('gets what was published while the user was on another page, once each', async () => {
      const server = new VisitServer()
      const running = startRuntime(runtime, '', await server.start())
      afterTest(() => running.kill())
      const visit = await server.visit
      expect(visit.events).toEqual(['first', 'missed 1', 'missed 2', 'last'])
      // The second request resumes.
      expect(visit.requested).toEqual(['', expect.stringMatching(/./)])
      expect(visit.restored).toBe(restored[name])
      expect([[], errors[name]]).toContainEqual(visit.errors)
      if (name === 'Chromium') expect(visit.notRestoredReasons).toBeNull()
    }, 60_000)

    if (name !== 'Chromium') return
    it('closes its connection behind another tab with closeWhenHidden, and resumes in front', async () => {
      const server = new VisitServer()
      const url = await server.start()
      await withPlainChromium(async (window) => {
        const page = await window.newPage()
        await page.goto(`${url}/hidden`)
        await page.waitForFunction('visit.events.length === 1')
        const front = await window.newPage()
        await front.bringToFront()
        await server.away()
        expect(await page.evaluate('stream.state')).toMatchObject({ name: 'waiting', reason: { code: 'hidden' } })
        await page.bringToFront()
        await page.waitForFunction("visit.events.at(-1) === 'last'")
        expect(await page.evaluate('visit')).toEqual({
          events: ['first', 'missed 1', 'missed 2', 'last'],
          errors: [],
        })
      })
    }, 60_000)
  })
}
