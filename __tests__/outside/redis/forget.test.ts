// Forgotten keys over Redis: in every process, after a start, and where a process has missed entries.
import type { EventEntry } from '../../../src/index.js'
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openStream } from '../../helpers/open-stream.js'
import { startLive } from '../../helpers/redis-live.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { SwitchedPort } from '../../helpers/switched-port.js'
import { ThrottledPort } from '../../helpers/throttled-port.js'
import { until } from '../../helpers/until.js'

let redis: RedisServer
let streams = 0

describeWithRedis('a key that is forgotten over Redis', () => {
  beforeAll(async () => (redis = await RedisServer.start('--appendonly', 'no')))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `forget-${streams++}`))
  const key = (name: string) => `{${stream}}:${name}`

  it('is not sent to new clients of any process, and not found there', async () => {
    const [one, other] = [await startLive({ stream, url: redis.url }), await startLive({ stream, url: redis.url })]
    const watching = await openStream(other, { path: '/a' })
    for (const name of ['k', 'l']) await one.live.channel('a').publish({ data: name, key: name })
    await watching.waitForData('l')
    await one.live.channel('a').forget('k')
    await until(() => other.live.channel('a').latest('k') === undefined)
    const later = await startLive({ stream, url: redis.url })
    for (const server of [one, other, later]) {
      const newcomer = await openStream(server, { path: '/a' })
      await newcomer.waitFor(({ event }) => event === 'sse-ready')
      expect([newcomer.data, server.live.channel('a').keys()]).toEqual([['l'], ['l']])
    }
    expect(watching.events.filter(({ event }) => event === 'sse-gap')).toEqual([])
  })

  it('keeps its place among publishes that wait at the same time', async () => {
    const { live } = await startLive({ stream, url: redis.url })
    const channel = live.channel('a')
    await Promise.all([
      channel.publish({ data: '1', key: 'k' }),
      channel.forget('k'),
      channel.publish({ data: '2', key: 'l' }),
      channel.forget('l'),
      channel.publish({ data: '3', key: 'l' }),
      channel.forget('unknown'),
    ])
    const later = await startLive({ stream, url: redis.url })
    await (await openStream(later, { path: '/a' })).waitForData('3')
    expect(
      later.live
        .channel('a')
        .latest()
        .map(({ data }) => data),
    ).toEqual(['3'])
    expect(await redis.command('HKEYS', key('latest'))).toEqual(['1:al'])
    expect(await redis.command('ZRANGE', key('order'), '0', '-1')).toEqual(['1:al'])
    expect(await redis.command('EXISTS', key('incomplete'))).toBe(0)
  })

  it('stays away from a process that did not read the entry before it was trimmed', async () => {
    const port = await SwitchedPort.open(redis.port)
    const behind = await startLive({ stream, url: port.url })
    const writer = await startLive({ stream, url: redis.url })
    const names = ['forgotten', 'kept', 'changed']
    for (const name of names) await writer.live.channel('a').publish({ data: name, key: name })
    const watching = await openStream(behind, { path: '/a' })
    await watching.waitForData('changed')
    port.cut()
    await writer.live.channel('a').forget('forgotten')
    await writer.live.channel('a').publish({ data: 'changed again', key: 'changed' })
    await writer.live.channel('a').publish({ data: 'new', key: 'new' })
    await writer.live.channel('a').publish({ data: 'last' })
    await redis.command('XTRIM', key('events'), 'MAXLEN', '1')
    port.restore()
    await watching.waitForData('last')
    const gaps = watching.events
      .filter(({ event }) => event === 'sse-gap')
      .map(({ data }) => JSON.parse(data) as unknown)
    expect(gaps).toEqual([{ channels: ['a'], reason: 'slow', complete: true }])
    expect(watching.data).toEqual([...names, 'kept', 'changed again', 'new', 'last'])
    expect(behind.live.channel('a').keys()).toEqual(['kept', 'changed', 'new'])
    const newcomer = await openStream(behind, { path: '/a' })
    await newcomer.waitFor(({ event }) => event === 'sse-ready')
    expect(newcomer.events.filter(({ event }) => event === 'sse-gap')).toEqual([])
    expect(newcomer.data).toEqual(['kept', 'changed again', 'new'])
  })

  it('does not hide other keys from a process that loads them at that moment', async () => {
    const { store } = await openLog({ stream, url: redis.url })
    const body = dataOf('x'.repeat(10_000))
    const names = Array.from({ length: 200 }, (_, i) => `k${i}`)
    await Promise.all(names.map(async (name) => store.append(entry(body, { key: name }))))
    await store.append(entry(dataOf('last')))
    const port = await ThrottledPort.open(redis.port, { bytesPerSecond: 1024 * 1024 })
    const opening = openLog({ stream, url: port.url, startTimeout: 60_000 }, { replay: false })
    // Fields of the first page leave the order while later pages are fetched.
    await until(() => port.received > 100_000)
    for (const name of names.slice(-20)) await store.append({ kind: 'forget', channel: 'a', key: name })
    const { log } = await opening
    const loaded = log.latest.map(({ entry: { key: name } }) => name)
    expect(names.slice(0, -20).filter((name) => !loaded.includes(name))).toEqual([])
    expect(log.held?.incomplete).toEqual([])
  })

  it('is not forgotten if the user of Redis may not run the commands, and nothing is left behind', async () => {
    await redis.command('ACL', 'SETUSER', stream, 'reset', 'on', 'nopass', '~*', '&*', '+@all', '-zrem')
    afterTest(() => redis.command('ACL', 'DELUSER', stream))
    const { live, reports } = await startLive({ stream, url: redis.url.replace('//', `//${stream}:x@`) })
    await until(() => reports.length > 0)
    expect(reports.map(({ message }) => message)).toEqual([
      expect.stringContaining(`may not run ZREM on ${key('order')}`),
    ])
    await live.channel('a').publish({ data: '1', key: 'k' })
    const before = await redis.command('XLEN', key('events'))
    await expect(live.channel('a').forget('k')).rejects.toMatchObject({
      code: 'ERR_SSE_STORE',
      message: expect.stringContaining('ZREM') as string,
    })
    expect(await redis.command('XLEN', key('events'))).toBe(before)
    expect(await redis.command('HKEYS', key('latest'))).toEqual(['1:ak'])
  })
})

describeWithRedis('latest events of one score', () => {
  it('are all loaded, page by page', async () => {
    const server = await RedisServer.start('--appendonly', 'no')
    afterTest(() => server.close())
    // 5,000 keys of one millisecond, whose sequence numbers a score cannot tell apart.
    const last = '1700000000000-9000'
    const fields = Array.from({ length: 5000 }, (_, i) => [`1:ak${i}`, `1700000000000-${2000 + i}\n\ndata: ${i}\n`])
    await server.command('HSET', '{s}:latest', ...fields.flat())
    await server.command('ZADD', '{s}:order', ...fields.flatMap(([field = '']) => ['1700000000000.9990', field]))
    await server.command('SET', '{s}:state', `abcdefg ${last}`)
    const { log } = await openLog({ stream: 's', url: server.url })
    const numbers = log.latest.map(({ entry: { body } }: { entry: EventEntry }) => body)
    expect(numbers).toEqual(fields.map((_, i) => dataOf(String(i))))
  })
})
