import { once } from 'node:events'
import { createServer } from 'node:http'
import { createApp } from '../../../example-app/app.js'
import { redisStore } from '../../../src/redis/index.js'
import { afterTest } from '../../helpers/after-test.js'
import { exampleDirectory } from '../../helpers/example-app.js'
import { openStream } from '../../helpers/open-stream.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { bareHttp } from '../../helpers/servers.js'

async function startExample(url: string) {
  const app = createApp({
    directory: exampleDirectory,
    replay: false,
    sales: false,
    store: redisStore({ url, stream: 'matchday' }),
  })
  const server = createServer((req, res) => void app.app(req, res))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  afterTest(async () => {
    await app.close()
    server.closeAllConnections()
    server.close()
  })
  return { kind: bareHttp, port: (server.address() as { port: number }).port }
}

describeWithRedis('the example app on Redis', () => {
  it('shows in one process what was changed in another, in streams and as JSON', async () => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const [one, other] = [await startExample(redis.url), await startExample(redis.url)] as const
    const path = '/games/argentina-france-2022'
    const stream = await openStream(other, { path })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    const body = JSON.stringify({ home: 9, away: 7 })
    const headers = { 'content-type': 'application/json' }
    await fetch(`http://127.0.0.1:${one.port}${path}/score`, { method: 'PUT', headers, body })
    await stream.waitFor(({ event, data }) => event === 'score' && data.includes('"home":9'))
    const game = (await (await fetch(`http://127.0.0.1:${other.port}${path}`)).json()) as { score: object }
    expect(game.score).toMatchObject({ home: 9, away: 7 })
  })

  it('signs out in all processes what was signed out in one', async () => {
    const redis = await RedisServer.start()
    afterTest(() => redis.close())
    const [one, other] = [await startExample(redis.url), await startExample(redis.url)] as const
    const page = await fetch(`http://127.0.0.1:${one.port}/`)
    const headers = { cookie: page.headers.get('set-cookie')!.split(';')[0]! }
    const stream = await openStream(other, { path: '/stream', headers })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    await fetch(`http://127.0.0.1:${one.port}/sign-out`, { method: 'POST', headers })
    await stream.ended
    const again = await openStream(other, { path: '/stream', headers })
    expect(again.status).toBe(401)
  })
})
