// Owners of connections: who they are, and how their connections are ended, counted and listed.
import type { IncomingMessage } from 'node:http'
import {
  createRegistry,
  SseError,
  sse,
  type Connection,
  type SseOptions,
  type Store,
  type StoreLog,
} from '../src/index.js'
import { openStream, type OpenStream } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, express5, startServer, type ServerKind, type TestServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

const ownerOf = ({ headers }: Pick<IncomingMessage, 'headers'>) => headers['x-owner'] as string | undefined

const isReady = ({ event }: { event?: string | undefined }) => event === 'sse-ready'

/** Starts a server whose clients say who they are, and whose handler subscribes. */
async function start(options: SseOptions = {}, kind: ServerKind = bareHttp, handle?: (sse: Connection) => void) {
  const live = sse({ owner: ownerOf, ...options })
  const connections: Connection[] = []
  const server = await startServer(kind, live, (_req, res) => {
    connections.push(res.sse!)
    if (handle === undefined) res.sse!.subscribe('a')
    else handle(res.sse!)
  })
  return { live, registry: live.registry, server, connections }
}

async function open(server: TestServer, owner?: string): Promise<OpenStream> {
  const stream = await openStream(server, owner === undefined ? {} : { headers: { 'x-owner': owner } })
  await stream.waitFor(isReady)
  return stream
}

/** A store whose appends settle by hand, as those of a database do. */
class SlowStore implements Store {
  log: StoreLog | undefined
  readonly settle: { resolve: () => void; reject: (error: Error) => void }[] = []

  start(log: StoreLog) {
    this.log = log
    log.begin('epoch01', { ms: 1, seq: 0 })
  }

  append() {
    return new Promise<{ ms: number; seq: number }>((resolve, reject) => {
      this.settle.push({ resolve: () => resolve({ ms: 2, seq: 0 }), reject })
    })
  }

  close() {}
}

describe.each([express5, bareHttp, bareHttp2])('disconnect() on $name', (kind) => {
  it('ends all connections of the owner and of nobody else', async () => {
    const { live, registry, server, connections } = await start({}, kind)
    const ann = [await open(server, 'ann'), await open(server, 'ann')]
    const others = [await open(server, 'bob'), await open(server)]
    const reasons = connections.map(() => [] as string[])
    connections.forEach((connection, i) => connection.on('close', (reason) => reasons[i]?.push(reason)))
    expect(await registry.disconnect({ owner: 'ann' })).toBe(2)
    for (const stream of ann) expect(await stream.ended).toBe('ended')
    await live.channel('a').publish({ data: 'after' })
    for (const stream of others) await stream.waitForData('after')
    expect(ann.flatMap(({ data }) => data)).toEqual([])
    expect(reasons).toEqual([['disconnected'], ['disconnected'], [], []])
    await until(() => registry.stats().connections === 2)
    expect(registry.stats()).toMatchObject({ closed: { disconnected: 2 }, shed: 0 })
    // Those who come later stay.
    const later = await open(server, 'ann')
    await live.channel('a').publish({ data: 'later' })
    await later.waitForData('later')
    expect(await registry.disconnect({ owner: 'nobody' })).toBe(0)
  })

  it('ends a connection that its handler has not opened yet as soon as it opens', async () => {
    const { registry, server, connections } = await start({ retry: 2000 }, kind, () => undefined)
    const answer = openStream(server, { headers: { 'x-owner': 'ann' } })
    await until(() => connections.length === 1)
    const [connection] = connections as [Connection]
    expect(await registry.disconnect({ owner: 'ann' })).toBe(1)
    expect([await registry.disconnect({ owner: 'ann' }), connection.closed]).toEqual([0, false])
    const reasons: string[] = []
    connection.on('close', (reason) => reasons.push(reason))
    // The handler still runs, and nothing throws.
    connection.subscribe('a')
    expect([connection.open(), connection.send({ data: 'secret' }), connection.closed]).toEqual([false, false, true])
    const stream = await answer
    expect([stream.status, await stream.ended, stream.events]).toEqual([200, 'ended', []])
    expect(stream.retries).toHaveLength(1)
    expect(stream.retries[0]).toBeGreaterThanOrEqual(1000)
    expect(stream.retries[0]).toBeLessThanOrEqual(3000)
    expect(reasons).toEqual(['disconnected'])
    expect(registry.stats()).toMatchObject({ connections: 0, shed: 0, closed: { disconnected: 0 } })
  })
})

describe('disconnect()', () => {
  it('leaves a request to its handler that answers otherwise', async () => {
    const live = sse({ owner: ownerOf })
    let answer: (() => void) | undefined
    const server = await startServer(bareHttp, live, (_req, res) => {
      answer = () => {
        res.statusCode = 401
        res.end('no')
      }
    })
    const request = openStream(server, { headers: { 'x-owner': 'ann' } })
    await until(() => answer !== undefined)
    expect(await live.registry.disconnect({ owner: 'ann' })).toBe(1)
    answer?.()
    expect((await request).status).toBe(401)
    expect(await live.registry.disconnect({ owner: 'ann' })).toBe(0)
  })

  it('ends connections here while the store is away, and rejects with its error later', async () => {
    const store = new SlowStore()
    const { registry, server } = await start({ registry: { store } })
    const stream = await open(server, 'ann')
    const disconnecting = registry.disconnect({ owner: 'ann' })
    expect(await stream.ended).toBe('ended')
    // Whoever comes meanwhile stays.
    const later = await open(server, 'ann')
    store.settle[0]?.reject(new SseError('ERR_SSE_STORE_TIMEOUT', 'too late'))
    await expect(disconnecting).rejects.toMatchObject({ code: 'ERR_SSE_STORE_TIMEOUT' })
    expect(later.state).toBe('open')
  })

  it.each<[string, (error: Error) => never | Promise<never>]>([
    [
      'throws',
      (error) => {
        throw error
      },
    ],
    ['rejects', (error) => Promise.reject(error)],
  ])('ends nothing if the store cannot tell other processes, and %s', async (_name, append) => {
    const error = new SseError('ERR_SSE_STORE_UNSUPPORTED', 'no such thing')
    const start_ = (log: StoreLog) => log.begin('epoch01', { ms: 1, seq: 0 })
    const store: Store = { start: start_, append: () => append(error), close: () => undefined }
    const { registry, server } = await start({ registry: { store } })
    const stream = await open(server, 'ann')
    await expect(registry.disconnect({ owner: 'ann' })).rejects.toBe(error)
    expect([stream.state, registry.stats().closed.disconnected]).toEqual(['open', 0])
  })

  it('ends connections here even if the store rejects with nothing', async () => {
    const store = new SlowStore()
    const { registry, server } = await start({ registry: { store } })
    const stream = await open(server, 'ann')
    const disconnecting = registry.disconnect({ owner: 'ann' })
    store.settle[0]?.reject(undefined as unknown as Error)
    await expect(disconnecting).rejects.toBeUndefined()
    expect(await stream.ended).toBe('ended')
  })

  it('ends connections here even if the store throws', async () => {
    const error = new Error('the disk is full')
    const store: Store = {
      start: (log) => log.begin('epoch01', { ms: 1, seq: 0 }),
      append() {
        throw error
      },
      close: () => undefined,
    }
    const { registry, server } = await start({ registry: { store } })
    const stream = await open(server, 'ann')
    await expect(registry.disconnect({ owner: 'ann' })).rejects.toBe(error)
    expect(await stream.ended).toBe('ended')
    expect(registry.stats().closed.disconnected).toBe(1)
  })

  it('from another process ends connections here, unless a log begins with it', async () => {
    const store = new SlowStore()
    const { server } = await start({ registry: { store } })
    const stream = await open(server, 'ann')
    const entry = { kind: 'disconnect', owner: 'ann', by: 'another' } as const
    const position = { ms: 5, seq: 0 }
    const held = { latest: [], events: [{ position, entry }], readUpTo: position }
    store.log?.begin('epoch02', { ms: 4, seq: 0 }, held)
    await stream.waitFor(({ event }) => event === 'sse-gap')
    expect(stream.state).toBe('open')
    store.log?.append({ ms: 6, seq: 0 }, entry)
    expect(await stream.ended).toBe('ended')
  })

  it('that this process reads only when its log begins again ends connections', async () => {
    const store = new SlowStore()
    const { server } = await start({ registry: { store } })
    const [ann, bob] = [await open(server, 'ann'), await open(server, 'bob')]
    const disconnect = (ms: number, owner: string) => {
      return { position: { ms, seq: 0 }, entry: { kind: 'disconnect', owner, by: 'another' } as const }
    }
    const events = [disconnect(4, 'bob'), disconnect(5, 'ann')]
    store.log?.begin('epoch02', { ms: 3, seq: 0 }, { latest: [], events, readUpTo: { ms: 4, seq: 0 } })
    expect(await ann.ended).toBe('ended')
    await bob.waitFor(({ event }) => event === 'sse-gap')
    expect(bob.state).toBe('open')
  })

  it('ends requests that wait for the store, as soon as they open', async () => {
    let begun: (() => void) | undefined
    const store: Store = {
      start: (log) => {
        log.begin('epoch01', { ms: 1, seq: 0 })
        return new Promise((resolve) => (begun = resolve))
      },
      append: () => ({ ms: 2, seq: 0 }),
      close: () => undefined,
    }
    let arrived = 0
    const live = sse({ owner: ownerOf, registry: { store } })
    const server = await startServer(
      bareHttp,
      (req, res, next) => {
        arrived++
        live(req, res, next)
      },
      (_req, res) => res.sse?.subscribe('a'),
    )
    const answers = ['ann', 'bob'].map((owner) => openStream(server, { headers: { 'x-owner': owner } }))
    await until(() => arrived === 2)
    await live.registry.disconnect({ owner: 'ann' })
    begun?.()
    const [ann, bob] = (await Promise.all(answers)) as [OpenStream, OpenStream]
    expect([await ann.ended, ann.events]).toEqual(['ended', []])
    await bob.waitFor(isReady)
    expect((await open(server, 'ann')).state).toBe('open')
  })

  it.each<[string, unknown, string]>([
    ['no owner', {}, 'disconnect(): owner must be a non-empty string'],
    ['an undefined owner', { owner: undefined }, 'disconnect(): owner must be a non-empty string'],
    ['an empty owner', { owner: '' }, "got ''"],
    ['an owner that is not well-formed', { owner: '\ud800' }, 'of well-formed Unicode'],
    ['another option', { owner: 'a', user: 'a' }, 'there is no option user'],
    ['no options', undefined, 'disconnect(): options must be an object'],
    ['a string', 'ann', 'disconnect(): options must be an object'],
  ])('rejects %s', async (_name, options, message) => {
    const disconnecting = createRegistry().disconnect(options as { owner: string })
    const text = expect.stringContaining(message) as string
    await expect(disconnecting).rejects.toMatchObject({ code: 'ERR_SSE_OPTION', message: text })
  })

  it('rejects on a closed registry', async () => {
    const registry = createRegistry()
    await registry.close()
    await expect(registry.disconnect({ owner: 'ann' })).rejects.toMatchObject({ code: 'ERR_SSE_CLOSED' })
  })
})

describe('the option owner', () => {
  it.each<[string, unknown, string]>([
    ['a promise', Promise.reject(new Error('late')), 'got a promise. Load the user in a middleware before sse()'],
    ['an empty string', '', 'got ""'],
    ['a number', 7, 'got a value of the type number'],
    ['null', null, 'got a value of the type object'],
  ])('that returns %s passes an error to next', async (_name, value, message) => {
    let passed: unknown
    const live = sse({ owner: () => value as string })
    const server = await startServer(
      bareHttp,
      (req, res) =>
        live(req, res, (error) => {
          passed = error
          res.statusCode = 500
          res.end()
        }),
      () => undefined,
    )
    expect((await openStream(server)).status).toBe(500)
    expect(passed).toMatchObject({ code: 'ERR_SSE_OPTION', message: expect.stringContaining(message) as string })
  })

  it.each([undefined, null])('that throws %p does not let the request go on', async (nothing) => {
    const owner = () => {
      throw nothing as unknown
    }
    const { server, connections } = await start({ owner }, express5)
    expect((await openStream(server)).status).toBe(500)
    expect(connections).toEqual([])
  })

  it('passes what it throws to next, and is not called for other requests', async () => {
    let calls = 0
    const owner = () => {
      calls++
      throw new RangeError('no such user')
    }
    const { server } = await start({ owner }, express5)
    expect((await openStream(server)).status).toBe(500)
    const live = sse({ owner })
    const json = await startServer(bareHttp, live, (_req, res) => res.end('{}'))
    expect((await openStream(json, { headers: { accept: 'application/json' } })).status).toBe(200)
    expect(calls).toBe(1)
  })
})

describe('maxPerOwner', () => {
  it('sheds the connection of an owner that is one too many, and nobody else', async () => {
    const { registry, server } = await start({ maxPerOwner: 2 })
    const [first] = [await open(server, 'ann'), await open(server, 'ann')]
    const shed = await openStream(server, { headers: { 'x-owner': 'ann' } })
    expect([shed.status, await shed.ended, shed.events]).toEqual([200, 'ended', []])
    expect(shed.retries[0]).toBeGreaterThanOrEqual(6000)
    for (const owner of ['bob', 'bob', undefined, undefined, undefined]) await open(server, owner)
    expect(registry.stats()).toMatchObject({ connections: 7, shed: 1 })
    first.close()
    await until(() => registry.stats().connections === 6)
    await open(server, 'ann')
  })

  it('counts open connections, so it sheds again when handlers open at the same time', async () => {
    const { registry, server, connections } = await start({ maxPerOwner: 1 }, bareHttp, () => undefined)
    const answers = [1, 2, 3].map(() => openStream(server, { headers: { 'x-owner': 'ann' } }))
    await until(() => connections.length === 3)
    expect(connections.map((connection) => connection.open())).toEqual([true, false, false])
    await Promise.all(answers)
    expect(registry.stats()).toMatchObject({ connections: 1, shed: 2 })
  })
})

describe('connections()', () => {
  it('iterates over the open connections, of all or of one owner', async () => {
    const { registry, server, connections } = await start()
    expect([...registry.connections()]).toEqual([])
    for (const owner of ['ann', 'bob', undefined, 'ann']) await open(server, owner)
    expect([...registry.connections()]).toEqual(connections)
    const [ann] = [...registry.connections({ owner: 'ann' })]
    expect(ann).toBe(connections[0])
    expect([...registry.connections({ owner: 'ann' })].map(({ owner }) => owner)).toEqual(['ann', 'ann'])
    expect([...registry.connections({ owner: 'nobody' })]).toEqual([])
    expect([...registry.connections({ owner: undefined })]).toHaveLength(4)
  })

  it('may be iterated over while connections close', async () => {
    const { registry, server } = await start()
    const streams = [await open(server, 'ann'), await open(server, 'ann'), await open(server, 'ann')]
    let seen = 0
    for (const connection of registry.connections({ owner: 'ann' })) {
      seen++
      connection.close()
      for (const other of registry.connections()) other.close()
    }
    expect(seen).toBe(1)
    for (const stream of streams) await stream.ended
    await until(() => [...registry.connections()].length === 0)
  })

  it('leaves out connections that are not open', async () => {
    const { registry, server, connections } = await start({}, bareHttp, () => undefined)
    const answer = openStream(server, { headers: { 'x-owner': 'ann' } })
    await until(() => connections.length === 1)
    expect([...registry.connections()]).toEqual([])
    expect(connections[0]?.openedAt).toBeUndefined()
    connections[0]?.open()
    expect([...registry.connections()]).toEqual(connections)
    await answer
  })

  it('refuses a wrong option at the call', () => {
    const wrong = () => createRegistry().connections({ owner: 7 as unknown as string })
    expect(wrong).toThrow(expect.objectContaining({ code: 'ERR_SSE_OPTION' }) as Error)
  })
})

describe('a connection', () => {
  it('says whose it is, what it reads, since when, and how far it has come', async () => {
    const before = Date.now()
    const { live, server, connections } = await start({}, bareHttp, () => undefined)
    const answer = openStream(server, { headers: { 'x-owner': 'ann' } })
    await until(() => connections.length === 1)
    const [connection] = connections as [Connection]
    expect([connection.owner, connection.channels, connection.sentUpTo]).toEqual(['ann', [], ''])
    const unsubscribe = connection.subscribe('a')
    connection.subscribe(['b', 'c'])
    expect([connection.channels, connection.sentUpTo]).toEqual([['a', 'b', 'c'], ''])
    const stream = await answer
    const ready = await stream.waitFor(isReady)
    expect(connection.sentUpTo).toBe(ready.id)
    const id = await live.channel('a').publish({ data: '1' })
    await stream.waitForData('1')
    await until(() => connection.unsentBytes === 0)
    expect(connection.sentUpTo).toBe(id)
    unsubscribe()
    expect(connection.channels).toEqual(['b', 'c'])
    expect(connection.openedAt?.getTime()).toBeGreaterThanOrEqual(before - 1)
    expect(connection.openedAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1)
    connection.close()
    expect([connection.channels, connection.sentUpTo]).toEqual([[], ''])
  })

  it('of a client that does not read shows its unsent bytes, and where it would resume', async () => {
    const { live, server, connections } = await start()
    const stream = await open(server, 'ann')
    stream.pause()
    const ids: string[] = []
    const [connection] = connections as [Connection]
    while (connection.unsentBytes === 0) {
      ids.push(await live.channel('a').publish({ data: 'x'.repeat(500_000) }))
      await new Promise(setImmediate)
    }
    ids.push(await live.channel('a').publish({ data: 'unsent' }))
    await new Promise(setImmediate)
    const reached = connection.sentUpTo
    expect(reached).not.toBe(ids.at(-1))
    const resumed = await openStream(server, { headers: { 'last-event-id': reached } })
    await resumed.waitForData('unsent')
    expect(resumed.events.filter(({ event }) => event === 'sse-gap')).toEqual([])
  })
})
