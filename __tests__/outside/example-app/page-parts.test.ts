// The parts of the example page: introduction, event list, statistics, tabs, and the bars of the matches.
import { describeWithChromium } from '../../helpers/chromium.js'
import { startExampleApp } from '../../helpers/example-app.js'
import {
  boxes,
  digits,
  goOffline,
  goOnline,
  openExamplePage,
  overlap,
  phone,
  putJson,
  replayed,
} from '../../helpers/example-page.js'

describeWithChromium('the parts of the example page in Chromium', (browser) => {
  it('begin with the name of the package, what it does, and a line to copy that installs it', async () => {
    const { url } = await startExampleApp()
    const permissions = ['clipboard-read', 'clipboard-write']
    const page = await openExamplePage(browser(), url, { permissions })
    expect((await page.getByRole('heading', { level: 1 }).textContent())!.trim()).toBe('express-sse-channels')
    await page.getByText('Server-Sent Events for Express, with no silently lost updates.').waitFor()
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('npm install express-sse-channels')
  })

  it('select the line that installs it where there is no clipboard', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Selected' }).waitFor()
    expect(await page.evaluate(() => getSelection()!.toString())).toBe('npm install express-sse-channels')
  })

  it('keep going offline out of the primary colour, and coming back in it', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    const primary = page.locator('.button.primary')
    expect(await primary.count()).toBe(0)
    await goOffline(page)
    expect(await primary.allTextContents()).toEqual(['Go online'])
    expect(await page.getByRole('button', { name: 'Drop my connection' }).isDisabled()).toBe(true)
  })

  it('list events in one line each, with unbroken JSON when opened', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    for (let minute = 0; minute < 30; minute++) replay.tick()
    await page.waitForSelector('#events [data-type="goal"]')
    const lines = await page.$$eval('#events summary', (lines) => lines.map((line) => line.clientHeight))
    expect(lines.length).toBeGreaterThan(30)
    expect(new Set(lines).size).toBe(1)
    expect(lines[0]).toBeLessThan(32)

    const score = page.locator('#events [data-type="score"]').first()
    await score.locator('summary').click()
    const json = score.locator('pre')
    const text = (await json.textContent())!
    expect(text).toContain('"scorer": "')
    // No line is wrapped: there are as many on the screen as in the text.
    const shown = await json.evaluate((pre) => {
      const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(pre)
      return (pre.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom)) / parseFloat(lineHeight)
    })
    expect(Math.round(shown)).toBe(text.split('\n').length)
  })

  it('keep the list of events bounded, newest first, and still while it is paused', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    const put = (home: number) => putJson(`${url}/games/usa-japan-2015/score`, { home, away: 0 })
    const newest = page.locator('#events .preview').first()
    await put(1)
    await newest.getByText('"home":1').waitFor()
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await put(2)
    await digits(page, 'usa-japan-2015', 2, 0)
    expect(await newest.textContent()).toContain('"home":1')
    await page.getByRole('button', { name: 'Resume', exact: true }).click()
    await newest.getByText('"home":2').waitFor()
    for (let home = 99; home > 0; home--) await put(home)
    await put(0)
    await newest.getByText('"home":0').waitFor()
    expect(await page.locator('#events li').count()).toBe(100)

    // An opened event stays where it is.
    await page.locator('#events summary').first().click()
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor()
  })

  it('make the list of events one stop of the Tab key, with arrow keys inside', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    await page.locator('#events').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#events li:first-child details[open]')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('events-clock')
  })

  it('mark which events were replayed', async () => {
    const { url, replay } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    for (let minute = 0; minute < 2; minute++) replay.tick()
    await goOffline(page)
    replay.tick()
    await goOnline(page)
    await replayed(page)
    await page.waitForSelector('#events .replayed[data-type="goal"]')
    expect(await page.locator('#events .replayed').count()).toBe(2)
  })

  it('draw the statistics of the server as lines, and not while offline', async () => {
    const { url } = await startExampleApp()
    let asked = 0
    const page = await openExamplePage(browser(), url)
    await page.route('**/stats', (route) => {
      asked++
      return route.continue()
    })
    await page.waitForFunction(() => {
      const lines = [...document.querySelectorAll('.sparkline polyline')]
      return lines.length === 4 && lines.every((line) => (line.getAttribute('points') ?? '').split(' ').length > 1)
    })
    await page.locator('#statistics div', { hasText: 'Connections' }).getByText('1', { exact: true }).waitFor()
    await goOffline(page)
    const before = asked
    await page.locator('#time-line').getByText('3\u00a0s', { exact: true }).waitFor()
    expect(asked).toBe(before)
  })

  it.each([
    ['desktop', undefined],
    ['phone', phone],
    ['small phone', { width: 320, height: 640 }],
  ])('show every goal on the bar of its match without overlap, on a %s', async (_name, viewport) => {
    const { url, replay } = await startExampleApp()
    for (let minute = 0; minute < 110; minute++) replay.tick()
    const page = await openExamplePage(browser(), url, viewport && { viewport })
    const games = await page.$$eval('.game', (cards) => cards.map((card) => (card as HTMLElement).dataset.game!))
    let goals = 0
    for (const game of games) {
      const [card] = await boxes(page, `[data-game="${game}"]`)
      const [line] = await boxes(page, `[data-game="${game}"] .match-bar-line`)
      const balls = await boxes(page, `[data-game="${game}"] .ball`)
      goals += balls.length
      for (const [index, ball] of balls.entries()) {
        expect(ball.right - ball.left).toBeGreaterThan(12)
        expect(ball.left).toBeGreaterThan(card!.left)
        expect(ball.right).toBeLessThan(card!.right)
        expect(overlap(ball, line!)).toBe(false)
        expect(balls.slice(index + 1).filter((other) => overlap(ball, other))).toEqual([])
      }
    }
    expect(goals).toBe(
      ((await (await fetch(`${url}/games`)).json()) as { score: { goals: [] } }[]).flatMap(({ score }) => score.goals)
        .length,
    )
    expect(goals).toBeGreaterThan(20)
  })

  it('put the banner of a goal below competition and minute, and move nothing for it', async () => {
    const { url, replay } = await startExampleApp()
    for (let minute = 0; minute < 10; minute++) replay.tick()
    const page = await openExamplePage(browser(), url)
    const card = '[data-game="brazil-germany-2014"]'
    const [before] = await boxes(page, card)
    replay.tick()
    await page.locator(card).getByText('Goal: Thomas Müller 11′').waitFor()
    const [after] = await boxes(page, card)
    const [banner] = await boxes(page, `${card} .news`)
    expect(after).toEqual(before)
    for (const part of ['.competition', '.clock', '.match-bar', '.scorers']) {
      const [box] = await boxes(page, `${card} ${part}`)
      expect([part, overlap(banner!, box!)]).toEqual([part, false])
    }
  })

  it('are two tabs and a bar that stays in sight on a phone', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url, { viewport: phone })
    const matches = page.getByRole('tabpanel', { name: 'Matches' })
    const shop = page.getByRole('tabpanel', { name: 'Shop' })
    await matches.waitFor()
    expect(await shop.isVisible()).toBe(false)
    await page.getByRole('tab', { name: 'Shop' }).click()
    await shop.getByText('Knitted scarf').waitFor()
    expect(await matches.isVisible()).toBe(false)
    await page.keyboard.press('ArrowLeft')
    await matches.waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('matches-tab')

    await page.mouse.wheel(0, 10_000)
    await page.waitForFunction(() => scrollY > 500)
    const [bar] = await boxes(page, '#bar')
    expect(bar).toEqual({ left: 0, right: phone.width, top: expect.any(Number) as number, bottom: phone.height })
    expect(await page.locator('#bar').innerText()).toMatch(/\nLive\n[\s\S]*\nGo offline$/)
    const [foot] = await boxes(page, '.foot details')
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    await page.waitForFunction(() => innerHeight + Math.ceil(scrollY) >= document.documentElement.scrollHeight - 1)
    const [footAtEnd] = await boxes(page, '.foot details')
    expect(footAtEnd!.bottom).toBeLessThan(bar!.top)
    expect(foot).toBeDefined()
  })

  it('are no tabs on a wide screen', async () => {
    const { url } = await startExampleApp()
    const page = await openExamplePage(browser(), url)
    expect(await page.getByRole('tab').count()).toBe(0)
    await page.getByRole('region', { name: 'Matches' }).waitFor()
    await page.getByRole('region', { name: 'Shop' }).waitFor()
    await page.setViewportSize(phone)
    await page.getByRole('tab', { name: 'Shop' }).waitFor()
  })
})
