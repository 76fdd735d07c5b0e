// Stores of an app that break their contract: each mistake is an error with a name, and nobody waits for ever.
import { createRegistry, sse, type Position, type Store, type StoreLog } from '../../src/index.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'

const EPOCH = 'epoch01'

/** A right store. Each test breaks one of its answers. */
class AppStore implements Store {
  log!: StoreLog
  last: Position = { ms: 1000, seq: 0 }

  start(log: StoreLog): void | Promise<void> {
    this.log = log
    log.begin(EPOCH, this.last)
  }

  append(entry: Parameters<Store['append']>[0]): Position | Promise<Position> {
    this.last = { ms: this.last.ms + 1, seq: 0 }
    this.log.append(this.last, entry)
    return this.last
  }

  close(): void {}
}

/** A promise of another library: it has `then`, and nothing else. */
const thenable = <T>(value: T) => ({ then: (settle: (value: T) => void) => setImmediate(settle, value) })

const event = (data: string) => ({ channel: 'a', body: `data: ${data}\n` })

/** Makes a registry over a store, and collects what goes to `onError`. */
function open(broken: object, store = new AppStore()) {
  const errors: Error[] = []
  const registry = createRegistry({
    store: Object.assign(store, broken),
    onError: (error) => errors.push(error),
  })
  return { registry, store, errors, channel: registry.channel('a') }
}

const storeError = (message: RegExp) => ({ code: 'ERR_SSE_STORE', message: expect.stringMatching(message) as string })

describe('append of a store', () => {
  it('may return a promise of another library or realm', async () => {
    const { channel, store } = open({})
    const append = store.append.bind(store)
    Object.assign(store, { append: (entry: never) => thenable(append(entry)) })
    expect(await channel.publish({ data: '1' })).toBe('rt-0-epoch01')
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a promise of nothing', Promise.resolve()],
    ['a number', 7],
    ['numbers that are not whole', { ms: 1000.5, seq: 0 }],
    ['numbers that no ID has room for', { ms: 36 ** 9, seq: 0 }],
    ['numbers below 0', { ms: 1, seq: -1 }],
  ])('that returns %s instead of a position makes publish reject', async (_name, answer) => {
    const { channel } = open({ append: () => answer })
    await expect(channel.publish({ data: '1' })).rejects.toMatchObject(
      storeError(/^append\(\) of the store must return the position of the event; got /),
    )
  })

  it('need not return the position of what is no event', async () => {
    const { channel, errors } = open({ append: () => undefined })
    await channel.forget('k')
    expect(errors).toEqual([])
  })
})

describe('appendAll of a store', () => {
  const positions = [
    { ms: 2000, seq: 0 },
    { ms: 2000, seq: 1 },
  ]
  const messages = ['1', '2'].map((data) => ({ channel: 'a', data }))

  it('may return a promise of another library', async () => {
    const { registry } = open({ appendAll: () => thenable(positions) })
    expect(await registry.publish(messages)).toEqual(['1jk-0-epoch01', '1jk-1-epoch01'])
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['too few positions', positions.slice(1)],
    ['too many positions', [...positions, ...positions]],
    ['promises of positions', positions.map((position) => Promise.resolve(position))],
  ])('that returns %s makes publish reject', async (_name, answer) => {
    const { registry } = open({ appendAll: () => answer })
    await expect(registry.publish(messages)).rejects.toMatchObject(
      storeError(/^appendAll\(\) of the store must return the 2 positions of the events; got /),
    )
  })
})

describe('start of a store', () => {
  it('may return a promise of another library, and requests wait for it', async () => {
    const store = new AppStore()
    const start = store.start.bind(store)
    Object.assign(store, { start: (log: StoreLog) => (void start(log), thenable(undefined)) })
    const live = sse({ registry: { store } })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('a'))
    const stream = await openStream(server)
    await live.channel('a').publish({ data: '1' })
    await stream.waitForData('1')
  })

  it('may return something else, which means nothing', () => {
    const store = new AppStore()
    const start = store.start.bind(store)
    open({ start: (log: StoreLog) => (void start(log), store) }, store)
    expect(store.log).toBeDefined()
  })

  it.each<[string, unknown[], RegExp]>([
    ['an epoch of another form', ['x\n\ndata: 1', { ms: 1, seq: 0 }], /takes an epoch of createEpoch\(\)/],
    ['no epoch', [undefined, { ms: 1, seq: 0 }], /takes an epoch of createEpoch\(\)/],
    ['no position', [EPOCH], /takes a position; got undefined/],
    [
      'entries that do not rise',
      [EPOCH, { ms: 5, seq: 0 }, { latest: [], events: [{ position: { ms: 5, seq: 0 }, entry: event('1') }] }],
      /takes positions that rise/,
    ],
  ])('that begins the log with %s makes createRegistry throw', (_name, args, message) => {
    const start = (log: StoreLog) => log.begin(...(args as Parameters<StoreLog['begin']>))
    let thrown: unknown
    try {
      open({ start })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject(storeError(message))
  })
})

describe('an entry that a store gives to the log', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'at the position of the newest one',
      { ms: 1001, seq: 0 },
      /rise; got { ms: 1001, seq: 0 } after { ms: 1001, seq: 0 }/,
    ],
    ['at an older position', { ms: 7, seq: 0 }, /takes positions that rise; got { ms: 7, seq: 0 } after/],
    ['at no position', undefined, /takes a position; got undefined/],
    ['at no number', { ms: NaN, seq: 0 }, /takes a position; got { ms: NaN, seq: 0 }/],
  ])('%s is reported and left out', async (_name, position, message) => {
    const { channel, store, errors, registry } = open({})
    await channel.publish({ data: '1' })
    store.log.append(position as Position, event('wrong'))
    store.log.skip(position as Position, [])
    expect(errors).toEqual([1, 2].map(() => expect.objectContaining(storeError(message)) as unknown))
    expect([registry.stats().events, registry.stats().channels]).toEqual([1, 1])
    await channel.publish({ data: '2' })
    expect(registry.stats().events).toBe(2)
  })

  it('before the log has begun is reported and left out', async () => {
    const { channel, store, errors, registry } = open({
      start(this: AppStore, log: StoreLog) {
        this.log = log
      },
    })
    await channel.publish({ data: '1' })
    expect(errors).toEqual([expect.objectContaining(storeError(/was called before begin\(\)/)) as unknown])
    store.log.begin(EPOCH, store.last)
    await channel.publish({ data: '2' })
    expect([registry.stats().events, errors.length]).toEqual([1, 1])
  })
})

describe('catchUp of a store', () => {
  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no connection')
      },
    ],
    ['returns nothing', () => undefined],
    ['returns a promise of another library', () => thenable(undefined)],
  ])('that %s keeps no client waiting', async (_name, catchUp) => {
    const live = sse({
      registry: { store: Object.assign(new AppStore(), { catchUp }) as Store, onError: () => undefined },
    })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('a'))
    for (const id of ['zz-0-epoch01', 'own-1']) {
      const stream = await openStream(server, { headers: { 'last-event-id': id } })
      const { data } = await stream.waitFor(({ event }) => event === 'sse-gap')
      expect(JSON.parse(data)).toMatchObject({ reason: 'unknown' })
    }
  })
})
