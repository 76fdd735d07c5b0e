// Entries of other programs in the stream are left out and cause no gap.
import { parseId } from '../../../src/log/position.js'
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { until } from '../../helpers/until.js'

let redis: RedisServer
let streams = 0

describeWithRedis('a foreign entry', () => {
  beforeAll(async () => (redis = await RedisServer.start()))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `foreign-${streams++}`))
  const events = () => `{${stream}}:events`
  const forge = (...fields: string[]) => redis.command('XADD', events(), '*', ...fields)

  const publish = ({ live }: Live, data: string) => live.channel('a').publish({ data })

  async function open(server: Live): Promise<OpenStream> {
    const client = await openStream(server, { path: '/a' })
    await client.waitFor(({ event }) => event === 'sse-ready')
    return client
  }

  async function newestId(): Promise<string> {
    const [[id]] = (await redis.command('XREVRANGE', events(), '+', '-', 'COUNT', '1')) as [[string]]
    return id
  }

  /** The number of commands that Redis ran since the last call. */
  async function commands(): Promise<number> {
    const stats = String(await redis.command('INFO', 'commandstats'))
    await redis.command('CONFIG', 'RESETSTAT')
    return [...stats.matchAll(/^cmdstat_\S+:calls=(\d+)/gm)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  }

  it.each<[string, (previous: string) => Promise<unknown>]>([
    ['that begins another epoch', (previous) => forge('p', previous, 'e', 'foreign')],
    ['that begins another epoch after no entry', () => forge('p', '0-0', 'e', 'foreign')],
    ['that looks like an event after no entry', () => forge('p', '0-0', 'c', 'a', 'b', 'data: evil\n')],
    ['that looks like an event after a future one', () => forge('p', '9000000000000-0', 'c', 'a', 'b', 'data: evil\n')],
    ['of another kind', () => forge('any', 'thing')],
    ['far in the future', () => redis.command('XADD', events(), '90000000000000-7', 'any', 'thing')],
    [
      'far in the future that begins another epoch',
      (previous) => redis.command('XADD', events(), '90000000000000-7', 'p', previous, 'e', 'foreign'),
    ],
    ['with an ID that is too large', () => redis.command('XADD', events(), `${36 ** 9}-0`, 'any', 'thing')],
    [
      'with a sequence number that is too large',
      () => redis.command('XADD', events(), `9000000000000-${36 ** 6}`, 'x', 'y'),
    ],
    [
      'with the highest possible ID',
      () => redis.command('XADD', events(), '18446744073709551615-18446744073709551615', 'any', 'thing'),
    ],
  ])('%s is left out and reported once, and causes no gap', async (_name, write) => {
    const servers = [await startLive({ stream, url: redis.url }), await startLive({ stream, url: redis.url })] as const
    const clients = await Promise.all(servers.map(open))
    await publish(servers[0], '1')
    for (const client of clients) await client.waitForData('1')
    const previous = await newestId()
    await write(previous)
    await write(previous).catch(() => undefined)
    const ids = [await publish(servers[0], '2'), await publish(servers[1], '3')]
    for (const client of clients) {
      await client.waitForData('3')
      expect(client.data).toEqual(['1', '2', '3'])
      expect(client.events.filter(({ event }) => event === 'sse-gap')).toEqual([])
    }
    for (const { reports } of servers) {
      expect(reports.map(({ message }) => message)).toEqual([expect.stringMatching(/^entry .* is left out$/)])
    }
    for (const id of ids) expect(parseId(id)).toBeDefined()
    // A new process loads all three events, and a client resumes there.
    const third = await startLive({ stream, url: redis.url })
    const resumed = await openStream(third, { path: '/a', headers: { 'last-event-id': clients[0]?.ids[0] ?? '' } })
    await resumed.waitFor(({ event }) => event === 'sse-ready')
    expect(resumed.data).toEqual(['2', '3'])
    await publish(third, '4')
    for (const client of [...clients, resumed]) await client.waitForData('4')
  })

  it('that begins another epoch costs Redis only a few commands', async () => {
    const { store, log } = await openLog({ stream, url: redis.url })
    await store.append(entry(dataOf('1')))
    await log.until(() => log.bodies.length === 1)
    await commands()
    await forge('p', await newestId(), 'e', 'foreign')
    await until(() => log.errors.length > 0)
    await store.append(entry(dataOf('2')))
    await log.until(() => log.bodies.length === 2)
    expect(await commands()).toBeLessThan(40)
    expect([log.begun, log.skipped]).toEqual([1, 0])
  })

  it('is recognised even if entries were trimmed before they were read', async () => {
    const { store, log } = await openLog({ stream, url: redis.url })
    await store.append(entry(dataOf('1')))
    await log.until(() => log.bodies.length === 1)
    const read = await newestId()
    const state = String(await redis.command('GET', `{${stream}}:state`))
    // As another process would: a trimmed entry, then a foreign one, then a valid one.
    await redis.command('XDEL', events(), read)
    const [ms = ''] = read.split('-')
    const trimmed = `${Number(ms) + 1}-0`
    const lua = `
      redis.call('XADD', KEYS[1], ARGV[2], 'p', '0-0', 'c', 'a', 'b', 'data: evil\\n')
      redis.call('XADD', KEYS[1], ARGV[3], 'p', ARGV[1], 'c', 'a', 'b', 'data: 3\\n')
      redis.call('SET', KEYS[2], ARGV[4] .. ' ' .. ARGV[3])`
    const ids = [`${Number(ms) + 2}-0`, `${Number(ms) + 3}-0`]
    await redis.command('EVAL', lua, '2', events(), `{${stream}}:state`, trimmed, ...ids, state.split(' ')[0] ?? '')
    await log.until(() => log.bodies.length === 2)
    expect([log.bodies, log.begun, log.skipped]).toEqual([['1', '3'].map(dataOf), 1, 1])
  })
})

describeWithRedis('an epoch', () => {
  it('that several processes begin at once is one, and all their logs restart with it', async () => {
    const server = await RedisServer.start()
    try {
      const opened = await Promise.all([1, 2, 3].map(() => openLog({ stream: 's', url: server.url })))
      await opened[0]?.store.append(entry(dataOf('1')))
      for (const { log } of opened) await log.until(() => log.bodies.length === 1)
      const state = await server.command('GET', '{s}:state')
      await opened[0]?.store.append(entry(dataOf('lost')))
      for (const { log } of opened) await log.until(() => log.bodies.length === 2)
      const [[newest]] = (await server.command('XREVRANGE', '{s}:events', '+', '-', 'COUNT', '1')) as [[string]]
      // All processes notice within a second that Redis lacks an event they have read.
      await server.command(
        'EVAL',
        `redis.call('XDEL', KEYS[1], ARGV[1]) redis.call('SET', KEYS[2], ARGV[2])`,
        '2',
        '{s}:events',
        '{s}:state',
        newest,
        String(state),
      )
      for (const { log } of opened) await log.until(() => log.begun === 2)
      await opened[1]?.store.append(entry(dataOf('2')))
      for (const { log } of opened) await log.until(() => log.bodies.at(-1) === dataOf('2'))
      expect(new Set(opened.map(({ log }) => log.epoch)).size).toBe(1)
      expect(opened.map(({ log }) => [log.bodies, log.begun])).toEqual(opened.map(() => [['1', '2'].map(dataOf), 2]))
      for (const { store } of opened) await store.close()
    } finally {
      await server.close()
    }
  })
})
