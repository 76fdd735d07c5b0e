// The page of the inspector in Chromium.
import { channel as diagnosticsChannel } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import type { AxeResults } from 'axe-core'
import { startInspected } from '../helpers/inspected.js'
import { describeWithChromium } from '../helpers/chromium.js'
import { desktop, openPage, phone } from '../helpers/example-page.js'
import { until } from '../helpers/until.js'

const axe = readFileSync(require.resolve('axe-core'), 'utf8')
const hostile = ['<img src=x onerror="window.hacked = true">', 'a\u2028b', 'long '.repeat(400)]

async function startWithClients() {
  const inspected = await startInspected()
  const { registry, openClient } = inspected
  const client = await openClient('game:1,game:2', { 'x-owner': 'ann', 'last-event-id': 'unknown' })
  await openClient('game:1', { 'x-owner': hostile[0]! })
  for (const name of hostile) await registry.channel(name).publish({ event: 'note', data: name, key: name })
  await registry.channel('game:1').publish({ event: 'score', data: { home: 1, away: 0 }, key: 'score' })
  await client.waitFor(({ event }) => event === 'score')
  return { ...inspected, url: `${inspected.server.origin}/sse-inspector` }
}

/** The counts of the page, by their path, such as `gaps.unknown`. */
const COUNTS = `Object.fromEntries([...document.querySelectorAll('[data-count]')].map((cell) => [
  cell.dataset.count, Number(cell.textContent.replaceAll(',', ''))
]))`

describeWithChromium('the page of the inspector', (browser) => {
  it('shows the counts of stats(), channels, connections, activity and the events of a channel', async () => {
    const { registry, url, openClient } = await startWithClients()
    const page = await openPage(browser(), url)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    await page.getByText('Live', { exact: true }).waitFor()
    await page.locator('[data-count="closed.client"]').waitFor()
    const { gaps, resumes, closed, ...counts } = registry.stats()
    const groups = Object.entries({ gaps, resumes, closed }).flatMap(([group, values]) =>
      Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]),
    )
    expect(await page.evaluate(COUNTS)).toEqual({ ...counts, ...Object.fromEntries(groups) })

    const row = page.getByRole('row').filter({ hasText: 'game:1' }).first()
    await row.getByRole('cell', { name: 'score {"home":1,"away":0}' }).waitFor()
    await page.getByRole('table').nth(1).getByRole('rowheader', { name: hostile[0]!, exact: true }).waitFor()
    await page.getByText('5 channels, most subscribers first').waitFor()

    const client = await openClient('game:1', { 'x-owner': 'eve', 'last-event-id': 'unknown' })
    await page.locator('#activity').getByText('unknown, in game:1').waitFor()
    client.close()
    await page.locator('#activity').getByText('client, after').waitFor()

    // By keyboard alone: the field of the watched channel is one of the stops of the Tab key.
    const focused = () => page.evaluate(() => document.activeElement?.id)
    for (let tabs = 0; (await focused()) !== 'watch-text' && tabs < 100; tabs++) await page.keyboard.press('Tab')
    expect(await focused()).toBe('watch-text')
    await page.keyboard.type('game:1')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Events of game:1' }).waitFor()
    await registry.channel('game:1').publish({ event: 'goal', data: { minute: 12 } })
    await page.locator('#events').getByText('{"minute":12}').waitFor()
    expect(page.url()).toContain('channel=game%3A1')

    await page.getByRole('link', { name: hostile[0]!, exact: true }).first().click()
    await page.locator('#events pre').getByText(hostile[0]!).waitFor()
    expect(await page.evaluate('[window.hacked, document.querySelectorAll("img").length]')).toEqual([undefined, 0])
    expect(complaints).toEqual([])
  })

  it('shows each event once, however often its stream opens again', async () => {
    const { registry, server } = await startInspected()
    const channel = registry.channel('a')
    await channel.publish({ data: 'one' })
    const page = await openPage(browser(), `${server.origin}/sse-inspector/?channel=a`)
    const next = async (data: string) => {
      await channel.publish({ data })
      await page.locator('#events pre').getByText(data, { exact: true }).waitFor()
      return page.locator('#events pre, #events .missing').allTextContents()
    }
    expect(await next('two')).toEqual(['two', 'one'])
    await page.locator('#filter-text').fill('x')
    await page.keyboard.press('Enter')
    await page.getByText('0 channels with “x” in the name').waitFor()
    expect(await next('three')).toEqual(['three', 'two', 'one'])
    await page.getByText('3 events', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Pause' }).click()
    // Without a page, the server forgets what it has told.
    await until(() => !diagnosticsChannel('express-sse-channels:gap').hasSubscribers)
    for (let n = 0; n < 25; n++) await channel.publish({ data: `missed ${n}` })
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('#events pre').getByText('missed 24').waitFor()
    expect((await next('four')).slice(-4)).toEqual(['5 more are left out.', 'three', 'two', 'one'])
    await page.getByText('24 events, and 5 left out', { exact: true }).waitFor()
  })

  it.each([
    ['light', phone],
    ['dark', desktop],
  ] as const)('passes axe-core in %s colours, and fits its window', async (colorScheme, viewport) => {
    const { url } = await startWithClients()
    const page = await openPage(browser(), `${url}/?channel=game:1`, { colorScheme, viewport })
    await page.locator('#events li').first().waitFor()
    await page.locator('#connections tbody tr').first().waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    // Not as a script element, which the policy of the page forbids.
    await page.evaluate(axe)
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  })

  it('says that its stream is lost, paused or refused', async () => {
    let isAllowed = true
    const { server, page: inspector } = await startInspected({ authorize: () => isAllowed })
    const page = await openPage(browser(), `${server.origin}/sse-inspector/`)
    const state = (text: string) => page.locator('#state').getByText(text, { exact: true }).waitFor()
    await state('Live')
    await page.getByRole('button', { name: 'Pause' }).click()
    await state('Paused')
    isAllowed = false
    await page.getByRole('button', { name: 'Resume' }).click()
    await state('Refused')
    await page.getByRole('alert').getByText('The server has refused the event stream.').waitFor()
    isAllowed = true
    await page.reload()
    await state('Live')
    await inspector.close()
    await state('Connection lost')
  })
})
