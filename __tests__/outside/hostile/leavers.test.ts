// Clients that break off at each point of the exchange, in several ways, beside well-behaved clients.
import type { Socket } from 'node:net'
import { AttackedServer, type Measured } from '../../helpers/attacked-server.js'
import { openSockets, requestFor } from '../../helpers/hostile-sockets.js'
import { besiege, BYSTANDERS, describeSiege, expectHeld, KIB } from '../../helpers/siege.js'
import { until } from '../../helpers/until.js'

const CLIENTS = 5
/** More than the socket buffers of both sides hold. */
const LARGE = 3000 * KIB
/** Milliseconds of a drain, and how much longer it may take on a busy machine. */
const WINDOW = 1000
const TOLERANCE = 5000
const STREAM = '/channels/numbers'

const post = (sent: number) =>
  `POST ${STREAM} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: text/plain\r\n` +
  `Content-Length: 1000\r\n\r\n${'x'.repeat(sent)}`

/** What a client has sent and received when it breaks off, and what the server must have measured. */
interface Point {
  readonly at: string
  readonly sends: string
  readonly until: string
  readonly seen?: (measured: Measured) => boolean
}

const points: readonly Point[] = [
  { at: 'before the request', sends: '', until: '' },
  { at: 'in the request line', sends: requestFor(STREAM).slice(0, 9), until: '' },
  { at: 'in a header', sends: requestFor(STREAM).slice(0, -10), until: '' },
  {
    at: 'before the handler answers',
    sends: requestFor('/later/numbers'),
    until: '',
    seen: ({ waiting }) => waiting === CLIENTS,
  },
  { at: 'in the body of a POST', sends: post(10), until: '' },
  { at: 'after the body of a POST', sends: post(1000), until: 'HTTP' },
  { at: 'at the first bytes of the head', sends: requestFor(STREAM), until: 'HTTP' },
  { at: 'after the head', sends: requestFor(STREAM), until: '\r\n\r\n' },
  // Few enough for Node to continue reading, so that it notices the disconnect.
  {
    at: 'with 19 more streams asked for behind the first',
    sends: requestFor('/channels/quiet').repeat(20),
    until: '\r\n\r\n',
  },
  { at: 'in an event', sends: requestFor('/channels/large?from=start'), until: 'x'.repeat(1000) },
  { at: 'in the replay', sends: requestFor('/channels/history?from=start'), until: 'data: 100 ' },
]

const ways: Record<string, (socket: Socket) => void> = {
  'a close': (socket) => socket.destroy(),
  'a reset': (socket) => socket.resetAndDestroy(),
  'half a close, reading on': (socket) => {
    socket.resume()
    socket.end()
  },
}

/** Reads until a text has come, and then pauses. */
function received(socket: Socket, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve, reject) => {
    let before = ''
    const look = (bytes: Buffer) => {
      const all = before + bytes.toString('latin1')
      before = all.slice(-text.length)
      if (!all.includes(text)) return
      socket.off('data', look)
      socket.pause()
      resolve()
    }
    socket.on('data', look)
    socket.once('close', () => reject(new Error(`closed before ${text}`)))
  })
}

async function breakOff(server: AttackedServer, point: Point, way: string): Promise<void> {
  const { descriptors: before } = await server.ask('measure')
  const sockets = await openSockets(server.port, CLIENTS, point.sends)
  await Promise.all(sockets.map((socket) => received(socket, point.until)))
  // The system accepts sockets before Node does, so wait until Node has them all.
  await server.until((measured) => measured.descriptors >= before + CLIENTS && point.seen?.(measured) !== false)
  for (const socket of sockets) ways[way]?.(socket)
  await until(() => sockets.every(({ closed }) => closed))
}

describeSiege('clients', () => {
  it('that break off at any point, in any way, leave nothing behind', async () => {
    const server = await AttackedServer.start()
    await server.ask('publish', { channel: 'large', count: 1, bytes: LARGE, every: 0 })
    await server.ask('publish', { channel: 'history', count: 1000, bytes: KIB, every: 0 })
    const siege = await besiege(server, async () => {
      const { descriptors: before } = await server.ask('measure')
      for (const point of points) {
        for (const way of Object.keys(ways)) {
          await breakOff(server, point, way)
          await server.until(
            ({ descriptors, stats, waiting }) =>
              descriptors <= before && stats.connections === BYSTANDERS && waiting === 0,
          )
        }
      }
    })
    expectHeld(siege, {
      table: 'leavers',
      name: 'points',
      client: `${CLIENTS} break off ${points.map(({ at }) => at).join(', ')}; each with ${Object.keys(ways).join(', with ')}`,
      outcome: 'connections and descriptors are as before, each time',
      memory: CLIENTS * 2 * LARGE,
      because: 'twice the largest event for each: on its socket, and as garbage of the one before',
      descriptors: CLIENTS,
    })
  })

  it('that break off during a drain do not delay it', async () => {
    const server = await AttackedServer.start()
    const siege = await besiege(server, async () => {
      const sockets = await openSockets(server.port, 4 * CLIENTS, requestFor('/leaving/numbers'))
      await Promise.all(sockets.map((socket) => received(socket, 'sse-ready')))
      const begun = performance.now()
      const drained = server.ask('drain', WINDOW).then(() => performance.now() - begun)
      const leave = [...Object.values(ways), (socket: Socket) => socket.resume()]
      sockets.forEach((socket, i) => leave[i % leave.length]?.(socket))
      expect(await drained).toBeLessThan(WINDOW + TOLERANCE)
      await until(() => sockets.every(({ closed }) => closed))
      const { connections, closed } = (await server.ask('measure')).leaving
      expect({ connections, left: closed.client + closed.drained }).toEqual({ connections: 0, left: 4 * CLIENTS })
      expect(closed.drained).toBeGreaterThanOrEqual(CLIENTS)
    })
    expectHeld(siege, {
      table: 'leavers',
      name: 'drain',
      client: `${3 * CLIENTS} break off while their streams are drained, and ${CLIENTS} do not`,
      outcome: 'the drain ends in its window',
      memory: 4 * CLIENTS * 32 * KIB,
      because: '32 KiB for each',
      descriptors: 4 * CLIENTS,
    })
  })
})
