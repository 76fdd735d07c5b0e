import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRegistry, memoryStore, sse, type Message } from '../src/index.js'
import { Unopened } from '../src/http/unopened.js'
import { isOneOfSeveral } from '../src/workers.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

interface Warning {
  text: string
  type: string
  code: string
}

let warned: Warning[]
let spy: jest.SpyInstance
let environment: string | undefined

beforeEach(() => {
  warned = []
  environment = process.env.NODE_ENV
  // Warnings do not reach listeners on Jest's `process`.
  spy = jest.spyOn(process, 'emitWarning').mockImplementation(((text: string, options: Warning) => {
    warned.push({ ...options, text })
  }) as never)
})

afterEach(() => {
  spy.mockRestore()
  process.env.NODE_ENV = environment
  delete process.env.NODE_APP_INSTANCE
})

const codes = () => warned.map(({ type, code }) => `${type} ${code}`)
const withoutData = { event: 'score', data: undefined } as Message

describe('a message whose data is undefined', () => {
  it('is published and sent, with one warning for each registry', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a', { from: 'now' })
      res.sse?.send(withoutData)
    })
    const stream = await openStream(server)
    await stream.waitForRaw((raw) => raw.includes('event: score\n\n'))
    expect(codes()).toEqual(['SseWarning SSE_NO_DATA'])
    expect(warned[0]?.text).toContain('data is undefined')
    await live.channel('a').publish(withoutData)
    await createRegistry().channel('a').publish(withoutData)
    await createRegistry().channel('a').publish(withoutData)
    expect(warned).toHaveLength(3)
  })

  it('causes no warning if data is left out, or in production', async () => {
    await createRegistry().channel('a').publish({ event: 'tick' })
    process.env.NODE_ENV = 'production'
    await createRegistry().channel('a').publish(withoutData)
    expect(warned).toEqual([])
  })
})

describe('a registry in the memory of one of several workers', () => {
  it('is warned of once, in every environment', () => {
    process.env.NODE_APP_INSTANCE = '1'
    for (const env of ['development', 'production']) {
      process.env.NODE_ENV = env
      warned = []
      createRegistry()
      expect(codes()).toEqual(['SseWarning SSE_WORKERS'])
      expect(warned[0]?.text).toContain('store: redisStore(')
    }
  })

  it('is not warned of if the app passes memoryStore()', () => {
    process.env.NODE_APP_INSTANCE = '1'
    createRegistry({ store: memoryStore() })
    expect(warned).toEqual([])
  })

  it.each([
    [undefined, false, false],
    [undefined, true, true],
    ['', true, true],
    ['0', false, false],
    ['0', true, false],
    ['1', false, true],
    ['1', true, true],
  ])('is detected by NODE_APP_INSTANCE %j and a cluster worker %s: %s', (instance, isWorker, expected) => {
    expect(isOneOfSeveral({ NODE_APP_INSTANCE: instance }, isWorker)).toBe(expected)
  })

  it('has a memory store that no second registry can use', () => {
    const store = memoryStore()
    createRegistry({ store })
    expect(() => createRegistry({ store })).toThrow('memoryStore(): a store belongs to one registry; got a second one')
  })
})

describe('two sse() on one response', () => {
  it('are warned of once, and res.sse of the first stays', async () => {
    const [first, second] = [sse(), sse({ retry: false })]
    const server = await startServer(bareHttp, first, second, (_req, res) => {
      expect(res.sse?.registry).toBe(first.registry)
      res.sse?.subscribe('a')
    })
    for (let i = 0; i < 2; i++) {
      const stream = await openStream(server)
      await stream.waitFor(({ event }) => event === 'sse-ready')
      expect(stream.raw).toContain('retry: ')
    }
    expect(codes()).toEqual(['SseWarning SSE_TWICE'])
    expect(first.registry.stats().connections).toBe(2)
    expect(second.registry.stats().connections).toBe(0)
  })

  it('cause no warning if one middleware is mounted twice, or for other requests', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, live, (_req, res) => res.sse?.close() ?? res.end())
    await (
      await openStream(server)
    ).ended
    const other = await startServer(bareHttp, live, sse(), (_req, res) => res.end())
    await (
      await openStream(other, { headers: { accept: 'text/html' } })
    ).ended
    expect(warned).toEqual([])
  })

  it('cause no warning if res.sse is from another library, and replace it', async () => {
    const live = sse()
    const server = await startServer(
      bareHttp,
      (_req, res, next) => {
        res.sse = (() => undefined) as never
        next()
      },
      live,
      (_req, res) => res.sse?.subscribe('a'),
    )
    await (await openStream(server)).waitFor(({ event }) => event === 'sse-ready')
  })
})

describe('an unanswered request', () => {
  const waiting = (isAnswered = false) => ({ isAnswered })

  it('is reported once, and then no other request is watched', async () => {
    let hangs = 0
    const unopened = new Unopened(() => hangs++, 20)
    unopened.add(waiting())
    unopened.add(waiting())
    await until(() => hangs > 0)
    unopened.add(waiting())
    expect([hangs, unopened.size]).toEqual([1, 0])
  })

  it('is not reported if it was opened, answered or left in time', async () => {
    let hangs = 0
    const unopened = new Unopened(() => hangs++, 20)
    const opened = waiting()
    unopened.add(opened)
    unopened.remove(opened)
    unopened.add(waiting(true))
    await until(() => unopened.size === 0)
    expect(hangs).toBe(0)
  })

  it('causes a warning with the fix after 10 seconds; other requests do not', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (req, res) => {
      if (req.url === '/open') res.sse?.open()
      if (req.url === '/answer') res.write('x')
    })
    await openStream(server, { path: '/open' })
    await openStream(server, { path: '/answer' })
    const hanging = openStream(server, { path: '/hang' })
    hanging.catch(() => undefined)
    await until(() => warned.length > 0)
    expect(codes()).toEqual(['SseWarning SSE_UNANSWERED'])
    expect(warned[0]?.text).toContain('Call res.sse.subscribe()')
    await server.close()
  })

  it('does not keep its process alive', async () => {
    const script = `
      import { Unopened } from './src/http/unopened.ts'
      new Unopened(() => undefined, 600_000).add({ isAnswered: false })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: 'inherit',
    })
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
