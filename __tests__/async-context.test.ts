import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRegistry, sse, type Connection } from '../src/index.js'
import { openBothSides } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const user = new AsyncLocalStorage<string>()

/** A server that runs each request as the user in its path. */
async function startForUsers(handle: (connection: Connection, name: string) => void, live = sse()) {
  const server = await startServer(
    bareHttp,
    (req, _res, next) => user.run(req.url!.slice(1), next),
    live,
    (_req, res) => handle(res.sse!, user.getStore()!),
  )
  const open = async (name: string) => {
    const stream = await openStream(server, { path: `/${name}` })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    return stream
  }
  return { live, open }
}

describe('the async context', () => {
  it('of a filter comes from subscribe, not from publish', async () => {
    const { live, open } = await startForUsers((connection) =>
      connection.subscribe('a', { filter: ({ data }) => data === user.getStore() }),
    )
    const [alice, bob] = [await open('alice'), await open('bob')]
    for (const data of ['alice', 'bob']) await user.run('publisher', () => live.channel('a').publish({ data }))
    await alice.waitForData('alice')
    await bob.waitForData('bob')
    expect([alice.data, bob.data]).toEqual([['alice'], ['bob']])
  })

  it('of a close or abort listener comes from where it was added', async () => {
    const seen: (string | undefined)[] = []
    const { live, open } = await startForUsers((connection) => {
      connection.subscribe('a')
      connection.on('close', () => seen.push(user.getStore()))
      connection.signal.addEventListener('abort', () => seen.push(user.getStore()))
    })
    await open('alice')
    await user.run('operator', () => live.close())
    await until(() => seen.length === 2)
    expect(seen).toEqual(['alice', 'alice'])
  })

  it('of an iterator comes from the sendAll call, at every step', async () => {
    const seen: (string | undefined)[] = []
    async function* messages() {
      for (let i = 0; i < 5; i++) {
        seen.push(user.getStore())
        yield { data: 'x'.repeat(100_000) }
        await new Promise(setImmediate)
      }
    }
    const { stream } = await openBothSides({
      handle: (connection) => user.run('alice', () => connection.sendAll(messages())),
    })
    await until(() => stream.data.length === 5)
    expect(seen).toEqual(Array(5).fill('alice'))
  })

  it('of onError comes from createRegistry', async () => {
    const seen: (string | undefined)[] = []
    const registry = user.run('app', () => createRegistry({ onError: () => seen.push(user.getStore()) }))
    user.run('publisher', () => void registry.channel('a').publish({ data: 1n }))
    await until(() => seen.length > 0)
    expect(seen).toEqual(['app'])
  })

  it('of a request is not kept alive by shared timers', async () => {
    const context = new AsyncLocalStorage<object>()
    const seen: WeakRef<object>[] = []
    const live = sse()
    const server = await startServer(
      bareHttp,
      (_req, _res, next) => {
        const store = {}
        seen.push(new WeakRef(store))
        context.run(store, next)
      },
      live,
      (_req, res) => res.sse?.subscribe('a'),
    )
    const streams = [await openStream(server), await openStream(server)]
    await live.channel('a').publish({ data: '1' })
    for (const stream of streams) await stream.waitForData('1')
    await until(() => {
      collectGarbage()
      return seen[0]?.deref() === undefined
    })
    expect(live.registry.stats().connections).toBe(2)
  })
})

/** An async function, which plain JavaScript may pass. */
const rejecting = (message: string) => (() => Promise.reject(new Error(message))) as unknown as () => undefined

describe('a rejected callback', () => {
  it('of a close listener is reported and never left unhandled', async () => {
    const [errors, unhandled]: [Error[], unknown[]] = [[], []]
    const note = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { stream } = await openBothSides({
      sseOptions: { registry: { onError: (error) => void errors.push(error) } },
      handle: (connection) => {
        connection.on('close', rejecting('from a listener'))
        connection.open()
      },
    })
    stream.close()
    await until(() => errors.length > 0)
    await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect(errors).toMatchObject([{ message: 'from a listener' }])
    expect(unhandled).toEqual([])
  })

  it('of onError itself becomes a process warning', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const registry = createRegistry({ onError: rejecting('from onError') })
    void registry.channel('a').publish({ data: 1n })
    await until(() => warn.mock.calls.length > 0)
    expect(warn.mock.calls[0]![0]).toBe('from onError')
    warn.mockRestore()
  })
})
