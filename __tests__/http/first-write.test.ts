// How many writes to the socket a new stream takes.
import type { Socket } from 'node:net'
import { createRegistry, sse, type Connection, type StreamOptions } from '../../src/index.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, express5, startServer } from '../helpers/servers.js'

/** Counts the writes that a socket makes, from now on. */
function countWrites(socket: Socket): { writes: number } {
  const count = { writes: 0 }
  for (const name of ['_write', '_writev'] as const) {
    const original = socket[name]?.bind(socket) as ((...args: unknown[]) => void) | undefined
    Object.assign(socket, {
      [name]: (...args: unknown[]) => {
        count.writes++
        original?.(...args)
      },
    })
  }
  return count
}

describe.each([bareHttp, express5])('the first write on $name', (kind) => {
  async function open(first: (connection: Connection) => unknown, options: StreamOptions = {}) {
    const registry = createRegistry()
    await registry.channel('a').publish({ data: 'old' })
    let count = { writes: 0 }
    const server = await startServer(kind, sse({ ...options, registry }), (req, res) => {
      count = countWrites(req.socket)
      first(res.sse!)
    })
    return { stream: await openStream(server), count }
  }

  it('has the head, sse-open, older events and sse-ready', async () => {
    const { stream, count } = await open((connection) => connection.subscribe('a', { from: 'start' }))
    await stream.waitFor(({ event }) => event === 'sse-ready')
    expect(stream.data).toContain('old')
    expect(count.writes).toBe(1)
  })

  it('has what a handler sends in its turn, also without a subscription', async () => {
    const { stream, count } = await open((connection) => {
      connection.send({ data: 'one' })
      connection.send({ data: 'two' })
    })
    await stream.waitForData('two')
    expect(count.writes).toBe(1)
  })

  it('has what is sent before and after a subscription', async () => {
    const { stream, count } = await open((connection) => {
      connection.send({ data: 'one' })
      connection.subscribe('a')
      connection.send({ data: 'two' })
    })
    await stream.waitForData('two')
    expect(count.writes).toBe(1)
  })

  it('leaves at once if nothing is subscribed', async () => {
    const { stream, count } = await open((connection) => connection.open())
    await stream.waitForRaw((text) => text.includes('sse-open'))
    expect(count.writes).toBe(1)
  })

  it('may be larger than maxBufferedBytes, if the socket takes it', async () => {
    const { stream } = await open(
      (connection) => {
        for (let i = 0; i < 100; i++) connection.send({ data: `${i}: a line of some fifty bytes, a hundred times` })
      },
      { maxBufferedBytes: 1000 },
    )
    await stream.waitForData('99: a line of some fifty bytes, a hundred times')
  })
})
