// `registry.whileOccupied()`: which channels have subscribers in this process.
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { createRegistry, sse, type ChannelRegistry, type Connection, type RegistryOptions } from '../../src/index.js'
import { openBothSides, type BothSides } from '../helpers/both-sides.js'
import { until } from '../helpers/until.js'

/** Longer than any test. */
const LONG = 60_000

/** The channels that a listener works for, in the order of its calls. */
class Work {
  readonly begun: string[] = []
  readonly ended: string[] = []
  readonly stop: () => void
  /** The newest signal. */
  signal: AbortSignal | undefined

  constructor(registry: ChannelRegistry) {
    this.stop = registry.whileOccupied((channel, signal) => {
      this.begun.push(channel)
      this.signal = signal
      signal.addEventListener('abort', () => this.ended.push(channel))
    })
  }

  get current(): string[] {
    const left = [...this.begun]
    for (const channel of this.ended) left.splice(left.indexOf(channel), 1)
    return left.sort()
  }
}

/** One open connection. */
async function open(registry: RegistryOptions = {}): Promise<BothSides & { registry: ChannelRegistry }> {
  const sides = await openBothSides({ sseOptions: { registry } })
  return { ...sides, registry: sides.live.registry }
}

describe('whileOccupied()', () => {
  it('calls the listener at the first subscriber of a channel, and not at the others', async () => {
    const { registry, connection, another } = await open()
    const work = new Work(registry)
    connection.subscribe(['a', 'b'])
    const { connection: second } = await another()
    second.subscribe('a')
    await turn()
    expect(work.begun).toEqual(['a', 'b'])
    await registry.channel('c').publish({ data: 'nobody watches' })
    await turn()
    expect(work.begun).toEqual(['a', 'b'])
  })

  it('calls the listener after subscribe(), which it cannot disturb', async () => {
    const { registry, connection, stream } = await open()
    const order: string[] = []
    registry.whileOccupied((channel) => {
      order.push('listener')
      return registry.channel(channel).publish({ data: 'from the listener' })
    })
    connection.subscribe('a', { from: 'now' })
    order.push('subscribed')
    await stream.waitForData('from the listener')
    expect(order).toEqual(['subscribed', 'listener'])
  })

  it('calls the listener for channels that are occupied already', async () => {
    const { registry, connection } = await open()
    connection.subscribe(['a', 'b'])
    await registry.channel('c').publish({ data: '1' })
    const work = new Work(registry)
    expect(work.begun).toEqual([])
    await turn()
    expect(work.begun).toEqual(['a', 'b'])
  })

  it('aborts the signal after linger, and calls the listener again for the next subscriber', async () => {
    const { registry, connection } = await open({ linger: 30 })
    const work = new Work(registry)
    const leave = connection.subscribe('a')
    await turn()
    const leftAt = performance.now()
    leave()
    await turn()
    expect(work.signal?.aborted).toBe(false)
    await until(() => work.signal?.aborted === true)
    // A timer of Node may fire a fraction of a millisecond early.
    expect(performance.now() - leftAt).toBeGreaterThan(29)
    expect(work.signal?.reason).toMatchObject({ name: 'AbortError', message: 'the channel has no subscribers' })
    connection.subscribe('a')
    await turn()
    expect(work.begun).toEqual(['a', 'a'])
    expect(work.signal?.aborted).toBe(false)
  })

  it('with linger: 0 aborts the signal at once', async () => {
    const { registry, connection } = await open({ linger: 0 })
    const work = new Work(registry)
    connection.subscribe('a')
    await turn()
    connection.close()
    await Promise.resolve()
    expect(work).toMatchObject({ begun: ['a'], ended: ['a'] })
  })

  it('goes on if a client comes back within linger', async () => {
    const { registry, connection, stream, another } = await open({ linger: LONG })
    const work = new Work(registry)
    connection.subscribe('a')
    await turn()
    for (let i = 0; i < 3; i++) {
      stream.close()
      await until(() => registry.channel('a').subscribers === 0)
      await turn()
      const { connection: next, stream: nextStream } = await another()
      next.subscribe('a')
      await turn()
      nextStream.close()
    }
    expect(work).toMatchObject({ begun: ['a'], ended: [] })
    expect(work.signal?.aborted).toBe(false)
  })

  it('sees nothing of a channel that is joined and left in one turn', async () => {
    const { registry, connection } = await open({ linger: 0 })
    const work = new Work(registry)
    connection.subscribe('a')()
    const leave = connection.subscribe('b')
    await turn()
    leave()
    connection.subscribe('b')
    await turn()
    expect(work).toMatchObject({ begun: ['b'], ended: [] })
  })

  it('ends for one listener without the others', async () => {
    const { registry, connection } = await open()
    const [one, two] = [new Work(registry), new Work(registry)]
    connection.subscribe('a')
    await turn()
    one.stop()
    one.stop()
    expect([one.current, two.current]).toEqual([[], ['a']])
    connection.subscribe('b')
    await turn()
    expect([one.current, two.current]).toEqual([[], ['a', 'b']])
    two.stop()
    const three = new Work(registry)
    three.stop()
    await turn()
    expect(three.begun).toEqual([])
  })

  it('ends when the registry is closed', async () => {
    const { registry, connection } = await open({ linger: LONG })
    const work = new Work(registry)
    const leave = connection.subscribe('a')
    connection.subscribe('b')
    await turn()
    leave()
    await turn()
    await registry.close()
    expect(work).toMatchObject({ begun: ['a', 'b'], ended: ['a', 'b'] })
    const late = new Work(registry)
    late.stop()
    await turn()
    expect(late.begun).toEqual([])
  })

  it('may be ended by its listener', async () => {
    const { registry, connection } = await open()
    connection.subscribe(['a', 'b'])
    const begun: string[] = []
    const stop = registry.whileOccupied((channel) => {
      begun.push(channel)
      stop()
    })
    await turn()
    expect(begun).toEqual(['a'])
  })

  it('reports errors and rejections to onError, and goes on', async () => {
    const errors: string[] = []
    const { registry, connection } = await open({ onError: (error) => void errors.push(error.message) })
    registry.whileOccupied((channel) => {
      throw new Error(`thrown for ${channel}`)
    })
    registry.whileOccupied((channel) => Promise.reject(new Error(`rejected for ${channel}`)))
    const work = new Work(registry)
    connection.subscribe(['a', 'b'])
    await until(() => errors.length === 4)
    expect(errors.sort()).toEqual(['rejected for a', 'rejected for b', 'thrown for a', 'thrown for b'])
    expect(work.current).toEqual(['a', 'b'])
  })

  it('does not report an AbortError after the signal is aborted', async () => {
    const errors: string[] = []
    const { registry, connection } = await open({ linger: 0, onError: (error) => void errors.push(error.message) })
    let settled = 0
    registry.whileOccupied((_, signal) => wait(LONG, undefined, { signal }).finally(() => settled++))
    registry.whileOccupied((_, signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
    })
    registry.whileOccupied(async (_, signal) => {
      await wait(LONG, undefined, { signal }).catch(() => undefined)
      throw new Error('another one')
    })
    registry.whileOccupied(() => Promise.reject(Object.assign(new Error('before the end'), { name: 'AbortError' })))
    const leave = connection.subscribe('a')
    await turn()
    leave()
    await until(() => settled === 1 && errors.length >= 2)
    await turn()
    expect(errors.sort()).toEqual(['another one', 'before the end'])
  })

  it('runs its listener, and listeners of the signal, in the async context of the call', async () => {
    const context = new AsyncLocalStorage<string>()
    const { registry, connection } = await open({ linger: 5 })
    const seen: unknown[] = []
    context.run('app', () =>
      registry.whileOccupied((_, signal) => {
        seen.push(context.getStore())
        signal.addEventListener('abort', () => seen.push(context.getStore()))
      }),
    )
    const leave = context.run('request', () => connection.subscribe('a'))
    await turn()
    context.run('other', leave)
    await until(() => seen.length === 2)
    expect(seen).toEqual(['app', 'app'])
  })

  it.each([undefined, null, 'a', {}])('refuses %j instead of a listener', (listener) => {
    expect(() => createRegistry().whileOccupied(listener as never)).toThrow(
      /^whileOccupied\(\): listener must be a function; got /,
    )
  })

  it('keeps the process alive neither by a listener nor by linger', () => {
    const script = `
      import { createServer, get } from 'node:http'
      import { sse } from './src/index.ts'
      const live = sse({ registry: { linger: 60_000 } })
      live.registry.whileOccupied(() => console.log('occupied'))
      const server = createServer((req, res) => live(req, res, () => {
        const leave = res.sse.subscribe('a')
        setTimeout(() => { leave(); res.sse.close(); server.close() }, 50)
      })).listen(0, '127.0.0.1', () => {
        get({ port: server.address().port, headers: { accept: 'text/event-stream' }, agent: false }, (res) => res.resume())
      })`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const options = { cwd: `${__dirname}/../..`, timeout: 20_000, encoding: 'utf8' } as const
    const { stdout, stderr, status } = spawnSync(process.execPath, args, options)
    expect({ stdout: stdout.trim(), stderr, status }).toEqual({ stdout: 'occupied', stderr: '', status: 0 })
  })
})

describe('10,000 random joins and leaves', () => {
  const CHANNELS = ['a', 'b', 'c', 'd', 'e', 'f']

  /** Connections that join and leave channels at random, and sometimes disconnect. */
  async function race(linger: number, atRest: (registry: ChannelRegistry) => Promise<void>) {
    const random = xoroshiro128plus(20_261_126)
    const pick = (count: number) => uniformInt(random, 0, count - 1)
    const { registry, connection, another, live } = await open({ linger })
    const connections: Connection[] = [connection]
    for (let i = 0; i < 2; i++) connections.push((await another()).connection)
    const subscribed = new Map<string, () => void>()
    for (let step = 0; step < 10_000; step++) {
      const who = pick(connections.length)
      const channel = CHANNELS[pick(CHANNELS.length)]!
      const place = `${who} ${channel}`
      const leave = subscribed.get(place)
      if (leave !== undefined) {
        subscribed.delete(place)
        leave()
      } else subscribed.set(place, connections[who]!.subscribe(channel, { from: 'now' }))
      const kind = pick(1000)
      if (kind < 4) {
        connections[who]!.close()
        for (const each of CHANNELS) subscribed.delete(`${who} ${each}`)
        connections[who] = (await another()).connection
      } else if (kind < 500) await Promise.resolve()
      else if (kind < 550) await turn()
      else if (kind < 560) await atRest(registry)
    }
    for (const each of connections) each.close()
    await atRest(registry)
    await live.close()
  }

  const watched = (registry: ChannelRegistry) => CHANNELS.filter((name) => registry.channel(name).subscribers > 0)

  it.each([0, 1])(
    'leave as many calls as channels that are watched, with linger: %d',
    async (linger) => {
      let work: Work | undefined
      let late: Work | undefined
      let rests = 0
      await race(linger, async (registry) => {
        work ??= new Work(registry)
        if (rests++ % 5 === 0) late?.stop()
        if (rests % 5 === 1) late = new Work(registry)
        if (linger > 0) await until(() => work!.current.length === watched(registry).length)
        else await turn()
        const now = watched(registry)
        expect(work.begun.length - work.ended.length).toBe(now.length)
        expect(work.current).toEqual(now)
        await until(() => late!.current.length === now.length)
        expect(late!.current).toEqual(now)
      })
      expect(rests).toBeGreaterThan(20)
      expect(work!.begun.length).toBeGreaterThan(linger === 0 ? 1000 : 50)
      expect(work!.current).toEqual([])
    },
    60_000,
  )
})

it('without a listener nothing is called at a join or a leave', async () => {
  const registry = createRegistry()
  const stop = registry.whileOccupied(() => expect(true).toBe(false))
  stop()
  const { connection } = await openBothSides({ live: sse({ registry }) })
  connection.subscribe('a')()
  await turn()
})
