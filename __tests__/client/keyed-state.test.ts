// keyedState, against a server over a real socket that writes what the test says.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keyedState, type EventStream, type KeyedState } from '../../src/client/index.js'
import { nextEvent, openStream, startServer, withoutWaiting } from '../helpers/client-server.js'
import {
  asText,
  gap,
  priced,
  ready,
  shows,
  sold,
  watch,
  withoutIds,
  type Seat,
  type Seats,
} from '../helpers/keyed-state-events.js'

function seatsOf(stream: EventStream<Seats>): KeyedState<string, Seat> {
  return keyedState(stream, 'seat', {
    key: (event) => event.json().seat,
    remove: (event) => event.json().price === 0,
  })
}

/** A stream, the state that follows it, and the first request. */
async function start() {
  withoutWaiting()
  const server = await startServer()
  const stream = openStream<Seats>(server.url)
  const seats = seatsOf(stream)
  const shown = watch(seats)
  const exchange = await server.next()
  return { server, stream, seats, shown, exchange }
}

describe('keyedState', () => {
  it('shows the events of the first connection as they come', async () => {
    const { seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1))
    await shows(seats, 'a=1')
    exchange.write(priced('b', 2))
    await shows(seats, 'a=1 b=2')
    exchange.write(priced('a', 3) + ready(false))
    await shows(seats, 'a=3 b=2')
    exchange.write(sold('b'))
    await shows(seats, 'a=3')
    expect(shown).toEqual(['', 'a=1', 'a=1 b=2', 'a=3 b=2', 'a=3'])
  })

  it('returns the same map until something changes, and never changes a map', async () => {
    const { seats, stream, exchange } = await start()
    const empty = seats.get()
    exchange.stream(ready(false))
    await nextEvent(stream, 'sse-ready')
    exchange.write(sold('unknown') + priced('a', 1))
    await shows(seats, 'a=1')
    const first = seats.get()
    const other = nextEvent(stream, 'other')
    exchange.write('event: other\ndata:\n\n')
    await other
    expect(seats.get()).toBe(first)
    exchange.write(priced('a', 2))
    await shows(seats, 'a=2')
    expect([empty, first, seats.get()].map(asText)).toEqual(['', 'a=1', 'a=2'])
  })

  it('makes no new map for the removal of a key that it lacks', async () => {
    const { seats, stream, shown, exchange } = await start()
    const other = nextEvent(stream, 'other')
    exchange.stream(`${sold('a')}event: other\ndata:\n\n`)
    await other
    await Promise.resolve()
    expect(shown).toEqual([''])
    expect(seats.get().size).toBe(0)
  })

  it('notifies once of events that arrive together', async () => {
    const { seats, shown, exchange } = await start()
    exchange.stream(Array.from({ length: 100 }, (_, i) => priced(`${i % 10}`, i + 1)).join(''))
    await shows(seats, Array.from({ length: 10 }, (_, i) => `${i}=${91 + i}`).join(' '))
    expect(shown).toHaveLength(2)
  })

  it('calls a listener at once with the current map, and no more after it unsubscribed', async () => {
    const { seats, exchange } = await start()
    exchange.stream(priced('a', 1))
    await shows(seats, 'a=1')
    const listener = jest.fn()
    const unsubscribe = seats.subscribe(listener)
    // The same function again is a second listener.
    seats.subscribe(listener)()
    expect(listener.mock.calls).toEqual([[seats.get()], [seats.get()]])
    exchange.write(priced('a', 2))
    await shows(seats, 'a=2')
    expect(listener).toHaveBeenCalledTimes(3)
    unsubscribe()
    exchange.write(priced('a', 3))
    await shows(seats, 'a=3')
    expect(listener).toHaveBeenCalledTimes(3)
  })

  it('stops with stop(), and leaves the stream open', async () => {
    const { seats, stream, shown, exchange } = await start()
    exchange.stream(priced('a', 1))
    await shows(seats, 'a=1')
    // The event has arrived when the state stops, but is not shown yet.
    stream.addEventListener('seat', () => seats.stop(), { once: true })
    const last = nextEvent(stream, 'last')
    exchange.write(`${priced('a', 2)}${priced('a', 3)}event: last\ndata:\n\n`)
    await last
    await new Promise(setImmediate)
    expect(shown).toEqual(['', 'a=1'])
    expect(stream.readyState).toBe(stream.OPEN)
  })

  it('calls no listener after one has called stop()', async () => {
    const { seats, shown, exchange } = await start()
    const stopped = new Promise<void>((resolve) => {
      seats.subscribe((map) => {
        if (map.size === 0) return
        seats.stop()
        resolve()
      })
    })
    const late = watch(seats)
    exchange.stream(priced('a', 1))
    await stopped
    await new Promise(setImmediate)
    expect([shown, late]).toEqual([['', 'a=1'], ['']])
  })

  it('tells events from notices where the server uses the names of notices', async () => {
    withoutWaiting()
    const server = await startServer()
    const stream = openStream<{ gap: Seat; statechange: Seat }>(server.url)
    const gaps = keyedState(stream, 'gap', { key: (event) => event.json().seat })
    const changes = keyedState(stream, 'statechange', { key: (event) => event.json().seat })
    const exchange = await server.next()
    const both = priced('a', 1).replace('seat', 'gap') + priced('b', 2).replace('seat', 'statechange')
    exchange.stream(both + gap(false))
    await Promise.all([shows(gaps, 'a=1'), shows(changes, 'b=2')])
    exchange.write(both.replaceAll('"a"', '"c"') + gap(true) + both + ready(false))
    await Promise.all([shows(gaps, 'a=1'), shows(changes, 'b=2')])
  })

  it('keeps the state, and calls other listeners, when an event or a listener throws', async () => {
    const program = join(__dirname, '../helpers/keyed-state-errors.ts')
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', program])
    expect(JSON.parse(stdout)).toEqual({
      errors: ['SyntaxError', 'no key', 'no answer', 'no listener'],
      shown: ['', 'a=1'],
    })
  })
})

describe('after a gap', () => {
  it('that is filled completely, keyedState shows the old state until the new one is complete', async () => {
    const { stream, seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + priced('b', 2) + ready(false))
    await shows(seats, 'a=1 b=2')
    const old = seats.get()
    const arrived = nextEvent(stream, 'seat')
    exchange.write(gap(true) + priced('b', 3))
    await arrived
    await new Promise(setImmediate)
    expect(seats.get()).toBe(old)
    exchange.write(priced('c', 4) + sold('d') + ready(false))
    await shows(seats, 'b=3 c=4')
    exchange.write(priced('a', 5))
    await shows(seats, 'a=5 b=3 c=4')
    expect(shown).toEqual(['', 'a=1 b=2', 'b=3 c=4', 'a=5 b=3 c=4'])
  })

  it('that is filled completely, keyedState shows an empty state if nothing follows', async () => {
    const { seats, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(gap(true) + ready(false))
    await shows(seats, '')
  })

  it('keyedState goes on with the new state over a reconnect that resumes', async () => {
    const { server, seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(gap(true) + priced('b', 2)).end()
    const next = await server.next()
    next.stream(priced('c', 3) + ready(true))
    await shows(seats, 'b=2 c=3')
    expect(shown).toEqual(['', 'a=1', 'b=2 c=3'])
  })

  it('keyedState begins again at a second complete gap', async () => {
    const { server, seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(gap(true) + priced('b', 2)).end()
    const next = await server.next()
    next.stream(gap(true) + priced('c', 3) + ready(false))
    await shows(seats, 'c=3')
    expect(shown).toEqual(['', 'a=1', 'c=3'])
  })

  it('keyedState keeps old keys if the rest of a new state does not come any more', async () => {
    const { server, seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + priced('b', 1) + ready(false))
    await shows(seats, 'a=1 b=1')
    exchange.write(gap(true) + priced('a', 2)).end()
    const next = await server.next()
    next.stream(gap(false) + ready(false) + priced('c', 3))
    await shows(seats, 'a=2 b=1 c=3')
    expect(shown).toEqual(['', 'a=1 b=1', 'a=2 b=1 c=3'])
  })

  it.each([
    ['says that it is not filled', gap(false)],
    ['comes from a server that does not say', gap()],
  ])('that %s, keyedState adds events to the current state', async (_, incomplete) => {
    const { seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(incomplete + priced('b', 2))
    await shows(seats, 'a=1 b=2')
    exchange.write(ready(false) + priced('c', 3))
    await shows(seats, 'a=1 b=2 c=3')
    expect(shown).toEqual(['', 'a=1', 'a=1 b=2', 'a=1 b=2 c=3'])
  })

  it('that is not filled, keyedState adds events to the new state if one is being filled', async () => {
    const { seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(gap(true) + priced('b', 2) + gap(false) + priced('c', 3) + ready(false))
    await shows(seats, 'b=2 c=3')
    expect(shown).toEqual(['', 'a=1', 'b=2 c=3'])
  })

  it('keyedState never shows the events before the gap that arrived with it', async () => {
    const { seats, shown, exchange } = await start()
    exchange.stream(priced('a', 1) + ready(false))
    await shows(seats, 'a=1')
    exchange.write(priced('a', 2) + gap(true) + priced('b', 3))
    exchange.write(ready(false))
    await shows(seats, 'b=3')
    expect(shown).toEqual(['', 'a=1', 'b=3'])
  })
})

describe('if the first connection is cut before it has caught up', () => {
  it('and the next one resumes, keyedState adds to what it has', async () => {
    const { server, seats, exchange } = await start()
    exchange.stream(priced('a', 1)).end()
    await shows(seats, 'a=1')
    const next = await server.next()
    next.stream(priced('b', 2) + ready(true))
    await shows(seats, 'a=1 b=2')
  })

  it('and the next one begins anew, keyedState drops keys that did not come again', async () => {
    const { server, seats, shown, exchange } = await start()
    exchange.stream(withoutIds(priced('a', 1) + priced('b', 2))).end()
    await shows(seats, 'a=1 b=2')
    const next = await server.next()
    expect(next.lastEventId).toBeUndefined()
    next.stream(withoutIds(priced('b', 3)))
    await shows(seats, 'a=1 b=3')
    next.write(withoutIds(priced('c', 4)) + ready(false))
    await shows(seats, 'b=3 c=4')
    expect(shown.at(-1)).toBe('b=3 c=4')
  })

  it('and the next one resumes after an incomplete gap, keyedState keeps what it has', async () => {
    const { server, seats, exchange } = await start()
    exchange.stream(priced('a', 1)).end()
    await shows(seats, 'a=1')
    const next = await server.next()
    next.stream(gap(false) + priced('b', 2) + ready(false) + priced('c', 3))
    await shows(seats, 'a=1 b=2 c=3')
  })
})
