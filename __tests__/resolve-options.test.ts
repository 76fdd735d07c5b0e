import fc from 'fast-check'
import { createRegistry, sse, SseError, type RegistryOptions, type SseOptions } from '../src/index.js'
import { resolveRegistryOptions, resolveStreamOptions } from '../src/resolve-options.js'
import { until } from './helpers/until.js'

type Create = (options?: unknown) => unknown

const createSse: Create = (options) => sse(options as SseOptions)
const create: Create = (options) => createRegistry(options as RegistryOptions)

function refusal(attempt: () => unknown): SseError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof SseError) return error
    throw error
  }
  throw new Error('the options were accepted')
}

function expectRefusal(attempt: () => unknown, ...parts: string[]): void {
  const { code, message } = refusal(attempt)
  expect(code).toBe('ERR_SSE_OPTION')
  for (const part of parts) expect(message).toContain(part)
}

/** Invalid for every option that takes a number, a boolean or one of several strings. */
const never: unknown[] = [null, Symbol('a'), 7n, NaN, -Infinity, Object.create(null), [], new Date(0)]
const text = 'text'
const milliseconds = 'a number of milliseconds above 0, or false'
const count = 'a whole number of 1 or more, or Infinity'
const noMilliseconds = [...never, text, '100', true, 0, -1, Infinity]
const noCount = [...never, text, '100', true, false, 0, -1, 1.5, 2 ** 53]

const MiB = 1024 * 1024
const MINUTE = 60_000

interface OptionCase {
  option: string
  is: string
  wrong: readonly unknown[]
  right: readonly unknown[]
}

const STREAM: OptionCase[] = [
  {
    option: 'registry',
    is: 'a registry, or the options to make one',
    wrong: [null, text, 7, true, [], () => 'a', sse()],
    right: [{}, { keys: 1 }, createRegistry(), sse().registry],
  },
  { option: 'accept', is: "'explicit' or 'any'", wrong: [...never, 'all', 'ANY', true, 0], right: ['explicit', 'any'] },
  { option: 'fallthrough', is: 'true or false', wrong: [...never, 'true', 0, 1], right: [true, false] },
  {
    option: 'retry',
    is: 'a whole number of milliseconds, 0 or more, or false',
    wrong: [...never, text, '3000', true, -1, 1.5, Infinity, 2 ** 53],
    right: [0, 1, 3000, false],
  },
  { option: 'controlEvents', is: 'true or false', wrong: [...never, 'gaps', 0, 1], right: [true, false] },
  { option: 'reopenFinished', is: 'true or false', wrong: [...never, 'always', 0, 1], right: [true, false] },
  { option: 'maxSubscriptions', is: count, wrong: noCount, right: [1, 1000, Infinity] },
  { option: 'keepAlive', is: milliseconds, wrong: noMilliseconds, right: [1, 0.5, 15_000, false] },
  { option: 'maxAge', is: milliseconds, wrong: noMilliseconds, right: [1, 1e9, false] },
  { option: 'stallTimeout', is: milliseconds, wrong: noMilliseconds, right: [1, 30_000, false] },
  {
    option: 'maxConnections',
    is: 'a whole number of 0 or more, or Infinity',
    wrong: [...never, text, true, false, -1, 1.5],
    right: [0, 1, Infinity],
  },
  { option: 'maxBufferedBytes', is: count, wrong: noCount, right: [1, MiB, Infinity] },
  { option: 'maxPerOwner', is: count, wrong: noCount, right: [1, 5, Infinity] },
  { option: 'owner', is: 'a function', wrong: [...never, text, 0, true], right: [() => 'a', () => undefined] },
  {
    option: 'headers',
    is: 'an object of valid header names and values',
    wrong: [
      null,
      text,
      7,
      true,
      [],
      { 'X A': 'a' },
      { '': 'a' },
      { 'X-A\r\n': 'a' },
      { 'X-A': 'a\r\nX-B: b' },
      { 'X-A': 'a\n' },
      { 'X-A': 'a\0' },
      { 'X-A': '☃' },
      { 'X-A': ['a', 'b\r\n'] },
      { 'X-A': undefined },
    ],
    right: [{}, { 'X-A': 'a' }, { 'X-A': ['a', 'b'] }, { 'X-A': '' }, { 'X-A': 'é' }],
  },
]

const store = { start: () => undefined, append: () => ({ ms: 0, seq: 0 }), close: () => undefined }

const REGISTRY: OptionCase[] = [
  {
    option: 'history',
    is: 'an object of bounds, or false',
    wrong: [null, true, 0, 100, text, [], () => 'a'],
    right: [false, {}, { events: 1 }, { bytes: undefined }],
  },
  { option: 'bytes', is: count, wrong: noCount, right: [1, 64 * MiB, Infinity] },
  {
    option: 'linger',
    is: 'a number of milliseconds, 0 or more',
    wrong: [...never, text, '100', true, false, -1, Infinity],
    right: [0, 0.5, 5000],
  },
  { option: 'keys', is: count, wrong: noCount, right: [1, 10_000, Infinity] },
  {
    option: 'coalesce',
    is: 'a number of milliseconds above 0 and at most 1000, or false',
    wrong: [...never, text, '25', true, {}, 0, -1, 1001, Infinity],
    right: [false, 0.5, 25, 1000],
  },
  {
    option: 'snapshot',
    is: 'an object with load and timeout',
    wrong: [null, text, 7, true, false, [], () => 'a'],
    right: [{ load: () => undefined }, { load: () => undefined, timeout: undefined }],
  },
  {
    option: 'store',
    is: 'a store, with start, append and close',
    wrong: [null, text, 7, true, [], {}, { append: () => 0 }, { ...store, start: undefined }, { ...store, close: 1 }],
    right: [store],
  },
  { option: 'onError', is: 'a function', wrong: [null, text, 7, true, {}, []], right: [() => undefined] },
]

const HISTORY: OptionCase[] = [
  { option: 'events', is: count, wrong: noCount, right: [1, Infinity] },
  { option: 'bytes', is: count, wrong: noCount, right: [1, Infinity] },
  {
    option: 'age',
    is: 'a number of milliseconds above 0',
    wrong: [...never, text, true, false, 0, -1],
    right: [1, 0.5, 5 * MINUTE, Infinity],
  },
]

const SNAPSHOT: OptionCase[] = [
  { option: 'load', is: 'a function', wrong: [...never, text, 0, true], right: [() => undefined] },
  { option: 'timeout', is: 'a number of milliseconds above 0', wrong: [...never, text, true, 0, -1], right: [1, 0.5] },
]

/** Every function that takes options, and how to pass it an options object. */
const TAKERS: [string, string, OptionCase[], (options: object) => unknown][] = [
  ['sse()', '', STREAM, (options) => createSse(options)],
  ['createRegistry()', '', REGISTRY, (options) => create(options)],
  ['createRegistry()', 'history.', HISTORY, (history) => create({ history })],
  ['createRegistry()', '', REGISTRY, (registry) => createSse({ registry })],
  ['createRegistry()', 'snapshot.', SNAPSHOT, (given) => create({ snapshot: { load: () => undefined, ...given } })],
]

describe.each(TAKERS)('%s', (where, prefix, cases, take) => {
  describe.each(cases)(`with ${prefix}$option`, ({ option, is, wrong, right }) => {
    it('refuses a wrong value and names the option, the value and the accepted form', () => {
      for (const value of wrong)
        expectRefusal(() => take({ [option]: value }), `${where}: ${prefix}${option} must be ${is}; got `)
    })

    it('accepts valid values', () => {
      for (const value of right) expect(() => take({ [option]: value })).not.toThrow()
    })

    it('treats undefined as not given', () => {
      const attempt = () => take({ [option]: undefined })
      if (option === 'load') expectRefusal(attempt, `${where}: ${prefix}load must be a function; got undefined`)
      else expect(attempt).not.toThrow()
    })
  })

  it.each(['retires', 'History', 'constructor', 'toString', 'hasOwnProperty', '__proto__'])(
    'refuses the unknown option %s and lists the known ones',
    (name) => {
      const options = JSON.parse(`{"${name}": 1}`) as object
      const names = cases.map(({ option }) => option)
      expectRefusal(() => take(options), `${where}: there is no option ${prefix}${name}`)
      for (const known of names) expect(refusal(() => take(options)).message).toContain(known)
    },
  )

  it('refuses an unknown option even if it is undefined', () => {
    expectRefusal(() => take({ unknown: undefined }), 'there is no option')
  })

  it('accepts any value or throws an SseError', () => {
    const names = cases.map(({ option }) => option)
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.anything({ withBigInt: true, withNullPrototype: true }),
        (name, value) => {
          try {
            take({ [name]: value })
          } catch (error) {
            expect(error).toBeInstanceOf(SseError)
          }
        },
      ),
    )
  })
})

describe.each([
  ['sse()', createSse],
  ['createRegistry()', create],
])('%s', (where, take) => {
  it.each([[null], ['text'], [7], [true], [[]], [() => 'a']])('refuses %p in place of options', (options) => {
    expectRefusal(() => take(options), `${where}: options must be an object; got `)
  })

  it.each<[unknown]>([[undefined], [{}], [Object.create(null)]])('accepts %p as no options', (options) => {
    expect(() => take(options)).not.toThrow()
  })
})

describe('the value in an error', () => {
  it.each<[unknown, string]>([
    ['3000', "'3000'"],
    [null, 'null'],
    [-1, '-1'],
    [7n, '7n'],
    [[1, 2], '[ 1, 2 ]'],
    [{ a: { b: 1 } }, '{ a: [Object] }'],
    [Object.create(null), '[Object: null prototype] {}'],
  ])('is shown as in code: %p', (value, shown) => {
    expectRefusal(() => create({ keys: value }), `; got ${shown}`)
  })

  it('is cut short if it is long', () => {
    expect(refusal(() => createSse({ accept: 'a'.repeat(100_000) })).message.length).toBeLessThan(300)
  })
})

describe('drain()', () => {
  it.each([[-1], [NaN], [Infinity], ['100'], [null], [true]])('refuses the window %p', (window) => {
    const registry = createRegistry()
    expectRefusal(
      () => registry.drain({ window: window as number }),
      'drain(): window must be a number of milliseconds, 0 or more; got ',
    )
  })

  it('has a default window', async () => {
    await createRegistry().drain()
    await createRegistry().drain({})
    await createRegistry().drain({ window: 0 })
  })
})

describe('the defaults', () => {
  it('of sse() are the documented ones', () => {
    expect(resolveStreamOptions({})).toEqual({
      accept: 'explicit',
      controlEvents: true,
      reopenFinished: false,
      maxPerOwner: Infinity,
      maxSubscriptions: 1000,
      fallthrough: true,
      retry: 3000,
      keepAlive: 15_000,
      maxAge: false,
      maxConnections: Infinity,
      stallTimeout: 30_000,
      maxBufferedBytes: 4 * MiB,
      headers: {},
    })
  })

  it('of createRegistry() are the documented ones', () => {
    expect(resolveRegistryOptions({})).toEqual({
      log: { history: { events: 1000, bytes: 4 * MiB, age: 5 * MINUTE }, replay: true, bytes: 64 * MiB, keys: 10_000 },
      store: undefined,
      coalesce: false,
      linger: 5000,
      onError: expect.any(Function) as unknown,
    })
  })

  it('replace undefined', () => {
    expect(resolveStreamOptions({ retry: undefined, headers: undefined } as never)).toEqual(resolveStreamOptions({}))
    expect(resolveRegistryOptions({ keys: undefined, history: undefined } as never).log).toEqual(
      resolveRegistryOptions({}).log,
    )
  })

  it('replace bounds of history that are not given', () => {
    const { log } = resolveRegistryOptions({ history: { events: 7 } })
    expect(log.history).toEqual({ events: 7, bytes: 4 * MiB, age: 5 * MINUTE })
  })

  it('bound the events for slow clients if nothing is replayed', () => {
    const { log } = resolveRegistryOptions({ history: false })
    expect(log).toMatchObject({ replay: false, history: { events: 1000 } })
  })

  it('are not changed by given options', () => {
    resolveStreamOptions({ retry: 1 })
    resolveRegistryOptions({ history: { events: 1 } })
    expect(resolveStreamOptions({}).retry).toBe(3000)
    expect(resolveRegistryOptions({}).log.history.events).toBe(1000)
  })
})

describe('an unawaited failure', () => {
  it('is a process warning by default', async () => {
    const warned = new Promise<unknown[]>((resolve) => {
      // Warnings do not reach listeners on Jest's `process`.
      jest.spyOn(process, 'emitWarning').mockImplementationOnce((...args: unknown[]) => resolve(args))
    })
    void createRegistry().channel('a').publish({ retry: -1 })
    const detail = expect.stringContaining('SseError: retry must be') as unknown
    expect(await warned).toEqual([
      'retry must be a whole number of milliseconds, 0 or more; got -1',
      { type: 'SseError', code: 'ERR_SSE_MESSAGE', detail },
    ])
  })

  it('is followed by a process warning if onError throws', async () => {
    const warned: unknown[][] = []
    const spy = jest.spyOn(process, 'emitWarning').mockImplementation((...args: unknown[]) => void warned.push(args))
    const things: unknown[] = [
      'text',
      undefined,
      Object.assign(new TypeError('bare'), { stack: undefined }),
      Object.create(null),
      { toString: undefined },
      Object.assign(new Error(), { name: 7, message: 8 }),
    ]
    const registry = createRegistry({
      onError: () => {
        throw things.shift()
      },
    })
    const expected = things.length
    for (let i = 0; i < expected; i++) void registry.channel('a').publish({ retry: -1 })
    await until(() => warned.length === expected)
    spy.mockRestore()
    expect(warned).toEqual([
      ['text', expect.objectContaining({ type: 'Error' })],
      ['undefined', expect.objectContaining({ type: 'Error' })],
      ['bare', { type: 'TypeError', detail: '' }],
      ['[Object: null prototype] {}', expect.objectContaining({ type: 'Error' })],
      ['{ toString: undefined }', expect.objectContaining({ type: 'Error' })],
      ['8', expect.objectContaining({ type: '7' })],
    ])
  })

  it('goes to onError if it is given', async () => {
    const failed = new Promise<Error>((onError) => {
      void createRegistry({ onError }).channel('a').publish({ retry: -1 })
    })
    expect(await failed).toBeInstanceOf(SseError)
  })
})
