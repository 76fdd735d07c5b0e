// One connection for eight tabs of a real browser, whose leaders are closed, crash and hang. scripts/shared-tabs.ts plays
// longer games.
import { describeWithChromium } from '../../helpers/chromium.js'
import { complaints, SharedTabs, type Strike } from '../../helpers/shared-tabs.js'

// Tabs in one process would hang together.
const separate = { args: ['--renderer-process-limit=100'] }

describeWithChromium(
  'eight tabs over HTTP/1.1',
  (browser) => {
    it('get every event once over one connection, whatever happens to the leader', async () => {
      const tabs = await SharedTabs.start(browser(), { every: 5, keepAlive: 500 })
      try {
        for (let i = 0; i < 8; i++) await tabs.open()
        const hung = []
        for (const how of ['close', 'hang', 'crash', 'close'] satisfies Strike[]) {
          const leader = await tabs.leader()
          await tabs.strike(leader, how)
          if (how === 'hang') hung.push(leader)
          // The first event after the old leader has said its last.
          await tabs.goOn()
          await tabs.leader()
          await tabs.goOn()
          if (how !== 'hang') await tabs.open()
        }
        await tabs.goOn(hung)
        tabs.tabs.push(...hung)
        const logs = await tabs.settle()
        expect(logs.map(complaints)).toEqual(logs.map(() => []))
        expect(logs.flatMap(({ entries }) => entries.filter((entry) => typeof entry === 'string'))).toEqual([])
        expect(logs.filter(({ role }) => role === 'leader')).toHaveLength(1)
        expect(await tabs.hasOneStream()).toBe(true)
        // The others stay free for requests of the page: browsers open six.
        expect(tabs.mostStreams).toBeLessThan(6)
      } finally {
        await tabs.stop()
      }
    })
  },
  separate,
)
