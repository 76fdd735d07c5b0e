// No event twice: which events with the server's own IDs are dropped, and which are not.
import fc from 'fast-check'
import { Seen } from '../src/client/seen.js'
import { comparePositions, createEpoch, formatId, type Position } from '../src/position.js'
import { nextEvent, openStream, startServer, withoutWaiting } from './helpers/client-server.js'

const epoch = 'epoch00'
const id = (ms: number, of = epoch) => formatId({ ms, seq: 0 }, of)
const position = fc.record({ ms: fc.nat(2 ** 41), seq: fc.nat(2 ** 31 - 1) })

/** The data of all that a client dispatches of streams that come one after the other. */
async function dispatched(...streams: string[]): Promise<string[]> {
  withoutWaiting()
  const server = await startServer()
  const stream = openStream(server.url)
  const data: string[] = []
  for (const type of ['message', 'sse-ready', 'sse-gap']) {
    stream.addEventListener(type, (event) => data.push((event as MessageEvent<string>).data))
  }
  const last = nextEvent(stream, 'last')
  for (const text of streams.slice(0, -1)) (await server.next()).stream(text).end()
  ;(await server.next()).stream(`${streams.at(-1)}event: last\ndata:\n\n`)
  await last
  return data
}

const event = (ms: number, data = String(ms), of = epoch) => `data: ${data}\nid: ${id(ms, of)}\n\n`

describe('an event is dropped', () => {
  it('when its ID has come before, on this connection or on an earlier one', async () => {
    expect(await dispatched(event(5) + event(5) + event(6), event(6) + event(7))).toEqual(['5', '6', '7'])
  })

  it('when it is not beyond the ID that the connection was resumed from', async () => {
    expect(await dispatched(event(5), event(3) + event(4) + event(6))).toEqual(['5', '6'])
  })

  it('and the last event ID follows it all the same, since the server goes on from there', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url)
    ;(await server.next()).stream(event(5) + event(6) + event(5)).end()
    expect((await server.next()).lastEventId).toBe(id(5))
  })
})

describe('an event is dispatched', () => {
  it('when it is older than others of its connection: a channel subscribed to late begins further back', async () => {
    expect(await dispatched(event(5) + event(3) + event(4) + event(6))).toEqual(['5', '3', '4', '6'])
  })

  it('once, when the next connection is resumed from such an older one', async () => {
    const second = event(4) + event(5) + event(6)
    expect(await dispatched(event(5) + event(3), second)).toEqual(['5', '3', '4', '6'])
  })

  it('when it is of another epoch, however early', async () => {
    expect(await dispatched(event(5), event(1, 'new', 'epoch11'))).toEqual(['5', 'new'])
  })

  it('when its ID is not our server’s, though it has come before', async () => {
    const foreign = 'id: 7\ndata: x\n\n'
    expect(await dispatched(foreign + foreign, foreign)).toEqual(['x', 'x', 'x'])
  })

  it('when it has no ID, after one that had', async () => {
    expect(await dispatched(`${event(5)}data: x\n\ndata: x\n\n`)).toEqual(['5', 'x', 'x'])
  })

  it('when it comes after a gap, however old and though it has come before: the server begins anew there', async () => {
    const gap = 'event: sse-gap\ndata: {"channels":["c"],"reason":"unknown"}\n\n'
    const told = '{"channels":["c"],"reason":"unknown"}'
    expect(await dispatched(event(5) + event(6), gap + event(4) + event(6))).toEqual(['5', '6', told, '4', '6'])
  })

  it('when it is the server’s own word on the stream, whose ID is that of another event', async () => {
    const ready = `event: sse-ready\ndata: ready\nid: ${id(5)}\n\n`
    expect(await dispatched(ready + event(5) + ready, ready)).toEqual(['ready', '5', 'ready', 'ready'])
  })
})

describe('the order of IDs', () => {
  it('is the order of their positions', () => {
    fc.assert(
      fc.property(position, position, (from: Position, other: Position) => {
        const seen = new Seen()
        seen.resume(formatId(from, epoch))
        expect(seen.isNew(formatId(other, epoch))).toBe(comparePositions(other, from) > 0)
      }),
    )
  })

  it('is known of every ID that the server makes', () => {
    fc.assert(
      fc.property(position, (at) => {
        const seen = new Seen()
        const made = formatId(at, createEpoch())
        expect([seen.isNew(made), seen.isNew(made)]).toEqual([true, false])
      }),
    )
  })
})

it('the memory is bounded: an ID that came 2,000 events ago is not known any more', () => {
  const seen = new Seen()
  for (let ms = 0; ms <= 2000; ms++) seen.isNew(id(ms))
  expect(seen.isNew(id(1))).toBe(false)
  expect(seen.isNew(id(0))).toBe(true)
})
