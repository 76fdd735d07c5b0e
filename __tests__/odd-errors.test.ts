// Callbacks of the app may throw anything: also what has no text, or what throws itself when it is looked at.
import { createRegistry, sse } from '../src/index.js'
import { inspector } from '../src/inspector/index.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, express5, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

const fail = (): never => {
  throw new Error('looked at')
}

const odd: [string, () => unknown][] = [
  ['undefined', () => undefined],
  ['an object without toString', () => Object.create(null) as unknown],
  ['an object whose tag throws', () => Object.defineProperty({}, Symbol.toStringTag, { get: fail })],
  ['an object that cannot be shown', () => ({ [Symbol.for('nodejs.util.inspect.custom')]: fail })],
  ['a proxy that throws', () => new Proxy({}, { get: fail, getPrototypeOf: fail })],
  ['an error whose fields throw', () => throwing('message', 'name')],
]

/** An error that throws itself when one of these fields is read. */
function throwing(...fields: string[]): Error {
  const error = new Error('odd')
  const get = () => {
    throw error
  }
  for (const field of fields) Object.defineProperty(error, field, { get })
  return error
}

describe.each(odd)('when a callback throws %s', (_name, make) => {
  const thrower = () => {
    throw make()
  }

  it('a filter closes its connection, and all others go on', async () => {
    const errors: Error[] = []
    const registry = createRegistry({ onError: (error) => errors.push(error) })
    const server = await startServer(bareHttp, sse({ registry }), (req, res) => {
      res.sse!.subscribe('a', req.url === '/odd' ? { filter: thrower } : {})
    })
    const streams = [await openStream(server, { path: '/odd' }), await openStream(server)] as const
    for (const stream of streams) await stream.waitFor(({ event }) => event === 'sse-ready')
    for (const data of ['1', '2']) await registry.channel('a').publish({ data })
    await streams[1].waitForData('2')
    await streams[0].ended
    expect(streams[1].data).toEqual(['1', '2'])
    expect(errors).toHaveLength(1)
    expect(errors[0] instanceof Error).toBe(true)
    expect(registry.stats()).toMatchObject({ connections: 1, closed: { error: 1 } })
  })

  it('whileOccupied() reports it, also after the signal is aborted', async () => {
    const errors: Error[] = []
    const registry = createRegistry({ linger: 0, onError: (error) => errors.push(error) })
    const server = await startServer(bareHttp, sse({ registry }), (_req, res) => void res.sse!.subscribe('a'))
    registry.whileOccupied(thrower)
    registry.whileOccupied(
      (_channel, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(make() as Error))
        }),
    )
    const stream = await openStream(server)
    await until(() => errors.length === 1)
    stream.close()
    await until(() => errors.length === 2)
    expect(errors.every((error) => error instanceof Error)).toBe(true)
  })

  it('onError leads to a process warning', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const registry = createRegistry({ onError: thrower })
    void registry.channel('a').publish({ data: 1n })
    await until(() => warn.mock.calls.length > 0)
    expect(typeof warn.mock.calls[0]![0]).toBe('string')
    warn.mockRestore()
  })
})

describe.each([undefined, null, false, 0, ''])('when a callback of a request throws %p', (value) => {
  const thrown = value as unknown as Error
  const thrower = () => {
    throw thrown
  }
  const reject = () => Promise.reject(thrown)

  it.each([
    ['owner', sse({ owner: thrower })],
    ['the handler', sse().handler(thrower)],
    ['the handler, later,', sse().handler(reject)],
    ['authorize', inspector(createRegistry(), { authorize: thrower })],
    ['authorize, later,', inspector(createRegistry(), { authorize: reject })],
  ])('%s lets it not go on', async (_name, middleware) => {
    const server = await startServer(express5, middleware, (_req, res) => void res.end('went on'))
    const { status, ended } = await openStream(server, { path: '/events' })
    await ended
    expect([status, server.errors]).toEqual([500, [expect.objectContaining({ cause: thrown })]])
  })
})
