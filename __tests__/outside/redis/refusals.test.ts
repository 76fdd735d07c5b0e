// Publishing and reading when Redis refuses a command.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { redisStore } from '../../../src/redis/index.js'
import { dataOf, entry } from '../../../src/store-contract/one-store.js'
import { afterTest } from '../../helpers/after-test.js'
import { openStream, type OpenStream } from '../../helpers/open-stream.js'
import { startLive, type Live } from '../../helpers/redis-live.js'
import { openLog } from '../../helpers/redis-log.js'
import { describeWithRedis, RedisServer } from '../../helpers/redis-server.js'
import { until } from '../../helpers/until.js'

let redis: RedisServer
let streams = 0

describeWithRedis('when Redis refuses a command', () => {
  beforeAll(async () => (redis = await RedisServer.start()))
  afterAll(() => redis.close())

  let stream: string
  beforeEach(() => (stream = `refusals-${streams++}`))
  const key = (name: string) => `{${stream}}:${name}`
  const urlOf = (user: string) => redis.url.replace('//', `//${user}:x@`)

  /** A Redis user who may do everything that the rules do not forbid. */
  async function userWithout(...rules: string[]): Promise<string> {
    const name = `user-${stream}`
    await redis.command('ACL', 'SETUSER', name, 'reset', 'on', 'nopass', '~*', '&*', '+@all', ...rules)
    afterTest(() => redis.command('ACL', 'DELUSER', name))
    return urlOf(name)
  }

  async function open(server: Live): Promise<OpenStream> {
    const client = await openStream(server, { path: '/a' })
    await client.waitFor(({ event }) => event === 'sse-ready')
    return client
  }

  /** The values of the registry's keys, without the receipts. */
  async function contents(): Promise<unknown[]> {
    const read = (...args: string[]) => redis.command(...args).catch(String)
    return Promise.all([
      read('XRANGE', key('events'), '-', '+'),
      read('GET', key('state')),
      read('HGETALL', key('latest')),
      read('ZRANGE', key('order'), '0', '-1', 'WITHSCORES'),
      read('ZRANGE', key('incomplete'), '0', '-1'),
    ])
  }

  /** Publishes an event that is refused. It must leave no trace in Redis or at clients. */
  async function expectNothing(server: Live, client: OpenStream, refuse: () => Promise<() => Promise<unknown>>) {
    await server.live.channel('a').publish({ data: 'before', key: 'other' })
    await client.waitForData('before')
    const allow = await refuse()
    const before = await contents()
    const publishing = server.live.channel('a').publish({ data: 'refused', key: 'k' })
    await expect(publishing).rejects.toMatchObject({ code: 'ERR_SSE_STORE' })
    expect(await contents()).toEqual(before)
    await allow()
    await server.live.channel('a').publish({ data: 'after', key: 'k' })
    await client.waitForData('after')
    expect(client.data).toEqual(['before', 'after'])
    expect(client.events.filter(({ event }) => event === 'sse-gap')).toEqual([])
    return publishing.catch((error: unknown) => error as Error)
  }

  it.each(['latest', 'order', 'incomplete', 'receipt'])(
    'because the key %s is of another type, a publish rejects and leaves nothing behind',
    async (name) => {
      const server = await startLive({ stream, url: redis.url })
      const client = await open(server)
      await expectNothing(server, client, async () => {
        const [found = key(name)] = (await redis.command('KEYS', `${key(name)}*`)) as string[]
        const kept = key('kept')
        await redis.command('RENAME', found, kept).catch(() => undefined)
        await redis.command('RPUSH', found, 'of another type')
        return async () => {
          await redis.command('DEL', found)
          await redis.command('RENAME', kept, found).catch(() => undefined)
        }
      })
    },
  )

  it.each(['events', 'state'])('because the key %s is of another type, a publish rejects', async (name) => {
    const { store } = await openLog({ stream, url: redis.url })
    await store.append(entry(dataOf('1')))
    await redis.command('DEL', key(name))
    await redis.command('RPUSH', key(name), 'of another type')
    const before = await contents()
    await expect(store.append(entry(dataOf('2'), { key: 'k' }))).rejects.toMatchObject({ code: 'ERR_SSE_STORE' })
    expect(await contents()).toEqual(before)
  })

  it('because the state is foreign, a publish rejects with the reason', async () => {
    const { store } = await openLog({ stream, url: redis.url })
    await redis.command('SET', key('state'), 'something else')
    await expect(store.append(entry(dataOf('1')))).rejects.toThrow(`${key('state')} was not written by this package`)
    expect(await redis.command('EXISTS', key('events'))).toBe(0)
  })

  it.each(['zadd', 'hset', 'set', 'xdel', 'xadd'])(
    'because the user may not run %s, a publish rejects with its name and leaves no trace',
    async (command) => {
      const name = `user-${stream}`
      const server = await startLive({ stream, url: await userWithout() })
      const client = await open(server)
      const error = await expectNothing(server, client, async () => {
        await redis.command('ACL', 'SETUSER', name, `-${command}`)
        return () => redis.command('ACL', 'SETUSER', name, `+${command}`)
      })
      // Redis refuses the first write itself, without a name.
      if (command !== 'xadd') expect(String(error)).toContain(`may not run ${command.toUpperCase()} on {${stream}}`)
    },
  )

  it('because the user may not evict keys, a publish that must evict rejects', async () => {
    const { store } = await openLog({ stream, url: await userWithout('-zpopmin'), maxKeys: 2 })
    for (const k of ['x', 'y']) await store.append(entry(dataOf(k), { key: k }))
    const before = await contents()
    await expect(store.append(entry(dataOf('z'), { key: 'z' }))).rejects.toThrow('may not run ZPOPMIN')
    expect(await contents()).toEqual(before)
  })

  it('because memory is full, a publish rejects and leaves nothing behind', async () => {
    const server = await startLive({ stream, url: redis.url })
    const client = await open(server)
    await expectNothing(server, client, async () => {
      await redis.command('CONFIG', 'SET', 'maxmemory', '1')
      return () => redis.command('CONFIG', 'SET', 'maxmemory', '0')
    })
  })

  it('because memory is full, a process that starts loads the log', async () => {
    const writer = await openLog({ stream, url: redis.url })
    for (const i of [1, 2, 3]) await writer.store.append(entry(dataOf(String(i)), { key: String(i) }))
    await redis.command('CONFIG', 'SET', 'maxmemory', '1')
    afterTest(() => redis.command('CONFIG', 'SET', 'maxmemory', '0'))
    const { log } = await openLog({ stream, url: redis.url })
    expect([log.bodies, log.errors]).toEqual([[1, 2, 3].map(String).map(dataOf), []])
  })

  it('because it is a read-only replica, a process serves the events of the master', async () => {
    const replica = await RedisServer.start(
      ...['--replicaof', '127.0.0.1', String(redis.port), '--repl-diskless-sync-delay', '0'],
    )
    afterTest(() => replica.close())
    await redis.command('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
    const writer = await openLog({ stream, url: redis.url })
    await writer.store.append(entry(dataOf('1')))
    const { log } = await openLog({ stream, url: replica.url })
    await log.until(() => log.bodies.length === 1)
    await writer.store.append(entry(dataOf('2')))
    await log.until(() => log.bodies.length === 2)
    expect(log.bodies).toEqual(['1', '2'].map(dataOf))
  })

  it('because the user may not run TIME, everything else works', async () => {
    const { store, log } = await openLog({ stream, url: await userWithout('-time') })
    await store.append(entry(dataOf('1')))
    await log.until(() => log.bodies.length === 1)
    expect([log.held?.now, log.errors]).toEqual([undefined, []])
  })

  it.each(['xread', 'xrevrange', 'xrange', 'hmget', 'zrevrange', 'zrange', 'zcount', 'get', 'eval', 'evalsha'])(
    'because the user may not run %s, one report names it, and streams begin later',
    async (command) => {
      const name = `user-${stream}`
      const url = await userWithout(`-${command}`)
      await redis.command('SCRIPT', 'FLUSH')
      const server = await startLive({ stream, url, startTimeout: 1 })
      await until(() => server.reports.length > 0)
      await redis.command('ACL', 'SETUSER', name, '+@all')
      const client = await open(server)
      await server.live.channel('a').publish({ data: '1' })
      await client.waitForData('1')
      expect(server.reports.map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(`^Redis cannot be read \\(.*\\b${command}\\b`, 'i')),
      ])
    },
  )

  it('outside the documented ones, publishing, evicting, reading and a new epoch still work', async () => {
    const docs = await readFile(join(__dirname, '../../../docs/redis.md'), 'utf8')
    const rules =
      /ACL SETUSER scores on >password ~\{scores\}:\*([^`]*?)\n\n/.exec(docs)?.[1]?.trim().split(/\s+/) ?? []
    const name = `user-${stream}`
    await redis.command('ACL', 'SETUSER', name, 'reset', 'on', 'nopass', `~{${stream}}:*`, ...rules)
    afterTest(() => redis.command('ACL', 'DELUSER', name))
    const { store, log } = await openLog({ stream, url: urlOf(name), maxKeys: 1 })
    for (const k of ['x', 'y']) await store.append(entry(dataOf(k), { key: k }))
    await log.until(() => log.bodies.length === 2)
    await redis.command('XADD', key('events'), '18446744073709551615-1', 'any', 'thing')
    await store.append(entry(dataOf('z')))
    await log.until(() => log.bodies.length === 3)
    const [[newest]] = (await redis.command('XREVRANGE', key('events'), '+', '-', 'COUNT', '1')) as [[string]]
    await redis.command('XDEL', key('events'), newest)
    const lua = `redis.call('SET', KEYS[1], string.match(redis.call('GET', KEYS[1]), '^%w+') .. ' 1-0')`
    await redis.command('EVAL', lua, '1', key('state'))
    await log.until(() => log.begun === 2)
    expect(log.messages).toEqual([expect.stringMatching(/is left out$/)])
  })

  it('because the user may only read, a process serves and reports the missing commands', async () => {
    const writer = await openLog({ stream, url: redis.url })
    await writer.store.append(entry(dataOf('1')))
    const name = `user-${stream}`
    await userWithout('-@all', '+eval', '+evalsha', '+@read', '+@connection', '+time')
    const { log } = await openLog({ stream, url: urlOf(name) })
    expect(log.bodies).toEqual([dataOf('1')])
    expect(log.messages).toEqual([
      expect.stringMatching(/may not run SET on .*, XADD on .*, ZADD on .*; publishing will be rejected$/),
    ])
  })

  it('because it cannot hold a lone surrogate in an ID, key or channel, an append rejects', async () => {
    const { store } = await openLog({ stream, url: redis.url })
    for (const rest of [{ channel: 'a\ud83d' }, { key: '\ude00' }, { id: '\ud83d' }]) {
      await expect(store.append(entry(dataOf('1'), rest))).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    }
    expect(await redis.command('EXISTS', key('events'))).toBe(0)
  })
})

it('a store that was never started can be closed if Redis cannot be reached', async () => {
  await redisStore({ url: 'redis://127.0.0.1:1', stream: 'a' }).close()
})
