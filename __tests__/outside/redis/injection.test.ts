import { HOSTILE } from '../../helpers/hostile-text.js'
import { openStream } from '../../helpers/open-stream.js'
import { startLive } from '../../helpers/redis-live.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'

describeWithRedis('hostile text that another program writes into Redis', () => {
  it('does not reach a client', async () => {
    const redis = await RedisServer.start()
    try {
      const server = await startLive({ url: redis.url })
      const stream = await openStream(server, { path: '/a' })
      await stream.next()
      await server.live.channel('a').publish({ data: 'first' })
      await stream.waitForData('first')
      const newest = await redis.command('XREVRANGE', '{sse}:events', '+', '-', 'COUNT', '1')
      const previous = /\d+-\d+/.exec(JSON.stringify(newest))?.[0] ?? ''
      for (const text of HOSTILE) {
        const fields = ['p', previous, 'c', 'a', 'b']
        await redis.command('XADD', '{sse}:events', '*', ...fields, `${text}\n\nevent: evil\ndata: evil\n\n`)
        await redis.command('XADD', '{sse}:events', '*', ...fields, 'event: sse-ready\ndata: evil\n')
        await redis.command('XADD', '{sse}:events', '*', ...fields, 'data: evil\n', 'i', `${text}\nevent: evil`)
      }
      await server.live.channel('a').publish({ data: 'last' })
      await stream.waitForData('last')
      expect(stream.data).toEqual(['first', 'last'])
      expect(stream.raw).not.toContain('evil')
    } finally {
      await redis.close()
    }
  })
})
