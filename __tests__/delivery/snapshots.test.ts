import { AsyncLocalStorage } from 'node:async_hooks'
import { createRegistry, sse, type Message, type RegistryOptions, type SubscribeOptions } from '../../src/index.js'
import { openStream, type OpenStream } from '../helpers/open-stream.js'
import { bareHttp, bareHttp2, startServer, type ServerKind } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

type Load = NonNullable<RegistryOptions['snapshot']>['load']

interface Options extends Omit<RegistryOptions, 'snapshot'> {
  load: Load
  timeout?: number
  subscribe?: SubscribeOptions
  kind?: ServerKind
}

/** A server whose registry loads snapshots. It subscribes every client to the channels in its path: `/a,b`. */
async function start({ load, timeout, subscribe, kind = bareHttp, ...rest }: Options) {
  const errors: unknown[] = []
  const registry = createRegistry({ onError: (error) => errors.push(error), ...rest, snapshot: { load, timeout } })
  const live = sse({ registry, keepAlive: false })
  const server = await startServer(kind, live, (req, res) => {
    res.sse?.subscribe(req.url!.slice(1).split('?')[0]!.split(','), subscribe)
  })
  const open = (path = '/a', id = '') => openStream(server, { path, headers: id === '' ? {} : { 'last-event-id': id } })
  const read = async (path?: string, id?: string) => {
    const stream = await open(path, id)
    await ready(stream)
    return stream
  }
  return { registry, live, server, errors, open, read }
}

const ready = (stream: OpenStream) => stream.waitFor(({ event }) => event === 'sse-ready')

/** Data of all events, and gaps with their reason. Without IDs, an exclamation mark follows. */
const summary = ({ events }: OpenStream): string[] =>
  events.flatMap(({ event, data, id }) => {
    if (event === 'sse-ready') return []
    const text = event === 'sse-gap' ? `gap ${(JSON.parse(data) as { reason: string }).reason}` : data
    return [id === undefined ? `${text}!` : text]
  })

/** A load that settles when the test says so. */
function held() {
  const calls: {
    channel: string
    signal: AbortSignal
    settle: (messages: Message[]) => void
    fail: (error: Error) => void
  }[] = []
  const load: Load = (channel, signal) =>
    new Promise<Message[]>((settle, fail) => {
      calls.push({ channel, signal, settle, fail })
    })
  return { calls, load }
}

describe('a new client', () => {
  it.each([
    ['HTTP/1.1', bareHttp],
    ['HTTP/2', bareHttp2],
  ])('gets the snapshot instead of the latest events, then events published since, over %s', async (_name, kind) => {
    const { calls, load } = held()
    const { registry, open } = await start({ load, kind })
    await registry.channel('a').publish({ data: 'before', key: 'k' })
    const stream = await open()
    await until(() => calls.length === 1)
    await registry.channel('a').publish({ data: 'during', key: 'k' })
    calls[0]!.settle([
      { event: 'row', data: 'state 1' },
      { data: 'state 2', key: 'l' },
    ])
    await ready(stream)
    await registry.channel('a').publish({ data: 'after' })
    await stream.waitForData('after')
    expect(summary(stream)).toEqual(['state 1!', 'state 2!', 'during', 'after'])
    expect(calls).toMatchObject([{ channel: 'a' }])
  })

  it('is sent nothing but keep-alives until all snapshots are there', async () => {
    const { calls, load } = held()
    const { registry, open } = await start({ load })
    await registry.channel('b').publish({ data: 'of b', key: 'k' })
    const stream = await open('/a,b')
    await until(() => calls.length === 2)
    calls[0]!.settle([{ data: 'a' }])
    await stream.waitForData('a')
    await registry.channel('a').publish({ data: 'live' })
    await registry.channel('b').publish({ data: 'live too' })
    calls[1]!.settle([{ data: 'b' }])
    await ready(stream)
    expect(summary(stream)).toEqual(['a!', 'b!', 'live', 'live too'])
  })

  it('gets the latest events of a channel without a snapshot', async () => {
    const { registry, read } = await start({ load: (channel) => (channel === 'a' ? { data: 'state' } : undefined) })
    for (const channel of ['a', 'b']) await registry.channel(channel).publish({ data: `of ${channel}`, key: 'k' })
    expect(summary(await read('/a,b'))).toEqual(['state!', 'of b'])
  })

  it('gets no gap for an evicted key, because the snapshot has it', async () => {
    const { registry, read } = await start({ load: (channel) => (channel === 'a' ? { data: 'state' } : []), keys: 1 })
    for (const key of ['k', 'l'])
      for (const channel of ['a', 'b']) await registry.channel(channel).publish({ data: key, key })
    expect(registry.stats().evictedKeys).toBe(2)
    expect(summary(await read('/a,b'))).toEqual(['state!'])
  })

  it('gets nothing for an empty snapshot, and goes on live', async () => {
    const { registry, read } = await start({ load: () => [] })
    await registry.channel('a').publish({ data: 'before', key: 'k' })
    const stream = await read()
    await registry.channel('a').publish({ data: 'live' })
    await stream.waitForData('live')
    expect(summary(stream)).toEqual(['live'])
  })

  it.each<SubscribeOptions>([{ from: 'now' }, { from: 'start' }])(
    'that begins %j gets no snapshot',
    async (subscribe) => {
      const { calls, load } = held()
      const { registry, read } = await start({ load, subscribe })
      await registry.channel('a').publish({ data: '1' })
      const stream = await read()
      expect(summary(stream)).toEqual(subscribe.from === 'now' ? [] : ['1'])
      expect(calls).toEqual([])
    },
  )

  it('gets the messages that its filter accepts', async () => {
    const seen: unknown[] = []
    const filter: SubscribeOptions['filter'] = ({ channel, event, key, id, data }) => {
      seen.push({ channel, event, key, hasId: id !== '' })
      return data !== 'secret'
    }
    const load = () => [{ event: 'row', data: 'open', key: 'k' }, { data: 'secret' }]
    const { read } = await start({ load, subscribe: { filter } })
    expect(summary(await read())).toEqual(['open!'])
    expect(seen).toEqual([
      { channel: 'a', event: 'row', key: 'k', hasId: true },
      { channel: 'a', event: undefined, key: undefined, hasId: true },
    ])
  })

  it('whose filter throws is disconnected alone', async () => {
    let calls = 0
    const filter = () => {
      if (calls++ === 0) throw new Error('this filter throws')
      return true
    }
    const { open, read, errors } = await start({ load: () => ({ data: 'state' }), subscribe: { filter } })
    const first = await open()
    await first.ended
    expect(summary(await read())).toEqual(['state!'])
    expect(errors).toMatchObject([{ message: 'this filter throws' }])
  })
})

describe('a client that resumes', () => {
  it('gets no snapshot as long as history has what it missed', async () => {
    const { calls, load } = held()
    const { registry, read } = await start({ load })
    const id = await registry.channel('a').publish({ data: '1' })
    await registry.channel('a').publish({ data: '2' })
    expect(summary(await read('/a', id))).toEqual(['2'])
    expect(calls).toEqual([])
  })

  it.each(['evicted', 'unknown', 'restarted'])('gets a snapshot after a gap: %s', async (reason) => {
    let state = 0
    const { registry, read } = await start({ load: () => ({ data: `state ${state}` }), history: { events: 2 } })
    const first = await registry.channel('a').publish({ data: 'a', key: 'k' })
    for (state = 1; state <= 3; state++) await registry.channel('a').publish({ data: String(state), key: 'k' })
    const ids = { evicted: first, unknown: 'nobody gave this out', restarted: first.replace(/.{7}$/, 'another') }
    const stream = await read('/a', ids[reason as keyof typeof ids])
    expect(summary(stream)).toEqual([`gap ${reason}!`, 'state 4!'])
    expect(stream.lastEventId).not.toBe('')
    expect(summary(await read('/a', stream.lastEventId))).toEqual([])
  })

  it('that drops between gap and snapshot gets both again', async () => {
    const { calls, load } = held()
    const { registry, open, read } = await start({ load, history: { events: 1 } })
    const id = await registry.channel('a').publish({ data: '1' })
    for (const data of ['2', '3']) await registry.channel('a').publish({ data })
    const stream = await open('/a', id)
    await stream.waitFor(({ event }) => event === 'sse-gap')
    expect(stream.lastEventId).toBe('')
    stream.close()
    const again = read('/a', id)
    await until(() => calls.length > 0)
    calls[0]!.settle([{ data: 'state' }])
    expect(summary(await again)).toEqual(['gap evicted!', 'state!'])
  })

  it('gets the snapshot before events of its other channels', async () => {
    const { calls, load } = held()
    const { registry, open } = await start({ load, history: { events: 2 } })
    const id = await registry.channel('a').publish({ data: '1' })
    for (const data of ['2', '3', '4']) await registry.channel('a').publish({ data })
    await registry.channel('b').publish({ data: 'b' })
    const stream = await open('/a,b', id)
    await until(() => calls.length === 1)
    calls[0]!.settle([{ data: 'state' }])
    await ready(stream)
    expect(summary(stream)).toEqual(['gap evicted!', 'state!', 'b'])
  })
})

describe('snapshot.load', () => {
  it('is called once for many clients, and again only when history no longer covers the snapshot', async () => {
    const { calls, load } = held()
    const { registry, open, read } = await start({ load, history: { events: 3 } })
    const first = await Promise.all(Array.from({ length: 50 }, () => open()))
    await until(() => calls.length > 0)
    calls[0]!.settle([{ data: 'state' }])
    for (const stream of first) await ready(stream)
    for (const data of ['1', '2', '3']) await registry.channel('a').publish({ data })
    expect(summary(await read())).toEqual(['state!', '1', '2', '3'])
    expect(calls).toHaveLength(1)
    await registry.channel('a').publish({ data: '4' })
    const late = open()
    await until(() => calls.length === 2)
    calls[1]!.settle([{ data: 'newer state' }])
    await ready(await late)
    expect(summary(await late)).toEqual(['newer state!'])
  })

  it.each<[string, Load, unknown]>([
    ['throws', () => fail(), { message: 'no database' }],
    ['rejects', () => Promise.reject(new Error('no database')), { message: 'no database' }],
    ['returns a wrong message', () => ({ event: 'a\nb' }), { code: 'ERR_SSE_MESSAGE' }],
    ['returns a message with an ID', () => ({ data: '1', id: 'own' }), { code: 'ERR_SSE_MESSAGE' }],
    ['returns null', () => null as never, { code: 'ERR_SSE_MESSAGE' }],
    ['never settles', () => new Promise(() => undefined), { code: 'ERR_SSE_SNAPSHOT' }],
  ])('that %s leads to a gap, then to the latest events, and the stream lives', async (_name, load, error) => {
    const { registry, read, errors } = await start({ load, timeout: 10 })
    await registry.channel('a').publish({ data: 'latest', key: 'k' })
    const stream = await read()
    await registry.channel('a').publish({ data: 'live' })
    await stream.waitForData('live')
    expect(summary(stream)).toEqual(['gap snapshot!', 'latest', 'live'])
    expect(errors).toEqual([expect.objectContaining(error as object)])
    expect(registry.stats().gaps.snapshot).toBe(1)
  })

  it('gets a signal that is aborted after the time-out', async () => {
    const { calls, load } = held()
    const { read, errors } = await start({ load, timeout: 10 })
    await read()
    expect(calls[0]!.signal).toMatchObject({ aborted: true, reason: errors[0] })
  })

  it('is called again after it has failed', async () => {
    let calls = 0
    const load = () => (calls++ === 0 ? fail() : { data: 'state' })
    const { read } = await start({ load })
    expect(summary(await read())).toEqual(['gap snapshot!'])
    expect(summary(await read())).toEqual(['state!'])
  })

  it('that takes longer than history holds events leads to a gap', async () => {
    const { calls, load } = held()
    const { registry, open, errors } = await start({ load, history: { events: 2 } })
    const stream = await open()
    await until(() => calls.length === 1)
    for (const data of ['1', '2', '3']) await registry.channel('a').publish({ data, key: data })
    calls[0]!.settle([{ data: 'state' }])
    await ready(stream)
    expect(summary(stream)).toEqual(['gap snapshot!', '1', '2', '3'])
    expect(errors).toMatchObject([{ code: 'ERR_SSE_SNAPSHOT' }])
  })

  it('runs in the async context of createRegistry()', async () => {
    const context = new AsyncLocalStorage<string>()
    let seen: unknown
    const load = () => void (seen = context.getStore())
    const { read } = await context.run('registry', () => start({ load }))
    await context.run('client', () => read())
    expect(seen).toBe('registry')
  })

  it('does not keep a client in memory that has gone', async () => {
    const { calls, load } = held()
    const { registry, open } = await start({ load })
    const stream = await open()
    await until(() => calls.length === 1)
    stream.close()
    await until(() => registry.stats().connections === 0)
    expect(registry.channel('a').subscribers).toBe(0)
    calls[0]!.settle([{ data: 'state' }])
  })
})

describe('bytes of snapshots', () => {
  it('count as bytes of the registry, and make room for newer snapshots', async () => {
    const { registry, read } = await start({ load: (name) => ({ data: name + 'x'.repeat(9000) }), bytes: 100_000 })
    for (const name of ['a', 'b', 'c']) await read(`/${name}`)
    const { bytes } = registry.stats()
    expect(bytes).toBeGreaterThan(18_000)
    expect(bytes).toBeLessThan(25_000 + 5000)
  })

  it('do not matter for a client: a snapshot that is too large to keep is sent too', async () => {
    const { read } = await start({ load: () => ({ data: 'x'.repeat(9000) }), bytes: 10_000 })
    for (let i = 0; i < 2; i++) expect((await read()).data).toEqual(['x'.repeat(9000)])
  })
})

function fail(): never {
  throw new Error('no database')
}
