// The example page in a browser: opening it, and waiting for what it shows.
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Score } from '../../example-app/events.js'

export const desktop = { width: 1280, height: 800 }
export const phone = { width: 390, height: 844 }

const cleanUps: (() => Promise<void>)[] = []
const complaints: string[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
  expect(complaints.splice(0)).toEqual([])
})

/** Opens a page. An error of its scripts fails the test. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: desktop, ...options })
  cleanUps.push(() => context.close())
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(url)
  return page
}

/** Opens the page of `npm start`, and waits until it is live. */
export async function openExamplePage(browser: Browser, url: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await openPage(browser, url, options)
  await inState(page, 'open')
  await page.waitForSelector('#events [data-type="sse-ready"]', { state: 'attached' })
  return page
}

export async function inState(page: Page, state: 'connecting' | 'open' | 'waiting' | 'closed'): Promise<void> {
  await page.waitForSelector(`#bar[data-state="${state}"]`)
}

export async function goOffline(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go offline' }).click()
  await inState(page, 'closed')
}

export async function goOnline(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Go online' }).click()
  await inState(page, 'open')
}

/** How many events the page says were replayed to it, in its latest catch-up. */
export async function replayed(page: Page): Promise<number> {
  const phase = page.locator('#time-line [aria-current][data-kind="caught-up"]')
  await phase.waitFor()
  return Number(/([\d,]+) events? replayed/.exec((await phase.textContent())!)![1]!.replace(',', ''))
}

/** What the time line says, such as `['Live since 12:00:00', 'Offline 3 s']`. Hints are left out. */
export async function timeLine(page: Page): Promise<string[]> {
  return await page.$$eval('#time-line li:not([data-kind="hint"])', (items) =>
    items.map((item) => [...item.children].map((child) => child.textContent).join(' ')),
  )
}

/** Waits until the card of a game shows this score. */
export async function digits(page: Page, game: string, home: number, away: number): Promise<void> {
  for (const [side, score] of Object.entries({ home, away })) {
    const board = page.locator(`[data-game="${game}"] .digits[data-side="${side}"]`)
    await board.and(page.getByText(String(score), { exact: true })).waitFor()
  }
}

export async function scores(url: string): Promise<Score[]> {
  const games = (await (await fetch(`${url}/games`)).json()) as { score: Score }[]
  return games.map(({ score }) => score)
}

export async function putJson(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(body) })
  expect(response.status).toBe(200)
}

declare const axe: { run: () => Promise<AxeResults> }

/** What axe-core finds: faults of contrast, names and structure. */
export async function faults(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: require.resolve('axe-core') })
  const { violations } = await page.evaluate(() => axe.run())
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
  )
}

export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** Where the elements of a selector are on the page. */
export async function boxes(page: Page, selector: string): Promise<Box[]> {
  return await page.$$eval(selector, (elements) =>
    elements.map((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect()
      return { left, right, top, bottom }
    }),
  )
}

export function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
