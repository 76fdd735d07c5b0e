// Processes with different versions of the package share one Redis, as they do while an app is upgraded.
import { formatId } from '../../../src/log/position.js'
import { positionOf } from '../../../src/redis/stream-id.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'

let redis: RedisServer
let streams = 0

/** Appends an entry after the newest one, as the publish script of another version does. Returns its ID. */
const APPEND = `
  local epoch, last = string.match(redis.call('GET', KEYS[2]), '^(%w+) (%d+-%d+)$')
  local id = redis.call('XADD', KEYS[1], '*', 'p', last, unpack(ARGV))
  redis.call('SET', KEYS[2], epoch .. ' ' .. id)
  return id`

describeWithRedis('a process that shares a stream of Redis', () => {
  beforeAll(async () => (redis = await RedisServer.start('--appendonly', 'no')))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `versions-${streams++}`))
  const key = (name: string) => `{${stream}}:${name}`
  const start = () => startLive({ stream, url: redis.url })
  const append = async (...fields: string[]) =>
    String(await redis.command('EVAL', APPEND, '2', key('events'), key('state'), ...fields))

  async function open(server: Live, headers = {}): Promise<OpenStream> {
    const client = await openStream(server, { path: '/a', headers })
    await client.waitFor(({ event }) => event === 'sse-ready')
    return client
  }

  const gapsOf = ({ events }: OpenStream) => events.filter(({ event }) => event === 'sse-gap').map(({ data }) => data)

  it.each<[string, string[]]>([
    ['of a newer version', ['v', '2', 'c', 'a', 'b', 'data: of tomorrow\n']],
    ['of a newer version with other fields', ['v', '10', 'm', 'zstd', 'z', '\x01\x02']],
    ['of an unknown kind', ['v', '1', 't', 'tomorrow', 'c', 'a', 'k', 'k']],
  ])('passes over entries %s, and reports them once', async (_name, fields) => {
    const servers = [await start(), await start()] as const
    const clients = await Promise.all(servers.map((server) => open(server)))
    await servers[0].live.channel('a').publish({ data: '1', key: 'k' })
    await append(...fields)
    const id = await append(...fields)
    await servers[1].live.channel('a').publish({ data: '2' })
    await append(...fields)
    await servers[0].live.channel('a').publish({ data: '3' })
    for (const client of clients) {
      await client.waitForData('3')
      expect([client.data, gapsOf(client)]).toEqual([['1', '2', '3'], []])
    }
    const report = expect.stringMatching(
      /a newer version of this package writes entries to .* update this process$/,
    ) as string
    const expected = [{ code: 'ERR_SSE_STORE', message: report }]
    for (const { reports } of servers) expect(reports).toMatchObject(expected)

    // A process that starts loads the rest. A client that was told the ID of such an entry elsewhere resumes there.
    await append(...fields)
    const third = await start()
    const epoch = clients[0]?.lastEventId.split('-')[2] ?? ''
    const resumed = await open(third, { 'last-event-id': formatId(positionOf(id), epoch) })
    expect([resumed.data, gapsOf(resumed)]).toEqual([['2', '3'], []])
    const ahead = formatId(positionOf(await append(...fields)), epoch)
    for (const server of [...servers, third]) {
      const client = await open(server, { 'last-event-id': ahead })
      expect([client.data, gapsOf(client)]).toEqual([[], []])
    }
    expect(third.reports).toMatchObject(expected)
  })

  it('reads the entries of the version before, which have no version', async () => {
    const server = await start()
    const client = await open(server)
    await server.live.channel('a').publish({ data: '1' })
    const id = await append('c', 'a', 'b', 'data: 2\n', 'k', 'k', 'i', 'own')
    await redis.command('HSET', key('latest'), '1:ak', `${id}\nown\ndata: 2\n`)
    await redis.command('ZADD', key('order'), id.split('-')[0] ?? '', '1:ak')
    await append('c', 'a', 'b', 'data: 3\n')
    await server.live.channel('a').publish({ data: '4' })
    await client.waitForData('4')
    expect([client.data, gapsOf(client), server.reports]).toEqual([['1', '2', '3', '4'], [], []])
    const later = await start()
    const resumed = await open(later, { 'last-event-id': client.ids[0] })
    expect([resumed.data, gapsOf(resumed), later.reports]).toEqual([['2', '3', '4'], [], []])
    expect(later.live.channel('a').latest('k')?.id).toBe('own')
  })

  it('writes the version into each of its entries', async () => {
    const { live } = await start()
    await live.channel('a').publish({ data: '1', key: 'k', id: 'own' })
    await live.channel('a').publish({ data: '2' })
    await live.channel('a').forget('k')
    const entries = (await redis.command('XRANGE', key('events'), '-', '+')) as [string, string[]][]
    expect(entries.map(([, fields]) => fields.slice(0, 2))).toEqual(entries.map(() => ['v', '1']))
    expect(entries).toHaveLength(3)
  })
})
