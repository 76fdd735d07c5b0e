import { sse } from '../src/index.js'
import { openStream } from './helpers/open-stream.js'
import { servers, startServer } from './helpers/servers.js'

describe.each(servers)('on $name', (kind) => {
  it('streams what is published to a channel that the handler subscribed to', async () => {
    const live = sse()
    const server = await startServer(kind, live, (_req, res) => res.sse?.subscribe('scores'))
    const stream = await openStream(server)
    expect(stream.status).toBe(200)
    expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
    await live.channel('scores').publish({ event: 'score', data: { home: 1, away: 0 } })
    expect(await stream.next()).toMatchObject({ event: 'score', data: '{"home":1,"away":0}' })
  })
})
