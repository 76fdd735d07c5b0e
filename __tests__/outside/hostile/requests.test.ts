// Clients that request too much, in headers, on one socket or on many, beside well-behaved clients.
import { once } from 'node:events'
import { AttackedServer } from '../../helpers/attacked-server.js'
import { openSockets, requestFor } from '../../helpers/hostile-sockets.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { openRawSocket } from '../../helpers/raw-socket.js'
import { besiege, BYSTANDERS, describeSiege, expectHeld, KIB } from '../../helpers/siege.js'
import { until } from '../../helpers/until.js'

const STREAM = '/channels/numbers'

function openStreams(server: AttackedServer, count: number, headers: Record<string, string> = {}) {
  const target = { port: server.port, kind: { http: '1.1', tls: false } } as const
  const open = (i: number) => openStream(target, { path: STREAM, headers, localAddress: `127.0.3.${1 + (i % 250)}` })
  return Promise.all(Array.from({ length: count }, (_, i) => open(i)))
}

const close = (streams: readonly OpenStream[]) => streams.forEach((stream) => stream.close())

describeSiege('clients', () => {
  it('that send 100,000 bytes of headers get 431 from Node', async () => {
    const server = await AttackedServer.start()
    const siege = await besiege(server, async () => {
      const request = requestFor(STREAM, `Cookie: ${'x'.repeat(100_000)}`)
      const sockets = await Promise.all(Array.from({ length: 100 }, () => openRawSocket(server.port, request)))
      await until(() => sockets.every(({ socket }) => socket.closed))
      // Most of the request is unread, so a reset follows, which may overtake the answer.
      const answers = sockets.map(({ received }) => received).filter((received) => received !== '')
      expect(answers.length).toBeGreaterThan(0)
      expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 431 '))).toEqual([])
    })
    expect(siege.after.stats.closed.client).toBe(0)
    expectHeld(siege, {
      table: 'requests',
      name: 'headers',
      client: '100 send 100,000 bytes of headers',
      outcome: 'Node answers 431 and closes',
      memory: 100 * 100_000,
      because: 'the headers, once',
      descriptors: 100,
    })
  })

  it('that send 100,000 bytes of headers get a stream if maxHeaderSize allows it', async () => {
    const server = await AttackedServer.start({ server: { maxHeaderSize: 256 * KIB } })
    const siege = await besiege(server, async () => {
      const headers = { cookie: 'x'.repeat(10_000), 'last-event-id': 'x'.repeat(90_000) }
      const streams = await openStreams(server, 100, headers)
      const gaps = await Promise.all(streams.map((stream) => stream.waitFor(({ event }) => event === 'sse-gap')))
      expect(new Set(gaps.map(({ data }) => (JSON.parse(data) as { reason: string }).reason))).toEqual(
        new Set(['unknown']),
      )
      await Promise.all(streams.map((stream) => stream.waitFor(({ event }) => event === undefined)))
      close(streams)
    })
    expectHeld(siege, {
      table: 'requests',
      name: 'headers-allowed',
      client: '100 send 100,000 bytes, most of them a last event ID, where `maxHeaderSize` is 256 KiB',
      outcome: 'streams, as for any ID that is unknown',
      memory: 100 * 4 * 100_000,
      because: 'four times the headers, which Node holds as long as the stream',
      descriptors: 100,
    })
  })

  it('that send one byte of a request are cut after headersTimeout by Node', async () => {
    const server = await AttackedServer.start({ server: { headersTimeout: 1000, connectionsCheckingInterval: 100 } })
    const siege = await besiege(server, async () => {
      const sockets = await openSockets(server.port, 200, 'G')
      for (const socket of sockets) socket.resume()
      await Promise.all(sockets.map((socket) => once(socket, 'close')))
    })
    expectHeld(siege, {
      table: 'requests',
      name: 'unfinished',
      client: '200 never finish their request',
      outcome: 'Node answers 408 and closes, after the server’s `headersTimeout`',
      memory: 200 * 64 * KIB,
      because: '64 KiB for each',
      descriptors: 200,
    })
  })

  it('that request 1,000 streams on one socket get one, and are cut after stallTimeout', async () => {
    const server = await AttackedServer.start({ stream: { stallTimeout: 1000 } })
    const paths = [STREAM, '/channels/quiet']
    const siege = await besiege(server, async () => {
      for (const path of paths) {
        const raw = await openRawSocket(server.port, requestFor(path).repeat(1000))
        await until(() => raw.socket.closed)
        expect(raw.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(1)
      }
    })
    expect(siege.after.stats.closed.stalled).toBeGreaterThanOrEqual(paths.length)
    expectHeld(siege, {
      table: 'requests',
      name: 'pipelined',
      client: 'one asks for 1,000 streams on one socket, and reads',
      outcome: 'one stream; the others wait behind it, count as open, and are cut with it after `stallTimeout`',
      memory: 1000 * 16 * KIB,
      because: '16 KiB for each that waits',
      descriptors: 1,
    })
  })

  it('that request 1,000 small answers and then a stream on one socket get all', async () => {
    const server = await AttackedServer.start()
    const siege = await besiege(server, async () => {
      const small = 'GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n'
      const raw = await openRawSocket(server.port, small.repeat(1000), requestFor(STREAM))
      await raw.waitFor((received) => received.includes('\ndata: '))
      expect(raw.received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(1001)
      raw.socket.destroy()
    })
    expectHeld(siege, {
      table: 'requests',
      name: 'behind-small',
      client: 'one asks for 1,000 small answers and then a stream on one socket',
      outcome: 'all are sent',
      memory: 1000 * 16 * KIB,
      because: '16 KiB for each',
      descriptors: 1,
    })
  })

  it('that open streams beyond maxConnections are shed, and the others are kept', async () => {
    const maxConnections = BYSTANDERS + 150
    const server = await AttackedServer.start({ stream: { maxConnections } })
    const siege = await besiege(server, async () => {
      const first = await openStreams(server, 150)
      const beyond = await openStreams(server, 150)
      expect(await Promise.all(beyond.map((stream) => stream.ended))).toEqual(beyond.map(() => 'ended'))
      expect(beyond.every(({ status, raw }) => status === 200 && /^retry: \d+\n$/.test(raw))).toBe(true)
      const { stats } = await server.ask('measure')
      expect(stats).toMatchObject({ connections: maxConnections, shed: 150 })
      await Promise.all(first.map((stream) => stream.waitFor(({ event }) => event === undefined)))
      close(first)
    })
    expectHeld(siege, {
      table: 'requests',
      name: 'many',
      client: '150 open streams up to `maxConnections`, and 150 beyond it',
      outcome: 'those beyond are shed: 200, a longer `retry:`, the end; counted in `shed`',
      memory: 300 * 32 * KIB,
      because: '32 KiB for each',
      descriptors: 300,
    })
  })

  it('that open and close 2,000 streams in a loop are all counted and leave nothing behind', async () => {
    const server = await AttackedServer.start()
    let before = NaN
    const siege = await besiege(server, async () => {
      before = (await server.ask('settle')).heapUsed
      for (let i = 0; i < 2000; i += 50) {
        const sockets = await openSockets(server.port, 50, requestFor(STREAM))
        for (const socket of sockets) socket.on('data', () => socket.resetAndDestroy())
        await until(() => sockets.every(({ destroyed }) => destroyed))
      }
    })
    expect(siege.after.stats.closed.client).toBe(2000)
    // A leaked stream with its socket would take more. outside/leaks.test.ts detects smaller leaks.
    expect((await server.ask('settle')).heapUsed - before).toBeLessThan(2000 * 4 * KIB)
    expectHeld(siege, {
      table: 'requests',
      name: 'in-a-loop',
      client: '2,000 come and go, 50 at a time, as fast as they can',
      outcome: 'all are counted out, and leave less than 4 KiB each in the heap',
      memory: 100 * 32 * KIB,
      because: '32 KiB for each of 100 at a time',
      descriptors: 100,
    })
  })
})
