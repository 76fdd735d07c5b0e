// Clients that do not read their stream, or read it very slowly, beside well-behaved clients.
import type { Socket } from 'node:net'
import { afterTest } from '../../helpers/after-test.js'
import { AttackedServer } from '../../helpers/attacked-server.js'
import { EVENT, FLOOD, GARBAGE, logAndBatches, registry } from '../../helpers/flood.js'
import { openSocket, openSockets, requestFor } from '../../helpers/hostile-sockets.js'
import { besiege, BYSTANDERS, describeSiege, expectHeld, KIB, MIB } from '../../helpers/siege.js'
import { until } from '../../helpers/until.js'

const CLIENTS = 20
const SLOW_GAP = '"reason":"slow"'

/** Reads a number of bytes in each period. */
class SlowReader {
  /** Whether it got a gap with the reason `slow`. */
  hasGap = false
  #isSlow = true
  #end = ''
  #socket: Socket | undefined

  static async open(port: number, bytes: number, period: number): Promise<SlowReader> {
    const reader = new SlowReader()
    const buffer = Buffer.alloc(bytes)
    const onread = { buffer, callback: (count: number) => reader.#read(buffer.toString('latin1', 0, count)) }
    const socket = (reader.#socket = await openSocket(port, { onread }))
    const timer = setInterval(() => socket.resume(), period)
    afterTest(() => clearInterval(timer))
    return reader
  }

  ask(path: string): void {
    this.#socket?.write(requestFor(path))
  }

  /** From now on, reads as fast as possible. */
  hurry(): void {
    this.#isSlow = false
    this.#socket?.resume()
  }

  leave(): void {
    this.#socket?.destroy()
  }

  #read(text: string): boolean {
    this.hasGap ||= (this.#end + text).includes(SLOW_GAP)
    this.#end = text.slice(-SLOW_GAP.length)
    return !this.#isSlow
  }
}

async function openSlowReaders(port: number, bytes: number, period: number, path: string): Promise<SlowReader[]> {
  const readers = await Promise.all(Array.from({ length: CLIENTS }, () => SlowReader.open(port, bytes, period)))
  for (const reader of readers) reader.ask(path)
  return readers
}

describeSiege('clients', () => {
  it('that never read are cut after stallTimeout, and have no queues', async () => {
    const server = await AttackedServer.start({ stream: { stallTimeout: 3000 }, registry })
    const siege = await besiege(server, async () => {
      await openSockets(server.port, CLIENTS, requestFor('/channels/flood'))
      await server.until(({ stats }) => stats.connections === BYSTANDERS + CLIENTS)
      await server.ask('publish', FLOOD)
      await server.until(({ stats }) => stats.closed.stalled === CLIENTS)
    })
    expectHeld(siege, {
      table: 'readers',
      name: 'never',
      client: `${CLIENTS} never read, of 260 MB published`,
      outcome: 'cut after `stallTimeout`; counted in `closed.stalled`',
      ...logAndBatches(CLIENTS),
      descriptors: CLIENTS,
    })
  })

  it('that never read what send() sends are cut at maxBufferedBytes', async () => {
    const maxBufferedBytes = MIB
    const server = await AttackedServer.start({ stream: { maxBufferedBytes }, registry })
    const siege = await besiege(server, async () => {
      await openSockets(server.port, CLIENTS, requestFor('/told'))
      await server.until(({ stats }) => stats.connections === BYSTANDERS + CLIENTS)
      await server.ask('tell', FLOOD)
      await server.until(({ stats }) => stats.closed.overflow === CLIENTS)
    })
    expectHeld(siege, {
      table: 'readers',
      name: 'told',
      client: `${CLIENTS} never read, of 260 MB that \`send()\` sends to each`,
      outcome: 'cut at `maxBufferedBytes`; counted in `closed.overflow`',
      memory: GARBAGE + CLIENTS * (maxBufferedBytes + EVENT),
      because: `${GARBAGE / MIB} MiB of the flood’s garbage, \`maxBufferedBytes\` and the largest message for each connection`,
      descriptors: CLIENTS,
    })
  })

  it('that read a byte a second are cut, because their systems announce no room', async () => {
    const server = await AttackedServer.start({ stream: { stallTimeout: 3000 }, registry })
    const siege = await besiege(server, async () => {
      await openSlowReaders(server.port, 1, 1000, '/channels/flood')
      await server.until(({ stats }) => stats.connections === BYSTANDERS + CLIENTS)
      await server.ask('publish', FLOOD)
      await server.until(({ stats }) => stats.closed.stalled === CLIENTS)
    })
    expectHeld(siege, {
      table: 'readers',
      name: 'byte',
      client: `${CLIENTS} read one byte a second, of 260 MB published`,
      outcome: 'cut after `stallTimeout`; counted in `closed.stalled`',
      ...logAndBatches(CLIENTS),
      descriptors: CLIENTS,
    })
  })

  it('that read less than is published are kept, and get gaps', async () => {
    const server = await AttackedServer.start({ stream: { stallTimeout: 15_000 }, registry })
    const siege = await besiege(server, async () => {
      const readers = await openSlowReaders(server.port, 128 * KIB, 100, '/channels/flood')
      await server.until(({ stats }) => stats.connections === BYSTANDERS + CLIENTS)
      await server.ask('publish', FLOOD)
      const { stats } = await server.until(({ stats }) => stats.gaps.slow >= CLIENTS)
      expect(stats).toMatchObject({ connections: BYSTANDERS + CLIENTS, closed: { stalled: 0 } })
      // One by one: all at once would delay the reads of the other clients in this process.
      for (const reader of readers) {
        reader.hurry()
        await until(() => reader.hasGap)
        reader.leave()
      }
    })
    expectHeld(siege, {
      table: 'readers',
      name: 'slow',
      client: `${CLIENTS} read 1.3 MB/s each, of 260 MB published in two seconds`,
      outcome: 'kept; each is told of its gap, of reason `slow`, counted in `gaps.slow`',
      ...logAndBatches(CLIENTS),
      descriptors: CLIENTS,
    })
  })
})
