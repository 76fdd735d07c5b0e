// A stream requested after another response on one socket waits, because HTTP/1.1 answers in order.
import type { ServerResponse } from 'node:http'
import { sse, type Connection, type SseOptions } from '../../src/index.js'
import { requestFor } from '../helpers/hostile-sockets.js'
import { openRawSocket } from '../helpers/raw-socket.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

/** Requests a slow answer and then, on the same socket, a stream of channel `a`. */
async function openBehind(options?: SseOptions) {
  const live = sse(options)
  let front: ServerResponse | undefined
  let response: ServerResponse | undefined
  let connection: Connection | undefined
  const server = await startServer(bareHttp, live, (req, res) => {
    if (req.url === '/slow') return void (front = res)
    response = res
    connection = res.sse!
    connection.subscribe('a')
  })
  const client = await openRawSocket(server.port, requestFor('/slow') + requestFor('/stream'))
  await until(() => front !== undefined && connection !== undefined)
  return { live, client, connection: connection!, response: response!, answerFront: () => front!.end('front') }
}

describe('a stream behind another response', () => {
  it('sends only its head, and all published events when its turn comes', async () => {
    const { live, client, response, answerFront } = await openBehind()
    const data = Array.from({ length: 20 }, (_, i) => `${i}:${'x'.repeat(10_000)}`)
    for (const each of data) await live.channel('a').publish({ data: each })
    expect(response.writableLength).toBeLessThan(1000)
    expect(live.registry.stats()).toMatchObject({ connections: 1, stalled: 1, delivered: 0 })
    answerFront()
    const received = await client.waitFor((received) => received.includes('sse-ready'))
    expect(Array.from(received.matchAll(/^data: (\d+:x+)$/gm), ([, event]) => event)).toEqual(data)
    expect(live.registry.stats().stalled).toBe(0)
    await live.channel('a').publish({ data: 'live' })
    await client.waitFor((received) => received.includes('data: live\n'))
  })

  it('can be closed by the server before its turn', async () => {
    const { live, client, connection, answerFront } = await openBehind()
    connection.close()
    answerFront()
    await client.waitFor((received) => received.endsWith('\r\n0\r\n\r\n'))
    expect(live.registry.stats()).toMatchObject({ connections: 0, closed: { server: 1 } })
  })

  it('continues sendAll when its turn comes', async () => {
    const { client, connection, answerFront } = await openBehind()
    const sending = connection.sendAll([{ data: '1' }, { data: '2' }])
    answerFront()
    expect(await sending).toBe(true)
    await client.waitFor((received) => received.includes('data: 1\n') && received.includes('data: 2\n'))
  })

  it('ends sendAll if the client leaves before its turn', async () => {
    const { client, connection } = await openBehind()
    const sending = connection.sendAll([{ data: '1' }, { data: '2' }])
    client.socket.destroy()
    expect(await sending).toBe(false)
  })
})
