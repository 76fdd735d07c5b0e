// The text of registry.metrics(), as Prometheus reads it.
import { spawnSync } from 'node:child_process'
import { createRegistry, sse } from '../../src/index.js'
import { isExecutable } from '../helpers/executable.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

const promtool = '/usr/bin/promtool'
const isInstalled = isExecutable(promtool)
const missing = 'no promtool on this machine; install it with: sudo apt-get install prometheus'
const describeWithPromtool = isInstalled || process.env.CI === 'true' ? describe : describe.skip

/** What promtool complains of; an empty string if it finds nothing. */
function check(text: string): string {
  const { stdout, stderr, status } = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}` || `exit code ${status}`
}

describeWithPromtool(`promtool${isInstalled ? '' : ` (skipped: ${missing})`}`, () => {
  it('complains of metrics that are not well made', () => {
    expect(check('# HELP seconds A counter.\n# TYPE seconds counter\nseconds 1\n')).toContain('_total')
    expect(check('not a metric\n')).not.toBe('')
  })

  it('finds nothing in the metrics of a new registry, and of one that is in use', async () => {
    expect(check(createRegistry().metrics())).toBe('')
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => res.sse!.subscribe('a'))
    live.registry.metrics()
    const stream = await openStream(server, { headers: { 'last-event-id': 'unknown' } })
    await stream.next()
    await live.channel('a').publish({ data: '1', key: 'k' })
    await stream.waitForData('1')
    stream.close()
    await until(() => live.registry.stats().connections === 0)
    expect(check(live.registry.metrics() + createRegistry().metrics({ prefix: 'other_' }))).toBe('')
  })
})
