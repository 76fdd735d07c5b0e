// Unread streams of one HTTP/2 session, beside well-behaved clients.
import { AttackedServer } from '../../helpers/attacked-server.js'
import { FLOOD, logAndBatches, registry } from '../../helpers/flood.js'
import { Http2Socket, type Http2SocketOptions } from '../../helpers/http2-socket.js'
import { besiege, BYSTANDERS, describeSiege, expectHeld, KIB } from '../../helpers/siege.js'

const FEW = 20
const MANY = 2000
const PING_PERIOD = 10
/** Fits into the log, and is more than a stream buffers. */
const SMALL = { channel: 'small', count: 2000, bytes: KIB, every: 0 }
const EACH = 80 * KIB

const start = () => AttackedServer.start({ stream: { stallTimeout: 3000 }, registry })

/** Opens streams on one session. */
async function ask(server: AttackedServer, path: string, count: number, options?: Http2SocketOptions) {
  const client = await Http2Socket.open({ port: server.http2Port, kind: { http: '2', tls: false } }, options)
  for (let i = 0; i < count; i++) client.ask(path)
  await server.until(({ stats }) => stats.connections === BYSTANDERS + count)
  return client
}

describeSiege('HTTP/2 clients', () => {
  it('that open no window and send PINGs have each stream cut after stallTimeout', async () => {
    const server = await start()
    const siege = await besiege(server, async () => {
      const client = await ask(server, '/small', MANY, { window: 0 })
      client.keepPinging(PING_PERIOD)
      await server.ask('publish', SMALL)
      await server.until(({ stats }) => stats.closed.stalled === MANY)
      expect(client.socket.closed).toBe(false)
      client.socket.destroy()
    })
    expectHeld(siege, {
      table: 'http2',
      name: 'window',
      client: `${MANY} streams of one session have a window of 0, and PINGs are sent all the while`,
      outcome: 'each is cut after `stallTimeout`; counted in `closed.stalled`',
      memory: MANY * EACH,
      because: `${EACH / KIB} KiB for each stream`,
      descriptors: 1,
    })
  })

  it('that never read their socket are cut after stallTimeout, with the session', async () => {
    const server = await start()
    const siege = await besiege(server, async () => {
      const client = await ask(server, '/flood', FEW)
      client.socket.pause()
      await server.ask('publish', FLOOD)
      await server.until(({ stats }) => stats.closed.stalled === FEW)
    })
    expectHeld(siege, {
      table: 'http2',
      name: 'socket',
      client: `${FEW} streams of one session whose socket is never read, of 260 MB published`,
      outcome: 'cut after `stallTimeout`, and the session with them; counted in `closed.stalled`',
      ...logAndBatches(FEW),
      descriptors: 1,
    })
  })
})
