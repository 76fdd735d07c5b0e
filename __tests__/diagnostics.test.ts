// What the channels of node:diagnostics_channel tell, and the lines that DEBUG prints.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  createRegistry,
  sse,
  type DiagnosticsMessages,
  type SseOptions,
  type Store,
  type StoreLog,
} from '../src/index.js'
import { afterTest } from './helpers/after-test.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, startServer, type ServerKind } from './helpers/servers.js'
import { until } from './helpers/until.js'

type Name = keyof DiagnosticsMessages

/** Collects the messages of one registry until the test has ended. Connections of earlier tests may still close. */
function listen<N extends Name>(name: N, registry: object): DiagnosticsMessages[N][] {
  const messages: DiagnosticsMessages[N][] = []
  const listener = (given: unknown) => {
    const message = given as DiagnosticsMessages[N]
    const of = 'registry' in message ? message.registry : message.connection.registry
    if (of === registry) messages.push(message)
  }
  subscribe(name, listener)
  afterTest(() => unsubscribe(name, listener))
  return messages
}

async function start(options: SseOptions = {}, kind: ServerKind = bareHttp) {
  const live = sse({ owner: ({ headers }) => headers['x-owner'] as string | undefined, ...options })
  const server = await startServer(kind, live, (_req, res) => res.sse!.subscribe('a'))
  return { live, registry: live.registry, server }
}

describe.each([bareHttp, bareHttp2])('diagnostics on $name', (kind) => {
  it('tell of a connection that opens and closes', async () => {
    const { registry, server } = await start({}, kind)
    const opened = listen('express-sse-channels:open', registry)
    const closed = listen('express-sse-channels:close', registry)
    const stream = await openStream(server, { path: '/games?token=1', headers: { 'x-owner': 'ann' } })
    await stream.next()
    expect(opened).toHaveLength(1)
    const { connection, request } = opened[0]!
    expect([connection, connection.registry]).toEqual([...registry.connections(), registry])
    expect([connection.owner, request.url, request.method]).toEqual(['ann', '/games?token=1', 'GET'])
    expect(closed).toEqual([])
    await registry.disconnect({ owner: 'ann' })
    await stream.ended
    expect(closed).toEqual([{ connection, request, reason: 'disconnected', duration: expect.any(Number) as number }])
    expect(closed[0]!.duration).toBeGreaterThanOrEqual(0)
    expect(opened).toHaveLength(1)
  })

  it('tell of a client that reads more slowly than events come', async () => {
    const { live, registry, server } = await start({}, kind)
    const stalls = listen('express-sse-channels:stall', registry)
    const stream = await openStream(server)
    await stream.next()
    stream.pause()
    await until(() => {
      void live.channel('a').publish({ data: 'x'.repeat(256 * 1024) })
      return registry.stats().stalled > 0
    })
    expect(stalls).toHaveLength(1)
    expect(stalls[0]!.connection).toBe([...registry.connections()][0])
    expect(stalls[0]!.unsentBytes).toBeGreaterThan(0)
  })

  it('tell why a request was shed', async () => {
    const { registry, server } = await start({ maxConnections: 2, maxPerOwner: 1 }, kind)
    const shed = listen('express-sse-channels:shed', registry)
    const ask = (owner: string) => openStream(server, { headers: { 'x-owner': owner } })
    await (await ask('ann')).next()
    await (
      await ask('ann')
    ).ended
    await (await ask('bob')).next()
    await (
      await ask('eve')
    ).ended
    const draining = registry.drain({ window: 10 })
    await (
      await ask('dan')
    ).ended
    await draining
    expect(shed.map(({ owner, reason }) => [owner, reason])).toEqual([
      ['ann', 'maxPerOwner'],
      ['eve', 'maxConnections'],
      ['dan', 'closing'],
    ])
    expect(new Set(shed.map((message) => message.registry))).toEqual(new Set([registry]))
    expect(registry.stats().shed).toBe(3)
  })
})

describe('diagnostics', () => {
  it('tell of each published message, one by one and several in one step', async () => {
    const registry = createRegistry()
    const published = listen('express-sse-channels:publish', registry)
    const message = { event: 'score', data: { home: 1 }, key: 'score' }
    const id = await registry.channel('a').publish(message)
    const ids = await registry.publish([
      { channel: 'b', data: 'ü' },
      { channel: 'c', data: '2', id: 'own' },
    ])
    expect(published).toEqual([
      { registry, channel: 'a', message, id, bytes: 'event: score\ndata: {"home":1}\n'.length },
      { registry, channel: 'b', message: { channel: 'b', data: 'ü' }, id: ids[0], bytes: 'data: ü\n'.length + 1 },
      { registry, channel: 'c', message: { channel: 'c', data: '2', id: 'own' }, id: 'own', bytes: 8 },
    ])
  })

  it('tell of gaps, with their reason and channels', async () => {
    const { registry, server } = await start()
    const gaps = listen('express-sse-channels:gap', registry)
    const stream = await openStream(server, { headers: { 'last-event-id': 'never given out' } })
    await stream.next()
    expect(gaps).toEqual([{ connection: [...registry.connections()][0], channels: ['a'], reason: 'unknown' }])
  })

  it('tell what the store says', () => {
    let log: StoreLog | undefined
    const position = { ms: 1, seq: 0 }
    const store: Store = { start: (given) => void (log = given), append: () => position, close: () => undefined }
    const registry = createRegistry({ store })
    const told = listen('express-sse-channels:store', registry)
    const error = new Error('out of reach')
    log!.begin('epoch01', position)
    log!.unavailable(error)
    expect(registry.metrics()).toContain('\nsse_store_up 0\n')
    log!.available()
    expect(registry.metrics()).toContain('\nsse_store_up 1\n')
    log!.skip({ ms: 2, seq: 0 }, [])
    log!.begin('epoch02', { ms: 3, seq: 0 })
    expect(told).toEqual([
      { registry, state: 'begun', error: undefined },
      { registry, state: 'unavailable', error },
      { registry, state: 'available', error: undefined },
      { registry, state: 'skipped', error: undefined },
      { registry, state: 'restarted', error: undefined },
    ])
  })

  it('tell nothing of a HEAD request, and nothing of a connection that never opened', async () => {
    const live = sse()
    const opened = listen('express-sse-channels:open', live.registry)
    const closed = listen('express-sse-channels:close', live.registry)
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.statusCode = 403
      res.end()
    })
    await (
      await openStream(server)
    ).ended
    await (
      await openStream(server, { method: 'HEAD' })
    ).ended
    expect([opened, closed]).toEqual([[], []])
  })
})
