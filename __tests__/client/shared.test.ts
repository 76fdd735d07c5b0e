// Streams of one process that share a connection, as tabs of a browser do. Browsers show the same in outside/client/shared.
import { SharedEventStream, type SharedEventStreamOptions } from '../../src/client/shared/index.js'
import { afterTest } from '../helpers/after-test.js'
import {
  nextEvent,
  reached,
  startServer,
  withoutWaiting,
  type Exchange,
  type ScriptedServer,
} from '../helpers/client-server.js'
import { pageEvents } from '../helpers/page-events.js'
import { until } from '../helpers/until.js'
import { installWebLocks } from '../helpers/web-locks.js'

const id = (n: number) => `abc-${n.toString(36)}-epoch01`
const READY = (n: number, resumed = false) =>
  `id: ${id(n)}\nevent: sse-ready\ndata: {"resumed":${resumed},"replayed":0}\n\n`
const event = (n: number, data = `${n}`) => `id: ${id(n)}\ndata: ${data}\n\n`
const HEAD = 'event: sse-open\n\n'

/** What a tab dispatched: the data of messages, and the names of notices. */
interface Tab {
  readonly stream: SharedEventStream
  readonly seen: string[]
}

let scope = 0

async function start() {
  withoutWaiting()
  installWebLocks()
  const server = await startServer()
  const shared = { scope: `user-${++scope}` }
  const open = (url = server.url, own: Partial<SharedEventStreamOptions> = {}): Tab => {
    const stream = new SharedEventStream(url, { ...shared, ...own })
    const seen: string[] = []
    stream.addEventListener('message', ({ data }) => seen.push(data))
    stream.addEventListener('gap', ({ detail }) => seen.push(`gap ${detail.reason}`))
    stream.addEventListener('error', ({ detail }) => seen.push(`error ${detail.code}`))
    stream.addEventListener('close', () => seen.push('close'))
    afterTest(() => stream.close())
    return { stream, seen }
  }
  return { server, open }
}

/** A leader that is ready. */
async function startLeader(options: Partial<SharedEventStreamOptions> = {}) {
  const { server, open } = await start()
  const leader = open(server.url, options)
  const connection = (await server.next()).stream(HEAD + READY(1))
  await until(() => leader.stream.lastEventId === id(1))
  return { server, open, leader, connection }
}

/** A leader that is ready, and a follower that has caught up. */
async function startPair() {
  const { server, open, leader, connection } = await startLeader()
  const follower = open()
  const catchUp = (await server.next()).stream(HEAD + event(1, 'latest') + READY(1))
  await catchUp.gone()
  return { server, open, leader, follower, connection }
}

const has = (tab: Tab, data: string) => until(() => tab.seen.includes(data))
const settled = (exchange: Exchange, tab: Tab, n: number) => {
  exchange.write(event(n))
  return has(tab, `${n}`)
}

/** The next two requests, which come in any order. */
const both = async (server: ScriptedServer): Promise<[Exchange, Exchange]> => [await server.next(), await server.next()]

describe('a follower', () => {
  it('gets what a new connection gets, then what the leader gets', async () => {
    const { server, leader, follower, connection } = await startPair()
    expect([leader.stream.role, follower.stream.role]).toEqual(['leader', 'follower'])
    connection.write(event(2) + event(3))
    await has(follower, '3')
    expect(follower.seen).toEqual(['latest', '2', '3'])
    expect(leader.seen).toEqual(['2', '3'])
    expect([follower.stream.lastEventId, follower.stream.readyState]).toEqual([id(3), 1])
    expect(server.requests).toBe(2)
  })

  it('holds back events until it has caught up, and drops those that it has', async () => {
    const { server, open, leader, connection } = await startLeader()
    const follower = open()
    const catchUp = await server.next()
    // 2 was replaced by 3, which has the same key: only 3 is among the latest events.
    connection.write(event(2) + event(3) + event(5))
    await has(leader, '5')
    expect(follower.seen).toEqual([])
    catchUp.stream(HEAD + event(3) + READY(4))
    await has(follower, '5')
    expect(follower.seen).toEqual(['3', '5'])
  })

  it('drops what the leader repeats, up to what it has, even if it comes later', async () => {
    const { open, server } = await start()
    const leader = open()
    const connection = (await server.next()).stream(HEAD)
    await until(() => leader.stream.readyState === 1)
    const follower = open()
    const catchUp = await server.next()
    catchUp.stream(HEAD + event(3) + READY(3))
    await catchUp.gone()
    connection.write(READY(1) + event(2) + event(3) + event(4))
    // The leader has begun like a new client, so the follower looks whether it lacks something.
    await has(follower, '4')
    expect(follower.seen).toEqual(['3', '4'])
  })

  it('catches up again if the leader began later than it, like a new client', async () => {
    const { open, server } = await start()
    const leader = open()
    const connection = await server.next()
    const follower = open()
    await (await server.next()).stream(HEAD + READY(1)).gone()
    // 2 was published before the leader's response began, so it gets 3 as its first.
    connection.stream(HEAD + READY(2) + event(3))
    const again = await server.next()
    expect(again.lastEventId).toBe(id(1))
    again.stream(HEAD + event(2) + event(3) + READY(3, true))
    await Promise.all([has(leader, '3'), has(follower, '3')])
    expect(follower.seen).toEqual(['2', '3'])
  })

  it('applies nothing of the leader before it has asked for its own state', async () => {
    const { server, open, leader, connection } = await startLeader()
    const channel = jest.spyOn(BroadcastChannel.prototype, 'postMessage')
    const follower = open()
    // Comes before the lock says that another tab leads.
    connection.write(event(2))
    await has(leader, '2')
    expect(channel).toHaveBeenCalled()
    const catchUp = await server.next()
    expect([catchUp.lastEventId, follower.stream.lastEventId]).toEqual([undefined, ''])
    catchUp.stream(HEAD + event(1, 'latest') + READY(1))
    await has(follower, '2')
    expect(follower.seen).toEqual(['latest', '2'])
  })

  it('gets snapshots itself after a gap of the leader', async () => {
    const { server, follower, connection } = await startPair()
    connection.write(
      'event: sse-gap\ndata: {"channels":["a"],"reason":"slow","complete":false}\n\ndata: snapshot\n\n' + READY(4),
    )
    const own = await server.next()
    expect(own.lastEventId).toBe(id(1))
    own.stream(
      HEAD +
        'event: sse-gap\ndata: {"channels":["a"],"reason":"evicted","complete":false}\n\ndata: snapshot\n\n' +
        READY(4),
    )
    await has(follower, 'snapshot')
    expect(follower.seen).toEqual(['latest', 'gap slow', 'gap evicted', 'snapshot'])
  })

  it('is told of a gap that is not complete, and what it covers comes over its own connection', async () => {
    const { server, follower, connection } = await startPair()
    connection.write(
      `id: ${id(5)}\nevent: sse-gap\ndata: {"channels":["a"],"reason":"slow","complete":false}\n\n${event(6)}${READY(6)}`,
    )
    const own = await server.next()
    expect(own.lastEventId).toBe(id(5))
    own.stream(HEAD + event(6) + READY(6, true))
    await has(follower, '6')
    expect(follower.seen).toEqual(['latest', 'gap slow', '6'])
  })

  it('catches up until it has reached the leader, even if a process lags behind', async () => {
    const { server, open } = await start()
    const leader = open()
    const connection = (await server.next()).stream(HEAD + READY(1) + event(2))
    await has(leader, '2')
    const follower = open()
    const lagging = await server.next()
    connection.write(event(3))
    await has(leader, '3')
    lagging.stream(HEAD + READY(1))
    const again = await server.next()
    expect(again.lastEventId).toBe(id(1))
    again.stream(HEAD + event(2) + READY(2, true))
    await has(follower, '3')
    expect(follower.seen).toEqual(['2', '3'])
  })

  it('shows the state of a leader that has not caught up yet, and closes with it', async () => {
    const { server, open } = await start()
    open()
    const first = await server.next()
    const follower = open()
    await (await server.next()).stream(HEAD + READY(1)).gone()
    first.answer(503)
    await reached(follower.stream, 'waiting')
    ;(await server.next()).answer(404)
    await reached(follower.stream, 'closed')
    expect(follower.seen).toEqual(['error status', 'error status', 'close'])
  })

  it('holds 2,000 messages, and gets those before them over its own connection', async () => {
    const { server, open, leader, connection } = await startLeader()
    const follower = open()
    const catchUp = await server.next()
    const numbers = Array.from({ length: 2100 }, (_, i) => i + 2)
    connection.write(numbers.map((n) => event(n)).join(''))
    await has(leader, '2101')
    catchUp.stream(HEAD + READY(1))
    const again = await server.next()
    expect(again.lastEventId).toBe(id(1))
    again.stream(HEAD + numbers.map((n) => event(n)).join('') + READY(2101, true))
    await has(follower, '2101')
    expect(follower.seen).toEqual(numbers.map(String))
  })

  it('stays closed if a listener closes it while held events come', async () => {
    const { server, open, leader, connection } = await startLeader()
    const follower = open()
    follower.stream.addEventListener('message', () => follower.stream.close())
    const catchUp = await server.next()
    connection.write(event(2) + event(3))
    await has(leader, '3')
    catchUp.stream(HEAD + READY(1))
    await has(follower, 'close')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([follower.seen, follower.stream.readyState]).toEqual([['2', 'close'], 2])
  })

  it('does not get what was sent to the connection of the leader alone', async () => {
    const { leader, follower, connection } = await startPair()
    connection.write('data: sent\n\n')
    await has(leader, 'sent')
    await settled(connection, follower, 2)
    expect(follower.seen).toEqual(['latest', '2'])
  })

  it('gets the gap of the leader, and what comes again', async () => {
    const { leader, follower, connection } = await startPair()
    await settled(connection, follower, 2)
    connection.write(
      'event: sse-gap\ndata: {"channels":["a"],"reason":"slow","complete":true}\n\n' + event(2) + READY(4) + event(5),
    )
    await Promise.all([has(leader, '5'), has(follower, '5')])
    expect(follower.seen).toEqual(['latest', '2', 'gap slow', '2', '5'])
    expect(leader.seen).toEqual(follower.seen.slice(1))
  })

  it('follows the state, also its errors, which are text', async () => {
    const { server, follower, connection } = await startPair()
    const opened = nextEvent<CustomEvent<{ status: number; headers: Headers }>>(follower.stream, 'open')
    const error = nextEvent<CustomEvent<{ code: string; error: unknown }>>(follower.stream, 'error')
    connection.cut()
    expect((await error).detail).toEqual({ code: 'failed', error: expect.stringContaining('Error') as string })
    ;(await server.next()).stream(HEAD, { 'X-Region': 'eu' })
    const { status, headers } = (await opened).detail
    expect([status, headers.get('x-region')]).toEqual([200, 'eu'])
    expect(follower.stream.state.name).toBe('open')
  })

  it('closes when the server has refused the leader', async () => {
    const { server, leader, follower, connection } = await startPair()
    connection.end()
    ;(await server.next()).answer(404)
    const { reason } = await reached(follower.stream, 'closed')
    expect(reason).toMatchObject({ code: 'status', status: 404 })
    expect(leader.stream.readyState).toBe(2)
    expect(follower.seen.slice(-2)).toEqual(['error status', 'close'])
  })

  it('closes when the server has finished the stream, without an error', async () => {
    const { leader, follower, connection } = await startPair()
    connection.write(`id: ${id(2)}-end\nevent: sse-end\ndata: {}\n\n`)
    await Promise.all([reached(follower.stream, 'closed'), reached(leader.stream, 'closed')])
    expect([leader.seen.at(-1), follower.seen]).toEqual(['close', ['latest', 'close']])
  })

  it('gets what the leader got before the end, if it has not caught up yet', async () => {
    const { server, open, leader, connection } = await startLeader()
    const follower = open()
    const catchUp = await server.next()
    const end = `id: ${id(2)}-end\nevent: sse-end\ndata: {}\n\n`
    connection.write(event(2) + end)
    await reached(leader.stream, 'closed')
    catchUp.stream(HEAD + event(2) + end)
    // After a while it leads, and asks itself.
    void server.next().then((own) => own.stream(HEAD + event(2) + end))
    await reached(follower.stream, 'closed')
    expect(follower.seen).toEqual(['2', 'close'])
  })

  it('closes when its own request is refused', async () => {
    const { server, open } = await start()
    open()
    ;(await server.next()).stream(HEAD + READY(1))
    const follower = open()
    ;(await server.next()).answer(401)
    await reached(follower.stream, 'closed')
    expect(follower.seen).toEqual(['error status', 'close'])
  })

  it.each([
    ['a symbol', Symbol('lost'), 'Symbol(lost)'],
    ['an object without text', Object.create(null) as object, 'object'],
  ])('learns that the headers of the leader have thrown %s', async (_name, thrown, text) => {
    let headers = (): Record<string, string> => ({})
    const { server, open, leader, connection } = await startLeader({ headers: () => headers() })
    const follower = open()
    await (await server.next()).stream(HEAD + READY(1)).gone()
    const errors: unknown[] = []
    follower.stream.addEventListener('error', ({ detail }) => errors.push(detail.error))
    headers = () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- apps may throw anything
      throw thrown
    }
    connection.end()
    await Promise.all([has(leader, 'error failed'), has(follower, 'error failed')])
    headers = () => ({})
    expect(errors).toContain(text)
    ;(await server.next()).stream(HEAD)
    await reached(leader.stream, 'open')
  })

  it('has the leader reconnect', async () => {
    const { server, follower, connection } = await startPair()
    follower.stream.reconnect()
    await connection.gone()
    expect((await server.next()).lastEventId).toBe(id(1))
  })
})

describe('when the leader is closed', () => {
  it('the next one resumes after the last event that it has seen, and nothing comes twice', async () => {
    const { server, open, leader, follower, connection } = await startPair()
    const third = open()
    await (await server.next()).stream(HEAD + READY(1)).gone()
    await Promise.all([settled(connection, follower, 2), has(third, '2')])
    leader.stream.close()
    const next = await server.next()
    expect(next.lastEventId).toBe(id(2))
    // The server sends the last one again, and one that the third tab has not seen.
    next.stream(HEAD + event(2) + event(3) + READY(3, true))
    await Promise.all([has(follower, '3'), has(third, '3')])
    expect([follower.stream.role, third.stream.role]).toEqual(['leader', 'follower'])
    expect([follower.seen, third.seen]).toEqual([
      ['latest', '2', '3'],
      ['2', '3'],
    ])
    expect(leader.seen).toEqual(['2', 'close'])
  })

  it('a follower that has seen less catches up by itself', async () => {
    const { server, open, leader, follower, connection } = await startPair()
    await settled(connection, follower, 5)
    const third = open()
    // It is behind: its own connection ends before the newest event.
    await (await server.next()).stream(HEAD + READY(3)).gone()
    leader.stream.close()
    const exchanges = await both(server)
    const [next, behind] = exchanges.sort((a, b) => (a.lastEventId === id(5) ? -1 : b.lastEventId === id(5) ? 1 : 0))
    expect([next.lastEventId, behind.lastEventId]).toEqual([id(5), id(3)])
    next.stream(HEAD + READY(5, true))
    behind.stream(HEAD + event(5) + READY(5, true))
    await has(third, '5')
    await settled(next, third, 6)
    expect(third.seen).toEqual(['5', '6'])
  })

  it('a follower that has seen more drops what was replaced', async () => {
    const { server, open, leader, follower } = await startPair()
    const third = open()
    await (await server.next()).stream(HEAD + event(4) + READY(4)).gone()
    leader.stream.close()
    const next = await server.next()
    // The new leader has seen up to 1. 3 has the same key as 4, so the third tab must not get it after 4.
    next.stream(HEAD + event(3) + event(4) + READY(4, true) + event(5))
    await Promise.all([has(follower, '5'), has(third, '5')])
    expect(third.seen).toEqual(['4', '5'])
    expect(follower.seen).toEqual(['latest', '3', '4', '5'])
  })
})

it('a leader that says nothing is replaced, and follows from then on', async () => {
  // It does not notice that the server has fallen silent, as a page that hangs does not.
  const { server, open, leader, connection: silent } = await startLeader({ keepAlive: false })
  const follower = open(server.url, { keepAlive: 200 })
  await (await server.next()).stream(HEAD + READY(1)).gone()
  await silent.gone()
  const [next, back] = await both(server)
  next.stream(HEAD + event(2) + READY(2, true))
  back.stream(HEAD + event(2) + READY(2, true))
  await Promise.all([has(leader, '2'), has(follower, '2')])
  expect([leader.stream.role, follower.stream.role]).toEqual(['follower', 'leader'])
  // One of them was the connection that leader caught up with, and is gone.
  for (const exchange of [next, back]) exchange.write(event(3))
  await has(leader, '3')
  expect(leader.seen).toEqual(['2', '3'])
})

describe('a page that is put aside', () => {
  it('lets go of the lead, and follows when it comes back', async () => {
    const { server, open } = await start()
    const page = pageEvents()
    const leader = open()
    const connection = (await server.next()).stream(HEAD + READY(1))
    await until(() => leader.stream.lastEventId === id(1))
    page.window.dispatchEvent(new Event('pagehide'))
    expect(leader.stream.state).toMatchObject({ name: 'waiting', nextTry: Infinity, reason: { code: 'hidden' } })
    await connection.gone()
    page.window.dispatchEvent(new Event('pageshow'))
    expect(leader.stream.state.name).toBe('connecting')
    const next = await server.next()
    expect(next.lastEventId).toBe(id(1))
    next.stream(HEAD + event(2) + READY(2, true))
    await has(leader, '2')
    expect(leader.stream.role).toBe('leader')
  })
})

it('elects one of two tabs that take the lead at once', async () => {
  const { server, open, leader } = await startLeader({ keepAlive: false })
  jest.spyOn(Math, 'random').mockReturnValue(0)
  const tabs = [open(server.url, { keepAlive: 200 }), open(server.url, { keepAlive: 200 })]
  for (let i = 0; i < 2; i++) (await server.next()).stream(HEAD + READY(1))
  const answering = (async () => {
    for (;;) {
      const exchange = await server.next()
      exchange.stream(HEAD + READY(1, true))
      const timer = setInterval(() => exchange.response.write(':\n'), 10)
      exchange.response.on('close', () => clearInterval(timer))
    }
  })()
  void answering
  const all = [leader, ...tabs]
  const leads = () => all.map(({ stream }) => stream.role)
  await until(() => leads().filter((role) => role === 'leader').length === 1 && leads()[0] === 'follower')
  expect(leads().filter((role) => role === 'leader')).toHaveLength(1)
})

it('has a connection of its own where locks are refused', async () => {
  withoutWaiting()
  const request = () => Promise.reject(new DOMException('not here', 'SecurityError'))
  Object.defineProperty(globalThis, 'navigator', { value: { locks: { request } }, configurable: true })
  afterTest(() => delete (globalThis as { navigator?: unknown }).navigator)
  const server = await startServer()
  const stream = new SharedEventStream(server.url, { scope: 'user' })
  afterTest(() => stream.close())
  const message = nextEvent(stream)
  ;(await server.next()).stream(HEAD + event(1, 'x'))
  expect((await message).data).toBe('x')
})

it('needs a scope, and other scopes and URLs share nothing', async () => {
  const { server, open } = await start()
  expect(() => new SharedEventStream(server.url, { scope: '' })).toThrow('needs the option scope')
  const one = open()
  const other = open(`${server.url}other`)
  await server.next()
  await server.next()
  expect([one.stream.role, other.stream.role]).toEqual(['leader', 'leader'])
})

it('is a plain stream where tabs cannot share', async () => {
  withoutWaiting()
  const server = await startServer()
  const stream = new SharedEventStream(server.url, { scope: 'user' })
  afterTest(() => stream.close())
  const message = nextEvent(stream)
  ;(await server.next()).stream('data: x\n\n')
  expect((await message).data).toBe('x')
  expect(stream.role).toBe('leader')
})

describe('the page of a tab', () => {
  it('is followed by a leader and by a follower', async () => {
    const page = pageEvents()
    const { server, leader, follower, connection } = await startPair()
    for (const type of ['offline', 'online', 'pageshow']) page.window.dispatchEvent(new Event(type))
    page.show(true)
    await connection.gone()
    ;(await server.next()).stream(HEAD + event(2) + READY(2, true))
    await Promise.all([has(leader, '2'), has(follower, '2')])
    expect([leader.stream.role, follower.stream.role]).toEqual(['leader', 'follower'])
  })

  it('is put aside once, and reconnect() brings it back', async () => {
    const page = pageEvents()
    const { server, open } = await start()
    const { stream } = open()
    ;(await server.next()).stream(HEAD + READY(1))
    await until(() => stream.lastEventId === id(1))
    const states: string[] = []
    stream.addEventListener('statechange', ({ detail }) => states.push(detail.name))
    for (let i = 0; i < 2; i++) page.window.dispatchEvent(new Event('pagehide'))
    expect(states).toEqual(['waiting'])
    stream.reconnect()
    ;(await server.next()).stream(HEAD + READY(1, true))
    await until(() => stream.readyState === 1)
    stream.reconnect()
    await server.next()
    stream.close()
    stream.close()
    stream.reconnect()
    page.window.dispatchEvent(new Event('pageshow'))
    expect([stream.readyState, server.requests]).toEqual([2, 3])
  })
})

describe('what a follower hears', () => {
  const channelOf = (tab: Tab) => {
    const channel = new BroadcastChannel(`express-sse-channels user-${scope} ${tab.stream.url}`)
    afterTest(() => channel.close())
    return channel
  }

  it('is not used if it comes from a leader that was replaced', async () => {
    const { follower, connection } = await startPair()
    channelOf(follower).postMessage({
      kind: 'event',
      type: 'message',
      data: 'old',
      id: id(9),
      lastEventId: id(9),
      term: 1,
      seq: 9,
    })
    await settled(connection, follower, 2)
    expect(follower.seen).toEqual(['latest', '2'])
  })

  it('makes it catch up if something before it was lost', async () => {
    const { server, follower } = await startPair()
    const later = Date.now() + 60_000
    channelOf(follower).postMessage({ kind: 'heard', term: later, seq: 5 })
    const own = await server.next()
    expect(own.lastEventId).toBe(id(1))
    own.stream(HEAD + event(2) + READY(2, true))
    await has(follower, '2')
  })

  it.each([
    ['is none here if it was over before this tab caught up', 4, ['latest']],
    ['is told here if it was not', 6, ['latest', 'gap slow', '5']],
  ])('as a gap that waits %s', async (_name, ready, expected) => {
    const { server, open, leader, connection } = await startLeader()
    const follower = open()
    const catchUp = await server.next()
    const gap = 'event: sse-gap\ndata: {"channels":["a"],"reason":"slow","complete":true}\n\n'
    connection.write(gap + (ready > 4 ? event(5) : '') + READY(ready) + event(7))
    await has(leader, '7')
    catchUp.stream(HEAD + event(1, 'latest') + READY(4))
    await has(follower, '7')
    expect(follower.seen).toEqual([...expected, '7'])
  })
})
