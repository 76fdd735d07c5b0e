import express from 'express'
import { createRegistry, sse, SseError, type RegistryOptions, type SseOptions } from '../src/index.js'
import { redisStore } from '../src/redis/index.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, express5, startServer, type Handler } from './helpers/servers.js'

const message = (attempt: () => unknown) => {
  try {
    attempt()
  } catch (error) {
    if (error instanceof SseError && error.code === 'ERR_SSE_OPTION') return error.message
    throw error
  }
  throw new Error('nothing was refused')
}
const createSse = (options: unknown) => () => sse(options as SseOptions)
const create = (options: unknown) => () => createRegistry(options as RegistryOptions)

const live = sse()
const store = { start: () => undefined, append: () => ({ ms: 0, seq: 0 }), close: () => undefined }

describe('a common mistake', () => {
  it('is answered with the fix: sse in a route, without the call', async () => {
    const server = await startServer(express5, sse as unknown as Handler, (_req, res) => res.end())
    const answer = await openStream(server)
    await answer.ended
    expect(answer.status).toBe(500)
    expect(server.errors).toMatchObject([
      {
        code: 'ERR_SSE_OPTION',
        message:
          'sse() takes one argument, its options; got more. Write app.get(path, sse(), handler), not app.get(path, sse, handler)',
      },
    ])
  })

  it.each<[string, () => unknown, string]>([
    ['a registry as options', createSse(createRegistry()), 'did you mean sse({ registry })?'],
    ['a middleware as options', createSse(live), 'did you mean sse({ registry: live.registry })?'],
    ['a store as options', createSse(store), 'did you mean sse({ registry: { store } })?'],
    ['a function as options', createSse(createRegistry), 'did you mean sse({ registry: createRegistry() })?'],
    ['a middleware as registry', createSse({ registry: live }), 'did you mean live.registry?'],
    ['a function as registry', createSse({ registry: createRegistry }), 'did you forget to call it?'],
    ['sse as options of a registry', create(sse), 'did you mean sse({ registry: createRegistry() })?'],
    ['a registry as options of a registry', create(createRegistry()), 'this is a registry already'],
    ['a middleware as options of a registry', create(live), 'this middleware has a registry already: live.registry'],
    ['a store as options of a registry', create(store), 'did you mean createRegistry({ store })?'],
    ['a function as a store', create({ store: redisStore }), 'did you forget to call it?'],
    ['an option of createRegistry()', createSse({ history: false }), 'write sse({ registry: { history } })'],
    ['an option of sse()', create({ keepAlive: 1 }), 'keepAlive is an option of sse()'],
    ['the registry', create({ registry: {} }), 'registry is an option of sse()'],
  ])('is answered with the fix: %s', (_name, attempt, fix) => {
    expect(message(attempt)).toContain(`; ${fix}`)
  })

  it.each<[() => unknown, string]>([
    [createSse({ keepalive: 1 }), 'keepAlive'],
    [createSse({ keep_alive: 1 }), 'keepAlive'],
    [createSse({ maxconnection: 1 }), 'maxConnections'],
    [createSse({ retries: 1 }), 'retry'],
    [createSse({ header: {} }), 'headers'],
    [create({ onerror: () => 0 }), 'onError'],
    [create({ history: { event: 1 } }), 'history.events'],
    [() => redisStore({ url: 'redis://127.0.0.1', stream: 's', maxlength: 1 } as never), 'maxLength'],
  ])('is answered with the nearest option name: %#', (attempt, meant) => {
    expect(message(attempt)).toContain(`; did you mean ${meant}?; the options are `)
  })

  it('is answered with the list of options alone if no name is near', () => {
    expect(message(createSse({ unrelated: 1 }))).toBe(
      message(createSse({ unrelated: 1 })).replace(/; did you mean.*\?/, ''),
    )
  })

  it('in a call on a connection is answered with the fix', async () => {
    const seen: string[] = []
    const server = await startServer(bareHttp, sse(), (_req, res) => {
      const connection = res.sse as unknown as Record<'subscribe' | 'on', (...args: unknown[]) => unknown>
      seen.push(message(() => connection.subscribe('a', 'b')))
      seen.push(message(() => connection.subscribe('a', () => true)))
      seen.push(message(() => connection.subscribe('a', { form: 'now' })))
      seen.push(message(() => connection.on('closed', () => undefined)))
      seen.push(message(() => connection.on('close')))
      expect(() => connection.subscribe(undefined)).toThrow('a channel name must be a non-empty string; got undefined')
      expect(() => connection.subscribe(new Set(['a']))).toThrow("got Set(1) { 'a' }")
      res.end()
    })
    await (
      await openStream(server)
    ).ended
    expect(seen).toEqual([
      expect.stringContaining("; several channels are one array: subscribe(['a', 'b'])"),
      expect.stringContaining('; did you mean { filter }?'),
      expect.stringContaining('; did you mean from?'),
      "on(): event must be 'close', the only event; got 'closed'",
      'on(): listener must be a function; got null',
    ])
  })

  it('is not seen in correct code', () => {
    expect(() => express().get('/', sse(), () => undefined)).not.toThrow()
    for (const registry of [createRegistry(), live.registry, {}, { keys: 1 }])
      expect(createSse({ registry })).not.toThrow()
  })
})
