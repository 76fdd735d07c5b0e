import type { Page } from 'playwright-core'
import { describeWithChromium } from '../../helpers/chromium.js'
import { follow, startExampleApp } from '../../helpers/example-app.js'
import {
  digits,
  faults,
  goOffline,
  goOnline,
  inState,
  openExamplePage,
  phone,
  putJson,
  replayed,
  scores,
  timeLine,
} from '../../helpers/example-page.js'

describeWithChromium('the example page in Chromium', (browser) => {
  it('follows a match, loses its connection twice, and resumes without a lost or doubled event', async () => {
    const { url, replay } = await startExampleApp()
    const witness = await follow(`${url}/stream`)
    await witness.ready()
    const page = await openExamplePage(browser(), url)
    const caughtUp = async () => {
      for (const { game, home, away } of await scores(url)) await digits(page, game, home, away)
    }

    play(replay, 15)
    await caughtUp()

    const reconnect = await holdStream(page)
    await page.getByRole('button', { name: 'Drop my connection' }).click()
    await inState(page, 'connecting')
    play(replay, 20)
    reconnect()
    await inState(page, 'open')
    const replayedAfterDrop = await replayed(page)
    await caughtUp()

    await goOffline(page)
    play(replay, 30)
    await goOnline(page)
    const replayedAfterOffline = await replayed(page)
    play(replay, 20)
    await caughtUp()

    expect(replayedAfterDrop).toBeGreaterThan(0)
    expect(replayedAfterOffline).toBeGreaterThan(0)
    expect(await page.textContent('#count-connections')).toBe('3')
    expect(await page.textContent('#count-gaps')).toBe('0')
    expect(await page.textContent('#count-replayed')).toBe(String(replayedAfterDrop + replayedAfterOffline))
    const published = witness.events.filter(({ type }) => type === 'goal').map(({ id }) => id)
    expect(published.length).toBeGreaterThan(15)
    await page.waitForSelector(`#events [data-id="${published.at(-1)!}"]`, { state: 'attached' })
    const shown = await page.$$eval('#events [data-type="goal"]', (rows) =>
      rows.map((row) => (row as HTMLElement).dataset.id).reverse(),
    )
    expect(shown).toEqual(published)
  })

  it('shows on its time line when it was live, how long it was offline, and what was replayed', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    expect(await timeLine(page)).toEqual([expect.stringMatching(/^Live since \d\d:\d\d:\d\d$/)])
    await goOffline(page)
    play(replay, 3)
    expect(await timeLine(page)).toEqual([expect.stringMatching(/^Live/), expect.stringMatching(/^Offline \d+\ss$/)])
    await page.getByText(/^[1-9]\ss$/).waitFor()
    await goOnline(page)
    // Minutes 1 to 3 of six matches: 18 clocks, 6 kick-offs, and the goal of minute 3 with its score.
    expect(await replayed(page)).toBe(26)
    expect(await timeLine(page)).toEqual([
      expect.stringMatching(/^Live/),
      expect.stringMatching(/^Offline [1-9]\d*\ss$/),
      'Caught up 26 events replayed',
    ])
    expect(await page.textContent('#outcome')).toBe('26 events replayed.')
    await goOffline(page)
    expect(await timeLine(page)).toEqual([
      expect.stringMatching(/^Offline [1-9]/),
      'Caught up 26 events replayed',
      expect.stringMatching(/^Offline \d/),
    ])
  })

  it('marks each card that has changed while it was away, and no other', async () => {
    const { url, replay } = await startExampleApp()
    play(replay, 2)
    const page = await openExamplePage(browser(), url)
    await goOffline(page)
    play(replay, 5)
    await putJson(`${url}/games/brazil-germany-2014/score`, { home: 4, away: 2 })
    await putJson(`${url}/products/ball-5/availability`, { stock: 11 })
    await putJson(`${url}/products/mug-enamel/availability`, { stock: 36 })
    await goOnline(page)
    await replayed(page)
    const marked = await page.$$eval('.game[data-news="away"]', (cards) =>
      cards.map((card) => [(card as HTMLElement).dataset.game, card.querySelector('.news')?.textContent]),
    )
    expect(marked).toEqual([
      ['brazil-germany-2014', 'Score changed while you were away'],
      ['manchester-bayern-1999', '1 goal while you were away'],
      ['usa-japan-2015', '2 goals while you were away'],
    ])
    expect(await page.locator('.badge:visible').allTextContents()).toEqual([
      '3 sold while you were away',
      'Restocked while you were away',
    ])
    // A goal of now comes before the badge.
    play(replay, 4)
    await page.locator('[data-game="brazil-germany-2014"]').getByText('Goal: Thomas Müller 11′').waitFor()
    await goOffline(page)
    expect(await page.locator('[data-news="away"]').count()).toBe(0)
    expect(await page.locator('.badge:visible').count()).toBe(0)
  })

  it('counts down to its next try while the server is away, and says what it caught up on', async () => {
    const { url, replay } = await startExampleApp({ retry: 4000 })
    const page = await openExamplePage(browser(), url)
    // The longest wait of the back-off, so that there is something to see of it.
    await page.evaluate(() => (Math.random = () => 0.999))
    await page.getByRole('button', { name: 'Drop my connection' }).click()
    await inState(page, 'waiting')
    await page.getByText(/^Next try in \d+\.\d\ss\.$/).waitFor()
    const first = Number(/\d+\.\d/.exec((await page.textContent('#outcome'))!)![0])
    await page.waitForFunction((first) => {
      const [seconds] = /\d+\.\d/.exec(document.querySelector('#outcome')!.textContent) ?? []
      return Number(seconds) < first
    }, first)
    play(replay, 2)
    await inState(page, 'open')
    expect(await replayed(page)).toBeGreaterThan(0)
  })

  it('says that there is a gap after the server was restarted, and shows the new state', async () => {
    const { url, replay, restart } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    play(replay, 15)
    await digits(page, 'usa-japan-2015', 3, 0)
    const restarted = await restart()
    play(restarted.replay, 1)
    await page.locator('#time-line [data-kind="gap"]').getByText('the server restarted: scores reloaded').waitFor()
    expect(await page.textContent('#outcome')).toBe('The server restarted: scores reloaded.')
    await digits(page, 'usa-japan-2015', 0, 0)
    play(restarted.replay, 13)
    await digits(page, 'usa-japan-2015', 3, 0)
  })

  it('shows a gap and the latest scores after a time that history does not cover', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    await goOffline(page)
    play(replay, 1_110)
    await goOnline(page)
    await page.locator('#time-line [data-kind="gap"]').getByText('history too short: scores reloaded').waitFor()
    for (const { game, home, away } of await scores(url)) await digits(page, game, home, away)
    // This match is over, and comes back to the board with its next kick-off.
    const left = page.locator('[data-game="manchester-bayern-1999"]')
    expect(await left.isVisible()).toBe(false)
    play(replay, 10)
    await left.waitFor()
    play(replay, 115)
    await left.waitFor({ state: 'hidden' })
  })

  it('shows what is changed by hand, and lets a visitor buy', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
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

  it('plays a match again, says that it has finished, and does not open its stream again', async () => {
    const { url } = await startExampleApp({ speed: 20 })
    const page = await openExamplePage(browser(), url)
    const asked: string[] = []
    page.on('request', (request) => request.url().endsWith('/again') && asked.push(request.url()))
    await page.getByRole('combobox', { name: 'Match' }).selectOption({ label: 'Brazil – Germany, 2014' })
    await page.getByRole('button', { name: 'Play again' }).click()
    await page.getByText('Finished. The server has sent everything').waitFor()
    expect(await page.locator('#again-card .digits').allTextContents()).toEqual(['1', '7'])
    // Longer than a client waits before it reconnects.
    await page.waitForTimeout(500)
    expect(asked).toEqual([`${url}/games/brazil-germany-2014/again`])
  })

  it('lists its own connection on a page that ends it, and signs out everywhere', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    const list = await page.context().newPage()
    await list.goto(`${url}/connections`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await list.emulateMedia({ colorScheme })
      expect(await faults(list)).toEqual([])
    }
    await list.setViewportSize(phone)
    expect(await list.evaluate(() => document.documentElement.scrollWidth)).toBe(phone.width)
    await list.getByRole('button', { name: /^End the connection/ }).click()
    expect(await replayed(page)).toBe(0)
    await list.getByRole('button', { name: 'Sign out everywhere' }).click()
    await list.getByText('You are signed out: 1 connection was ended.').waitFor()
    await page.getByText('Signed out. Reload to sign in.').waitFor()
    await page.reload()
    await inState(page, 'open')
  })

  it('changes how the matches and the shop run, and shows what others change', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    await page.getByRole('radio', { name: '240×', exact: true }).check()
    await page.getByRole('button', { name: 'Play matches' }).click()
    await page.getByRole('button', { name: 'Pause matches' }).waitFor()
    await page.waitForSelector('[data-news="goal"]')
    await putJson(`${url}/replay`, { speed: 4000, running: false })
    await page.getByRole('button', { name: 'Play matches' }).waitFor()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[value="4000"]')?.checked)
    await page.getByRole('switch', { name: 'Simulate shoppers' }).check()
    expect(await (await fetch(`${url}/sales`)).json()).toEqual({ running: true })
  })

  it('shows a banner for a goal at 240×, and neither banner nor movement at 1200×', async () => {
    const { url, replay } = await startExampleApp({ speed: 250 })
    const page = await openExamplePage(browser(), url)
    play(replay, 3)
    await page.locator('[data-game="usa-japan-2015"] .news').getByText('Goal: Carli Lloyd 3′').waitFor()
    // Its own movement is over.
    await digits(page, 'usa-japan-2015', 1, 0)
    await page.locator('.digits.flip').waitFor({ state: 'detached' })
    await putJson(`${url}/replay`, { speed: 50 })
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[value="50"]')?.checked)
    await page.evaluate(() => {
      const flips: Event[] = []
      Object.assign(globalThis, { flips })
      addEventListener('animationstart', (event) => event.animationName === 'flip' && flips.push(event))
    })
    play(replay, 3)
    await digits(page, 'manchester-bayern-1999', 0, 1)
    expect(await page.locator('[data-game="manchester-bayern-1999"] .news').textContent()).toBe('')
    expect(await page.evaluate(() => (globalThis as unknown as { flips: Event[] }).flips)).toEqual([])
  })

  it('tells a screen reader of goals politely, and not one by one', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    const announced = page.locator('#announcer[role="status"]')
    play(replay, 3)
    await announced.getByText('Goal for United States: Carli Lloyd, minute 3.').waitFor({ state: 'attached' })
    play(replay, 2)
    await digits(page, 'usa-japan-2015', 2, 0)
    expect(await announced.textContent()).toContain('minute 3.')
  })

  it('tells a screen reader of each state once, without the countdown', async () => {
    const { url } = await startExampleApp({ retry: 100 })
    const page = await openExamplePage(browser(), url)
    await page.evaluate(() => {
      const heard: string[] = []
      Object.assign(globalThis, { heard })
      const announcer = document.querySelector('#state-announcer[role="status"]')!
      new MutationObserver(() => heard.push(announcer.textContent)).observe(announcer, { childList: true })
    })
    await page.getByRole('button', { name: 'Drop my connection' }).click()
    await replayed(page)
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
    expect(heard).toEqual(['Reconnecting', 'Connecting', 'Live again: 0 events replayed.'])
  })
})

function play(replay: { tick: () => void }, minutes: number): void {
  for (let minute = 0; minute < minutes; minute++) replay.tick()
}

/** Keeps the page from getting its stream back, until the returned function is called. */
async function holdStream(page: Page): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/stream*', async (route) => {
    await released
    await route.continue()
  })
  return release
}
