// What the first screen of the example page holds, and what axe-core finds, on each size of screen and in both schemes.
import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { describeWithChromium } from '../../helpers/chromium.js'
import { startExampleApp } from '../../helpers/example-app.js'
import {
  boxes,
  desktop,
  faults,
  goOffline,
  goOnline,
  inState,
  openExamplePage,
  phone,
  replayed,
} from '../../helpers/example-page.js'

const directory = process.env.SCREENSHOT_DIR ?? mkdtempSync(join(tmpdir(), 'example-app-'))

describeWithChromium('the looks of the example page in Chromium', (browser) => {
  it.each([
    ['light', 'desktop', desktop],
    ['light', 'phone', phone],
    ['light', 'small phone', { width: 320, height: 640 }],
    ['dark', 'phone', phone],
  ] as const)(
    'have no fault in %s, and fit the width of a %s, whatever happens',
    async (colorScheme, name, viewport) => {
      const { url, replay } = await startExampleApp()
      const play = (minutes: number) => {
        for (let minute = 0; minute < minutes; minute++) replay.tick()
      }
      play(130)
      const page = await openExamplePage(browser(), url, { viewport, colorScheme, reducedMotion: 'reduce' })
      const look = async (state: string) => {
        const path = join(directory, `${name.replace(' ', '-')}-${colorScheme}-${state}.png`)
        await page.screenshot({ path })
        expect(statSync(path).size).toBeGreaterThan(10_000)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
        // A wider screen has the same elements and colours, and axe-core takes seconds.
        if (viewport === phone) expect(await faults(page)).toEqual([])
      }
      play(27)
      await page.waitForSelector('[data-news="goal"]')
      await look('live')
      await goOffline(page)
      play(10)
      await look('offline')
      await goOnline(page)
      await replayed(page)
      await look('caught-up')
      if (await page.getByRole('tab', { name: 'Shop' }).isVisible()) {
        await page.getByRole('tab', { name: 'Shop' }).click()
        await look('shop')
      }
    },
  )

  it.each([
    ['desktop', desktop],
    ['phone', phone],
  ])('show package, install line, scores and going offline on the first screen of a %s', async (_name, viewport) => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url, { viewport })
    const parts = ['h1', '.pitch', '#install', '#copy', '#state', '#offline', '#drop', '#time-line', '.game .digits']
    for (const part of parts) expect([part, await isOnScreen(page, part)]).toEqual([part, true])
    await goOffline(page)
    replay.tick()
    await goOnline(page)
    await replayed(page)
    for (const part of ['#outcome', '#time-line [data-kind="caught-up"]']) {
      expect([part, await isOnScreen(page, part)]).toEqual([part, true])
    }
  })

  it('have no fault when the server cannot be reached', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    await page.route('**/stream*', (route) => route.abort())
    await page.getByRole('button', { name: 'Drop my connection' }).click()
    await inState(page, 'waiting')
    expect(await faults(page)).toEqual([])
  })
})

/** Whether the whole element is in sight, and nothing lies over its middle. */
async function isOnScreen(page: Page, selector: string): Promise<boolean> {
  const [box] = await boxes(page, selector)
  if (!box) return false
  const { width, height } = page.viewportSize()!
  if (box.left < 0 || box.top < 0 || box.right > width || box.bottom > height) return false
  return await page.evaluate(
    ({ selector, left, right, top, bottom }) => {
      const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2)
      const element = document.querySelector(selector)!
      return element.contains(there) || there?.contains(element) === true
    },
    { selector, ...box },
  )
}
