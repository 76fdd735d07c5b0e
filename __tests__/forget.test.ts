// `channel.forget(key)`: who still gets the latest event of a forgotten key.
import { createRegistry, SseError, sse, type Store } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp2, express5 } from './helpers/servers.js'
import { until } from './helpers/until.js'

const isReady = ({ event }: { event?: string | undefined }) => event === 'sse-ready'

describe.each([express5, bareHttp2])('a forgotten key on $name', (kind) => {
  it('is not sent to new clients, and those who watch are told nothing', async () => {
    const { live, stream, another } = await openSubscribed('a', { kind })
    const channel = live.channel('a')
    for (const key of ['k', 'l']) await channel.publish({ data: key, key })
    await stream.waitForData('l')
    const before = stream.raw
    await expect(channel.forget('k')).resolves.toBeUndefined()
    const { stream: newcomer } = await another()
    await newcomer.waitFor(isReady)
    expect(newcomer.data).toEqual(['l'])
    expect(stream.raw).toBe(before)
    await channel.publish({ data: 'again', key: 'k' })
    for (const each of [stream, newcomer]) await each.waitForData('again')
    expect([stream.data, newcomer.data]).toEqual([
      ['k', 'l', 'again'],
      ['l', 'again'],
    ])
  })
})

describe('forget()', () => {
  it('removes the key from latest and keys, at once in memory', async () => {
    const channel = createRegistry().channel('a')
    for (const key of ['', 'l']) await channel.publish({ data: 'x', key })
    void channel.forget('')
    expect([channel.latest(''), channel.keys(), channel.latest().length]).toEqual([undefined, ['l'], 1])
  })

  it('of the only key removes the channel if history holds nothing', async () => {
    const registry = createRegistry({ history: false })
    const channel = registry.channel('a')
    await channel.publish({ data: 'x', key: 'k' })
    expect(registry.has('a')).toBe(true)
    await channel.forget('k')
    expect(registry.stats()).toMatchObject({ channels: 0, events: 0, bytes: 0, evictedKeys: 0, published: 1 })
  })

  it('of an unknown key does nothing', async () => {
    const registry = createRegistry()
    await registry.channel('a').forget('k')
    expect(registry.names()).toEqual([])
  })

  it('moves the position of the registry, so that pages are rendered behind it', async () => {
    const registry = createRegistry()
    const before = await registry.lastEventId()
    await registry.channel('a').forget('k')
    expect(await registry.lastEventId()).not.toBe(before)
  })

  it('leaves the events of the key to clients that resume, as far as history goes', async () => {
    const { live, stream, server } = await openSubscribed('a')
    const channel = live.channel('a')
    const id = await channel.publish({ data: '1' })
    await channel.publish({ data: '2', key: 'k' })
    await channel.forget('k')
    await stream.waitForData('2')
    const resumed = await openStream(server, { headers: { 'last-event-id': id } })
    await resumed.waitFor(isReady)
    expect(resumed.data).toEqual(['2'])
  })

  it('leaves the key out behind a gap', async () => {
    const sseOptions = { registry: { history: { events: 1 } } }
    const { live, server } = await openSubscribed('a', { sseOptions })
    const channel = live.channel('a')
    const id = await channel.publish({ data: '1' })
    for (const key of ['k', 'l', 'm']) await channel.publish({ data: key, key })
    await channel.forget('k')
    const resumed = await openStream(server, { headers: { 'last-event-id': id } })
    await resumed.waitFor(isReady)
    expect(JSON.parse(resumed.events.find(({ event }) => event === 'sse-gap')?.data ?? '')).toMatchObject({
      reason: 'evicted',
    })
    expect(resumed.data).toEqual(['l', 'm'])
  })

  it('counts for subscribers that the same pass has not served yet', async () => {
    const live = sse()
    const channel = live.channel('a')
    await channel.publish({ data: 'k', key: 'k' })
    const { connection: first, stream, another } = await openBothSides({ live })
    const forgetting = await another()
    const last = await another()
    // All three are at the same place, so the last one would share the batch of the first.
    first.subscribe('a')
    forgetting.connection.subscribe('a', { filter: () => channel.forget('k') instanceof Promise })
    last.connection.subscribe('a')
    for (const each of [stream, forgetting.stream, last.stream]) await each.waitFor(isReady)
    expect([stream.data, forgetting.stream.data, last.stream.data]).toEqual([['k'], ['k'], []])
  })

  it.each<[string, unknown, string]>([
    ['no string', 7, 'key must be a string; got a number'],
    ['not well-formed', '\ud800', 'key must be well-formed Unicode'],
  ])('rejects a key that is %s', async (_name, key, message) => {
    const forgetting = createRegistry()
      .channel('a')
      .forget(key as string)
    await expect(forgetting).rejects.toMatchObject({
      code: 'ERR_SSE_MESSAGE',
      message: expect.stringContaining(message) as string,
    })
  })

  it('rejects on a closed registry', async () => {
    const registry = createRegistry()
    await registry.close()
    await expect(registry.channel('a').forget('k')).rejects.toMatchObject({
      code: 'ERR_SSE_CLOSED',
      message: expect.stringMatching(/^forget\(\): the registry of channel "a" is closed; /) as string,
    })
  })

  it('rejects with the error of the store, which is reported if nobody awaits it', async () => {
    const error = new SseError('ERR_SSE_STORE_UNSUPPORTED', 'this store forgets nothing')
    const store: Store = {
      start: (log) => log.begin('epoch01', { ms: 1, seq: 0 }),
      append: () => Promise.reject(error),
      close: () => undefined,
    }
    const errors: Error[] = []
    const channel = createRegistry({ store, onError: (each) => errors.push(each) }).channel('a')
    await expect(channel.forget('k')).rejects.toBe(error)
    void channel.forget('k')
    await until(() => errors.length > 0)
    expect(errors).toEqual([error])
  })
})
