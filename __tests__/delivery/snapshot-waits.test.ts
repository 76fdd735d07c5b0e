// Snapshots that are not written at once: meanwhile subscriptions end, sockets are full, or there is no snapshot after all.
import { createRegistry, sse, type Connection, type RegistryOptions } from '../../src/index.js'
import { openStream, type OpenStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { MORE_THAN_SOCKETS_HOLD } from '../helpers/system-buffers.js'
import { until } from '../helpers/until.js'

type Load = NonNullable<RegistryOptions['snapshot']>['load']

/** A server whose registry loads snapshots, and whose handler subscribes to `a` and then to `b`. */
async function start(load: Load, options: RegistryOptions = {}) {
  const errors: unknown[] = []
  const registry = createRegistry({ onError: (error) => errors.push(error), ...options, snapshot: { load } })
  const connections: { connection: Connection; leaveB: () => void }[] = []
  const server = await startServer(bareHttp, sse({ registry, keepAlive: false }), (_req, res) => {
    const connection = res.sse!
    connection.subscribe('a')
    connections.push({ connection, leaveB: connection.subscribe('b') })
  })
  const open = (id?: string) => openStream(server, { headers: { 'last-event-id': id } })
  return { registry, connections, errors, open }
}

const ready = (stream: OpenStream) => stream.waitFor(({ event }) => event === 'sse-ready')

/** The reasons of gaps, and the data of other events. */
const summary = ({ events }: OpenStream): string[] =>
  events.flatMap(({ event, data }) => {
    if (event === 'sse-ready') return []
    return event === 'sse-gap' ? `gap ${(JSON.parse(data) as { reason: string }).reason}` : data
  })

describe('a connection that waits for a snapshot', () => {
  it('goes on when the channel is unsubscribed', async () => {
    const load: Load = (channel) => (channel === 'a' ? [{ data: 'state' }] : new Promise(() => undefined))
    const { registry, connections, open } = await start(load)
    const stream = await open()
    await stream.waitForData('state')
    await registry.channel('a').publish({ data: 'since' })
    connections[0]!.leaveB()
    await ready(stream)
    expect(summary(stream)).toEqual(['state', 'since'])
  })

  it('has not been sent anything up to an event ID', async () => {
    const settle: (() => void)[] = []
    const load: Load = () => new Promise((resolve) => settle.push(() => resolve([])))
    const { registry, connections, open } = await start(load)
    const id = await registry.channel('c').publish({ data: 'elsewhere' })
    const stream = await open()
    await until(() => settle.length === 2)
    const { connection } = connections[0]!
    expect(connection.sentUpTo).toBe('')
    for (const each of settle) each()
    await ready(stream)
    await until(() => connection.sentUpTo === id)
  })
})

describe('a snapshot that became too old while another one filled the socket', () => {
  it('is loaded again', async () => {
    const filler = 'x'.repeat(MORE_THAN_SOCKETS_HOLD)
    const calls: string[] = []
    const load: Load = (channel) => {
      calls.push(channel)
      return [{ event: 'row', data: channel === 'a' ? filler : `state ${calls.length}` }]
    }
    const { registry, errors, open } = await start(load, { history: { events: 3 }, bytes: 256 * 1024 * 1024 })
    const stream = await open()
    stream.pause()
    await until(() => registry.stats().stalled === 1)
    for (const data of ['1', '2', '3', '4', '5']) await registry.channel('b').publish({ data })
    stream.resume()
    await ready(stream)
    expect(calls).toEqual(['a', 'b', 'b'])
    expect(summary(stream)).toEqual([filler, 'state 3'])
    expect([errors, registry.stats().gaps.snapshot]).toEqual([[], 0])
  })
})

describe('after a gap, a client that gets no snapshot', () => {
  it.each<[string, string[], Load]>([
    ['because there is none', ['gap evicted'], () => undefined],
    ['because it cannot be loaded', ['gap evicted', 'gap snapshot'], () => Promise.reject(new Error('away'))],
  ])('%s gets the latest event of every key', async (_name, gaps, load) => {
    const { registry, open } = await start(load, { history: { events: 2 } })
    const publish = (key: string, data: string) => registry.channel('a').publish({ key, data })
    await publish('read', 'read before')
    const id = await publish('changed', 'old')
    for (const data of ['1', '2', '3']) await publish('busy', data)
    await publish('changed', 'new')
    await publish('busy', '4')
    const stream = await open(id)
    await ready(stream)
    expect(summary(stream)).toEqual([...gaps, 'read before', 'new', '4'])
  })
})

it('after a gap without a snapshot, more than 1,000 latest events do not come again', async () => {
  const { registry, open } = await start(() => undefined, { history: { events: 2 } })
  const publish = (key: string, data: string) => registry.channel('a').publish({ key, data })
  for (let i = 0; i < 1000; i++) await publish(`read ${i}`, 'read before')
  const id = await publish('last', 'read before')
  for (const data of ['1', '2', '3']) await publish('busy', data)
  const stream = await open(id)
  await ready(stream)
  expect(summary(stream)).toEqual(['gap evicted', '2', '3'])
})

it('a filter that publishes more than history holds while it sees a snapshot causes a gap', async () => {
  const registry = createRegistry({ history: { events: 2 }, snapshot: { load: () => [{ data: 'state' }] } })
  let isFirst = true
  const filter = () => {
    for (const data of isFirst ? ['1', '2', '3', '4'] : []) void registry.channel('a').publish({ data })
    isFirst = false
    return true
  }
  const server = await startServer(bareHttp, sse({ registry }), (_req, res) => void res.sse!.subscribe('a', { filter }))
  const stream = await openStream(server)
  await ready(stream)
  expect(summary(stream)).toEqual(['state', 'gap slow', 'state'])
})
