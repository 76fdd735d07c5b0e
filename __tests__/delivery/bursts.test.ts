import { setImmediate as turn } from 'node:timers/promises'
import { sse, type SseMiddleware } from '../../src/index.js'
import { openBothSides, openSubscribed } from '../helpers/both-sides.js'
import { bareHttp, bareHttp2 } from '../helpers/servers.js'

const publish = (live: SseMiddleware, channel: string, data: string) => live.channel(channel).publish({ data })

describe('a burst of events', () => {
  const N = 100_000

  it.each([bareHttp, bareHttp2])('causes no gap if each publish is awaited, on $name', async (kind) => {
    const { live, stream } = await openSubscribed('a', { kind })
    for (let i = 0; i < N; i++) await publish(live, 'a', `${i}`)
    await stream.waitForData(`${N - 1}`)
    expect(live.registry.stats()).toMatchObject({ delivered: N, gaps: { slow: 0 }, conflated: 0 })
    expect(stream.data).toHaveLength(N)
  })

  it('causes no gap if all are published in one turn and fit the sockets', async () => {
    const { live, stream, another } = await openSubscribed('a', {
      sseOptions: { registry: { history: { events: 100 } } },
    })
    const { stream: second } = await another()
    await second.next()
    for (let i = 0; i < 2000; i++) void publish(live, 'a', `${i}`)
    for (const client of [stream, second]) {
      await client.waitForData('1999')
      expect(client.data).toEqual(Array.from({ length: 2000 }, (_, i) => `${i}`))
    }
    expect(live.registry.stats().gaps.slow).toBe(0)
  })

  it('is one write for each connection', async () => {
    const { live, server, stream } = await openSubscribed('a')
    const [socket] = server.sockets
    const written: number[] = []
    const write = socket!.write.bind(socket)
    socket!.write = (chunk: Buffer) => write(chunk, void written.push(chunk.length))
    for (let i = 0; i < 100; i++) void publish(live, 'a', `${i}`)
    await stream.waitForData('99')
    expect(written).toHaveLength(1)
  })

  it('reaches more clients than one pass serves in a row', async () => {
    const { live, another, stream } = await openBothSides({ handle: (connection) => connection.subscribe('a') })
    const streams = [stream]
    for (let i = 0; i < 50; i++) streams.push((await another()).stream)
    for (const client of streams) await client.waitFor(({ event }) => event === 'sse-ready')
    for (let i = 0; i < 100; i++) {
      void publish(live, 'a', `${i}`)
      if (i % 10 === 0) await turn()
    }
    for (const client of streams) {
      await client.waitForData('99')
      expect(client.data).toHaveLength(100)
    }
  })
})

it('published events reach fast subscribers, however much other channels publish', async () => {
  const live = sse({ registry: { bytes: 64 * 1024 } })
  const { stream } = await openSubscribed('a', { live })
  await stream.waitFor(({ event }) => event === 'sse-ready')
  void publish(live, 'a', 'goal')
  for (let i = 0; i < 400; i++) void publish(live, `unread-${i}`, 'x'.repeat(200))
  await stream.waitForData('goal')
  expect(live.registry.stats().gaps.slow).toBe(0)
})
