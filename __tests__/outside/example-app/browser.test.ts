import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Score } from '../../../example-app/events.js'
import { describeWithChromium } from '../../helpers/chromium.js'
import { follow, startExampleApp } from '../../helpers/example-app.js'

const phone = { width: 390, height: 844 }
const desktop = { width: 1280, height: 900 }

describeWithChromium('the example page in Chromium', (browser) => {
  let context: BrowserContext | undefined
  const complaints: string[] = []

  afterEach(async () => {
    await context?.close()
    context = undefined
    expect(complaints.splice(0)).toEqual([])
  })

  async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    context = await browser().newContext({ viewport: desktop, ...options })
    const page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(url)
    await inState(page, 'open')
    await page.waitForSelector('#log [data-type="sse-ready"]')
    return page
  }

  it('follows a match over two disconnects, without a lost or doubled event', async () => {
    const { url, replay } = await startExampleApp()
    const witness = await follow(`${url}/stream`)
    await witness.ready()
    const page = await openPage(url)
    const play = (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) replay.tick()
    }
    const caughtUp = async () => {
      for (const { game, home, away } of await scores(url)) await digits(page, game, home, away)
    }

    play(15)
    await caughtUp()

    const reconnect = await holdStream(page)
    await page.getByRole('button', { name: 'Cut by the server' }).click()
    await inState(page, 'connecting')
    play(20)
    reconnect()
    await inState(page, 'open')
    const replayedAfterCut = await outcome(page)
    await caughtUp()

    await page.getByRole('button', { name: 'Close the source' }).click()
    await inState(page, 'closed')
    play(30)
    await page.getByRole('button', { name: 'Reopen the source' }).click()
    await inState(page, 'open')
    const replayedAfterReopening = await outcome(page)
    play(30)
    await caughtUp()

    expect(replayedAfterCut).toBeGreaterThan(0)
    expect(replayedAfterReopening).toBeGreaterThan(0)
    expect(await page.textContent('#count-connections')).toBe('3')
    expect(await page.textContent('#count-gaps')).toBe('0')
    const published = witness.events.filter(({ type }) => type === 'goal').map(({ id }) => id)
    expect(published.length).toBeGreaterThan(20)
    await page.waitForSelector(`#log [data-id="${published.at(-1)!}"]`)
    const shown = await page.$$eval('#log [data-type="goal"]', (rows) => rows.map((row) => row.dataset.id).reverse())
    expect(shown).toEqual(published)
  })

  it('counts down to its next try while disconnected, then shows what was replayed', async () => {
    const { url, replay } = await startExampleApp({ retry: 4000 })
    const page = await openPage(url)
    // The longest wait of the back-off, so that the countdown is visible.
    await page.evaluate(() => (Math.random = () => 0.999))
    await page.getByRole('button', { name: 'Cut by the server' }).click()
    await inState(page, 'waiting')
    const shown = async (pattern: RegExp) => {
      await page.getByText(pattern).waitFor()
      return Number(/\d+\.\d/.exec((await page.textContent('#outcome'))!)![0])
    }
    const first = await shown(/^Lost\. Next try in \d+\.\d\ss\.$/)
    await page.waitForFunction((first) => {
      const [seconds] = /\d+\.\d/.exec(document.querySelector('#outcome')!.textContent) ?? []
      return Number(seconds) < first
    }, first)
    for (let minute = 0; minute < 2; minute++) replay.tick()
    await inState(page, 'open')
    expect(await outcome(page)).toBeGreaterThan(0)
  })

  it('shows a gap and the new state after the server was restarted', async () => {
    const { url, replay, restart } = await startExampleApp()
    const page = await openPage(url)
    for (let minute = 0; minute < 15; minute++) replay.tick()
    await digits(page, 'usa-japan-2015', 3, 0)
    const restarted = await restart()
    restarted.replay.tick()
    await page.waitForSelector('#log [data-type="sse-gap"]')
    expect(await page.textContent('#outcome')).toContain('restarted')
    await digits(page, 'usa-japan-2015', 0, 0)
    for (let minute = 0; minute < 13; minute++) restarted.replay.tick()
    await digits(page, 'usa-japan-2015', 3, 0)
  })

  it('shows manual changes, and lets a visitor buy', async () => {
    const { url } = await startExampleApp()
    const page = await openPage(url)
    await putJson(`${url}/games/argentina-france-2022/score`, { home: 9, away: 4 })
    await digits(page, 'argentina-france-2022', 9, 4)
    await page.getByText('Score set by hand').waitFor()
    const scarf = page.locator('[data-sku="scarf-wool"]')
    await putJson(`${url}/products/scarf-wool/availability`, { stock: 2 })
    await scarf.getByText('Only 2 left').waitFor()
    const buy = page.getByRole('button', { name: 'Buy one: Knitted scarf' })
    await buy.click()
    await scarf.getByText('Only 1 left').waitFor()
    await buy.click()
    await scarf.getByText('Sold out').waitFor()
    expect(await buy.isDisabled()).toBe(true)
  })

  it('controls the matches and the shop, and shows changes by others', async () => {
    const { url } = await startExampleApp()
    const page = await openPage(url)
    await page.getByRole('radio', { name: '0.05 s' }).check()
    await page.getByRole('button', { name: 'Play the matches' }).click()
    await page.getByRole('button', { name: 'Pause the matches' }).waitFor()
    await page.waitForSelector('.ribbon:not([hidden])')
    await putJson(`${url}/replay`, { speed: 4000, running: false })
    await page.getByRole('button', { name: 'Play the matches' }).waitFor()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[value="4000"]')?.checked)
    await page.getByRole('switch', { name: 'Customers buy by themselves' }).check()
    expect(await (await fetch(`${url}/sales`)).json()).toEqual({ running: true })
  })

  it('bounds its log of raw events, newest first, and can pause it', async () => {
    const { url } = await startExampleApp()
    const page = await openPage(url)
    const put = (home: number) => putJson(`${url}/games/usa-japan-2015/score`, { home, away: 0 })
    const newest = page.locator('#log li').first()
    await put(1)
    await newest.getByText('"home":1').waitFor()
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await put(2)
    await digits(page, 'usa-japan-2015', 2, 0)
    expect(await newest.textContent()).toContain('"home":1')
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await newest.getByText('"home":2').waitFor()
    for (let home = 0; home < 99; home++) await put(home)
    for (let home = 99; home > 0; home--) await put(home)
    await put(0)
    await newest.getByText('"home":0').waitFor()
    expect(await page.locator('#log li').count()).toBe(200)
  })

  it('announces goals to a screen reader politely, and not one by one', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openPage(url)
    const announced = page.getByRole('status').first()
    for (let minute = 0; minute < 3; minute++) replay.tick()
    await announced.getByText('Goal for United States: Carli Lloyd, minute 3.').waitFor({ state: 'attached' })
    for (let minute = 0; minute < 2; minute++) replay.tick()
    await digits(page, 'usa-japan-2015', 2, 0)
    expect(await announced.textContent()).toContain('minute 3.')
  })

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    const directory = process.env.SCREENSHOT_DIR ?? mkdtempSync(join(tmpdir(), 'example-app-'))

    it.each([
      ['desktop', desktop],
      ['phone', phone],
      ['small phone', { width: 320, height: 640 }],
    ])('has no accessibility fault and fits the width of a %s', async (name, viewport) => {
      const { url, replay } = await startExampleApp()
      for (let minute = 0; minute < 130; minute++) replay.tick()
      const page = await openPage(url, { viewport, colorScheme, reducedMotion: 'reduce' })
      for (let minute = 0; minute < 27; minute++) replay.tick()
      await page.waitForSelector('#log [data-type="goal"]')
      const path = join(directory, `${name.replace(' ', '-')}-${colorScheme}.png`)
      await page.screenshot({ path })
      expect(statSync(path).size).toBeGreaterThan(10_000)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width)
      expect(await faults(page)).toEqual([])
      await page.getByRole('button', { name: 'Close the source' }).click()
      await inState(page, 'closed')
      expect(await faults(page)).toEqual([])
    })
  })
})

declare const axe: { run: () => Promise<AxeResults> }

async function inState(page: Page, state: string): Promise<void> {
  await page.waitForSelector(`#pill[data-state="${state}"]`)
}

/** Holds back the stream of the page until the returned function is called. */
async function holdStream(page: Page): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/stream*', async (route) => {
    await released
    await route.continue()
  })
  return release
}

/** The number of replayed events that the page shows. */
async function outcome(page: Page): Promise<number> {
  const text = page.getByText(/^Reconnected, replayed \d+ events?\.$/)
  await text.waitFor()
  return Number(/\d+/.exec((await text.textContent())!)![0])
}

/** Waits until the card of a game shows this score. */
async function digits(page: Page, game: string, home: number, away: number): Promise<void> {
  const boards = page.locator(`[data-game="${game}"] .digits`)
  await boards
    .first()
    .and(page.getByText(String(home), { exact: true }))
    .waitFor()
  await boards
    .last()
    .and(page.getByText(String(away), { exact: true }))
    .waitFor()
}

async function scores(url: string): Promise<Score[]> {
  const games = (await (await fetch(`${url}/games`)).json()) as { score: Score }[]
  return games.map(({ score }) => score)
}

async function putJson(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) })
  expect(response.status).toBe(200)
}

async function faults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: require.resolve('axe-core') })
  const { violations } = await page.evaluate(() => axe.run())
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  )
}
