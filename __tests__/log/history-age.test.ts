import { sse } from '../../src/index.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

const AGE = 40

/** A channel with two events older than `history.age`, one with a key. Nothing has been published since. */
async function startWithOldEvents() {
  const live = sse({ registry: { history: { age: AGE } } })
  const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('a', { from: 'start' }))
  const first = await live.channel('a').publish({ data: 'old' })
  await live.channel('a').publish({ data: 'old state', key: 'k' })
  const published = performance.now()
  await until(() => performance.now() - published > AGE + 10)
  return { live, server, first }
}

describe('events older than history.age', () => {
  it('are not replayed from the start, except for the latest event of each key', async () => {
    const { server } = await startWithOldEvents()
    const stream = await openStream(server)
    await stream.waitFor(({ event }) => event === 'sse-ready')
    expect(stream.data).toEqual(['old state'])
  })

  it('give a gap to a client that resumes before them', async () => {
    const { server, first } = await startWithOldEvents()
    const stream = await openStream(server, { headers: { 'last-event-id': first } })
    const gap = await stream.waitFor(({ event }) => event === 'sse-gap')
    expect(JSON.parse(gap.data)).toEqual({ channels: ['a'], reason: 'evicted', complete: true })
    await stream.waitForData('old state')
  })
})
