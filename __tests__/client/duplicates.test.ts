// No event twice: which events with the server's own IDs are dropped, and which are not.
import fc from 'fast-check'
import { Seen } from '../../src/client/seen.js'
import { STREAM_OPEN } from '../../src/wire/format.js'
import { createEpoch, formatId } from '../../src/log/position.js'
import { nextEvent, openStream, startServer, withoutWaiting } from '../helpers/client-server.js'

const epoch = 'epoch00'
const id = (ms: number, of = epoch) => formatId({ ms, seq: 0 }, of)

/** The data of all that a client dispatches of this package's streams, one connection for each. */
function dispatched(...streams: string[]): Promise<string[]> {
  return dispatchedOf(...streams.map((text) => STREAM_OPEN + text))
}

/** The same for streams of any server. */
async function dispatchedOf(...streams: string[]): Promise<string[]> {
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

/** IDs of another server that look like ours, and stand for whatever they stand for there. */
const foreign = 'id: item-7-updated\ndata: x\n\n'

describe('an event is dropped', () => {
  it('when its ID has come before, on this connection or on an earlier one', async () => {
    expect(await dispatched(event(5) + event(5) + event(6), event(6) + event(7))).toEqual(['5', '6', '7'])
  })

  it('when its ID has come before on a stream that has shown to be ours by a control event alone', async () => {
    const ready = `event: sse-ready\ndata: {"resumed":false,"replayed":0}\nid: ${id(4)}\n\n`
    const gap = 'event: sse-gap\ndata: {"channels":["c"],"reason":"slow"}\n\n'
    for (const control of [ready, gap]) {
      expect((await dispatchedOf(control + event(5) + event(5))).slice(1)).toEqual(['5'])
    }
  })

  it('and the last event ID follows it all the same, since the server goes on from there', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url)
    ;(await server.next()).stream(STREAM_OPEN + event(5) + event(6) + event(5)).end()
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

  it('when it is older than the ID that the connection was resumed from, and has not come before', async () => {
    expect(await dispatched(event(5), event(3) + event(4) + event(6))).toEqual(['5', '3', '4', '6'])
  })

  it('twice by a server that is not ours, though its ID has the form of ours', async () => {
    expect(await dispatchedOf(foreign + foreign, foreign)).toEqual(['x', 'x', 'x'])
    const likeOurs = 'event: sse-ready\ndata: no JSON\n\nevent: sse-open\ndata: x\n\n'
    expect(await dispatchedOf(likeOurs + foreign + foreign)).toEqual(['no JSON', 'x', 'x'])
  })

  it('twice after a reconnect to a server that is not ours', async () => {
    expect(await dispatchedOf(STREAM_OPEN + event(5), foreign + foreign + event(5))).toEqual(['5', 'x', 'x', '5'])
  })

  it('when it is of another epoch, however early', async () => {
    expect(await dispatched(event(5), event(1, 'new', 'epoch11'))).toEqual(['5', 'new'])
  })

  it('when its ID is one of the app, though it has come before', async () => {
    const own = 'id: 7\ndata: x\n\n'
    expect(await dispatched(own + own, own)).toEqual(['x', 'x', 'x'])
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

/** The memory of a stream that has shown to be ours. */
function seenOfOurs(): Seen {
  return Object.assign(new Seen(), { isOurs: true })
}

it('every ID that the server makes is known as one', () => {
  fc.assert(
    fc.property(fc.record({ ms: fc.nat(2 ** 41), seq: fc.nat(2 ** 31 - 1) }), (at) => {
      const seen = seenOfOurs()
      const made = formatId(at, createEpoch())
      expect([seen.isNew(made), seen.isNew(made)]).toEqual([true, false])
    }),
  )
})

it('the memory is bounded: an ID that came 2,000 events ago is not known any more', () => {
  const seen = seenOfOurs()
  for (let ms = 0; ms <= 2000; ms++) seen.isNew(id(ms))
  expect(seen.isNew(id(1))).toBe(false)
  expect(seen.isNew(id(0))).toBe(true)
})
