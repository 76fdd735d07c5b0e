// Which events the client drops as duplicates, and which it dispatches.
import fc from 'fast-check'
import { Seen } from '../../src/client/seen.js'
import { STREAM_OPEN } from '../../src/wire/format.js'
import { createEpoch, formatId } from '../../src/log/position.js'
import { nextEvent, openStream, startServer, withoutWaiting } from '../helpers/client-server.js'

const epoch = 'epoch00'
const id = (ms: number, of = epoch) => formatId({ ms, seq: 0 }, of)

/** The data that a client dispatches from this package's streams, one connection for each stream. */
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

/** Events of another server, whose IDs have the form of this package's. */
const foreign = 'id: item-7-updated\ndata: x\n\n'

describe('an event is dropped', () => {
  it('if its ID has come before, on this connection or an earlier one', async () => {
    expect(await dispatched(event(5) + event(5) + event(6), event(6) + event(7))).toEqual(['5', '6', '7'])
  })

  it('if its ID has come before, and only a control event showed whose server it is', async () => {
    const ready = `event: sse-ready\ndata: {"resumed":false,"replayed":0}\nid: ${id(4)}\n\n`
    const gap = 'event: sse-gap\ndata: {"channels":["c"],"reason":"slow"}\n\n'
    for (const control of [ready, gap]) {
      expect((await dispatchedOf(control + event(5) + event(5))).slice(1)).toEqual(['5'])
    }
  })

  it('but its ID becomes the last event ID, because the server continues there', async () => {
    withoutWaiting()
    const server = await startServer()
    openStream(server.url)
    ;(await server.next()).stream(STREAM_OPEN + event(5) + event(6) + event(5)).end()
    expect((await server.next()).lastEventId).toBe(id(5))
  })
})

describe('an event is dispatched', () => {
  it('if it is older than others of its connection, as in a channel that was joined late', async () => {
    expect(await dispatched(event(5) + event(3) + event(4) + event(6))).toEqual(['5', '3', '4', '6'])
  })

  it('once, if the next connection resumes from such an older event', async () => {
    const second = event(4) + event(5) + event(6)
    expect(await dispatched(event(5) + event(3), second)).toEqual(['5', '3', '4', '6'])
  })

  it('if it is older than the ID that the connection resumed from, and is new', async () => {
    expect(await dispatched(event(5), event(3) + event(4) + event(6))).toEqual(['5', '3', '4', '6'])
  })

  it('twice by another server, even if its ID has the form of the package’s', async () => {
    expect(await dispatchedOf(foreign + foreign, foreign)).toEqual(['x', 'x', 'x'])
    const likeOurs = 'event: sse-ready\ndata: no JSON\n\nevent: sse-open\ndata: x\n\n'
    expect(await dispatchedOf(likeOurs + foreign + foreign)).toEqual(['no JSON', 'x', 'x'])
  })

  it('twice after a reconnect to another server', async () => {
    expect(await dispatchedOf(STREAM_OPEN + event(5), foreign + foreign + event(5))).toEqual(['5', 'x', 'x', '5'])
  })

  it('if it is of another epoch, however early', async () => {
    expect(await dispatched(event(5), event(1, 'new', 'epoch11'))).toEqual(['5', 'new'])
  })

  it('if its ID is one of the app’s own, even if the ID has come before', async () => {
    const own = 'id: 7\ndata: x\n\n'
    expect(await dispatched(own + own, own)).toEqual(['x', 'x', 'x'])
  })

  it('if it has no ID, after an event with an ID', async () => {
    expect(await dispatched(`${event(5)}data: x\n\ndata: x\n\n`)).toEqual(['5', 'x', 'x'])
  })

  it('after a gap, even if it is old or has come before', async () => {
    const gap = 'event: sse-gap\ndata: {"channels":["c"],"reason":"unknown"}\n\n'
    const told = '{"channels":["c"],"reason":"unknown"}'
    expect(await dispatched(event(5) + event(6), gap + event(4) + event(6))).toEqual(['5', '6', told, '4', '6'])
  })

  it('if it is a control event, whose ID is that of another event', async () => {
    const ready = `event: sse-ready\ndata: ready\nid: ${id(5)}\n\n`
    expect(await dispatched(ready + event(5) + ready, ready)).toEqual(['ready', '5', 'ready', 'ready'])
  })
})

/** The known IDs of a stream of this package's server. */
function seenOfOurs(): Seen {
  return Object.assign(new Seen(), { isOurs: true })
}

it('the client recognises every ID that the server makes', () => {
  fc.assert(
    fc.property(fc.record({ ms: fc.nat(2 ** 41), seq: fc.nat(2 ** 31 - 1) }), (at) => {
      const seen = seenOfOurs()
      const made = formatId(at, createEpoch())
      expect([seen.isNew(made), seen.isNew(made)]).toEqual([true, false])
    }),
  )
})

it('the client forgets IDs after 2,000 events, so that memory is bounded', () => {
  const seen = seenOfOurs()
  for (let ms = 0; ms <= 2000; ms++) seen.isNew(id(ms))
  expect(seen.isNew(id(1))).toBe(false)
  expect(seen.isNew(id(0))).toBe(true)
})
