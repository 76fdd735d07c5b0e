// The times of tries, on a virtual clock.
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { EventStreamOptions } from '../../src/client/index.js'
import { EventStream } from '../../src/client/index.js'

const url = 'http://127.0.0.1:9/'
const start = Date.UTC(2026, 0, 1)

/** A server that answers at once, because the clock is virtual. */
type Answer = (init: RequestInit) => Response | Promise<Response>

function refused(): Response {
  throw new TypeError('connection refused')
}

/** A stream that stays open for `ms` and then ends. */
function openFor(ms: number, text = ''): Response {
  let timer: ReturnType<typeof setTimeout> | undefined
  const body = new ReadableStream({
    start(controller) {
      if (text) controller.enqueue(new TextEncoder().encode(text))
      if (ms === 0) controller.close()
      else if (ms < Infinity) timer = setTimeout(() => controller.close(), ms)
    },
    cancel: () => clearTimeout(timer),
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

/** The times at which a client tries, in ms from the start, while `answer` answers. */
async function triesWithin(ms: number, answer: Answer, options: EventStreamOptions = {}): Promise<number[]> {
  const tries: number[] = []
  const stream = new EventStream(url, {
    keepAlive: false,
    ...options,
    fetch: async (_, init) => {
      tries.push(Date.now() - start)
      return answer(init)
    },
  })
  await jest.advanceTimersByTimeAsync(ms)
  stream.close()
  return tries
}

beforeEach(() => jest.useFakeTimers({ now: start }))

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
  jest.restoreAllMocks()
})

function gaps(times: number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!)
}

describe('the back-off', () => {
  it('doubles from 3 s to 30 s', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const tries = await triesWithin(90_000, refused)
    expect(gaps(tries)).toEqual([1500, 3000, 6000, 12_000, 15_000, 15_000, 15_000, 15_000])
  })

  it('starts from the retry of the server, and exceeds 30 s only if retry does', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    let answers = [openFor(0, 'retry: 1000\n')]
    expect(gaps(await triesWithin(20_000, () => answers.shift() ?? refused()))).toEqual([500, 1000, 2000, 4000, 8000])
    answers = [openFor(0, 'retry: 120000\n')]
    expect(gaps(await triesWithin(200_000, () => answers.shift() ?? refused()))).toEqual([60_000, 60_000, 60_000])
  })

  it('grows for a server that once sent retry: 0', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1)
    const answers = [openFor(0, 'retry: 0\n')]
    const tries = await triesWithin(60_000, () => answers.shift() ?? refused())
    expect(gaps(tries).slice(0, 5)).toEqual([1, 2, 4, 8, 16])
    expect(tries.length).toBeLessThan(18)
  })

  it('waits even if a number is too large for a timer', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(1)
    const answers = [openFor(0, `retry: ${'9'.repeat(400)}\n`)]
    expect(await triesWithin(3_600_000, () => answers.shift() ?? refused())).toHaveLength(1)
    expect(
      await triesWithin(3_600_000, () => new Response('', { status: 503, headers: { 'Retry-After': '9e99' } }), {
        maxRetryAfter: Infinity,
      }),
    ).toHaveLength(1)
    expect(await triesWithin(3_600_000, () => openFor(Infinity), { keepAlive: 1e12 })).toHaveLength(1)
  })

  it('restarts after a stream that stayed open longer than the last window', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const next = (length: number) => {
      const answers: (() => Response)[] = [refused, refused, refused, () => openFor(length)]
      return () => (answers.shift() ?? refused)()
    }
    // The window of the third wait is 12 s.
    expect(gaps(await triesWithin(90_000, next(12_000))).slice(0, 4)).toEqual([1500, 3000, 6000, 12_000 + 12_000])
    expect(gaps(await triesWithin(90_000, next(12_001))).slice(0, 5)).toEqual([1500, 3000, 6000, 12_001 + 1500, 3000])
  })

  it.each([10_000, 30_000, 55_000])(
    'stays at retry for healthy streams that the server ends after %d ms',
    async (ms) => {
      jest.spyOn(Math, 'random').mockReturnValue(0.5)
      const tries = await triesWithin(600_000, () => openFor(ms, 'retry: 2000\n'))
      expect(new Set(gaps(tries))).toEqual(new Set([ms + 1000]))
    },
  )

  it('restarts only after a stream that outlasts the window, if retry is longer than 30 s', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const attempts: unknown[] = []
    const stream = new EventStream(url, {
      keepAlive: false,
      fetch: () => Promise.resolve(openFor(40_000, 'retry: 40000\n')),
    })
    stream.addEventListener('statechange', ({ detail }) => detail.name === 'waiting' && attempts.push(detail.attempt))
    await jest.advanceTimersByTimeAsync(200_000)
    stream.close()
    expect(attempts).toEqual([1, 2, 3])
  })

  it('grows in a crash loop, when streams end within the last window', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const answers = [refused, refused]
    const tries = await triesWithin(90_000, () => answers.shift()?.() ?? openFor(5000))
    expect(gaps(tries)).toEqual([1500, 3000, 11_000, 17_000, 20_000, 20_000])
  })

  it('grows for a server that ends streams at once, as a full server does', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const tries = await triesWithin(60_000, () => openFor(0, 'retry: 4000\n'))
    expect(gaps(tries)).toEqual([2000, 4000, 8000, 15_000, 15_000, 15_000])
  })

  it('reports the number and time of the next try in state', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const stream = new EventStream(url, { fetch: () => Promise.reject(new TypeError('down')) })
    const states: unknown[] = []
    stream.addEventListener('statechange', ({ detail }) => states.push(detail))
    await jest.advanceTimersByTimeAsync(2000)
    const reason = { code: 'failed', error: expect.objectContaining({ message: 'down' }) as unknown }
    expect(states).toEqual([
      { name: 'waiting', attempt: 1, nextTry: start + 1500, reason },
      { name: 'connecting', attempt: 1 },
      { name: 'waiting', attempt: 2, nextTry: start + 4500, reason },
    ])
    stream.close()
  })
})

describe('Retry-After', () => {
  const answer = (status: number, value: string) => () =>
    new Response('', { status, headers: { 'Retry-After': value } })

  it.each([
    ['seconds', '20', 21_500],
    ['a date', new Date(start + 20_000).toUTCString(), 21_500],
    ['a past date', new Date(start - 20_000).toUTCString(), 1500],
    ['garbage', 'soon', 1500],
    ['a negative number', '-5', 1500],
  ])('as %s, %j, moves the next try to %d ms', async (_, value, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    for (const status of [429, 503]) {
      jest.setSystemTime(start)
      expect((await triesWithin(22_000, answer(status, value)))[1]).toBe(expected)
    }
  })
})

describe('a long Retry-After', () => {
  const days = () => new Response(null, { status: 503, headers: { 'Retry-After': '259200' } })

  it.each([
    ['5 min by default', undefined, 300_000],
    ['1 min', 60_000, 60_000],
    ['0', 0, 0],
    ['Infinity', Infinity, 259_200_000],
  ])('is bounded by maxRetryAfter: %s', async (_, maxRetryAfter, expected) => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const tries = await triesWithin(expected + 2000, days, { maxRetryAfter })
    expect(tries[1]).toBe(expected + 1500)
  })

  it('is in the reason uncut, in ms, while nextTry is the time of the next try', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.5)
    const stream = new EventStream(url, { fetch: () => Promise.resolve(days()) })
    await jest.advanceTimersByTimeAsync(10)
    expect(stream.state).toEqual({
      name: 'waiting',
      attempt: 1,
      nextTry: start + 301_500,
      reason: { code: 'status', status: 503, contentType: null, retryAfter: 259_200_000 },
    })
    stream.close()
  })

  it('is undefined in the reason if the answer has none', async () => {
    const stream = new EventStream(url, { fetch: () => Promise.resolve(new Response('', { status: 503 })) })
    await jest.advanceTimersByTimeAsync(0)
    expect(stream.state).toMatchObject({ reason: { status: 503, retryAfter: undefined } })
    stream.close()
  })
})

describe('the watchdog', () => {
  it('waits 37.5 s, two and a half times the 15 s between keep-alives', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    const silent = await triesWithin(40_000, () => openFor(Infinity), { keepAlive: undefined })
    // `setTimeout` rounds 0 ms up to 1 ms.
    expect(silent).toEqual([0, 37_501])
  })

  it('restarts with every byte, also of a comment', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0)
    let timer: ReturnType<typeof setInterval> | undefined
    const body = new ReadableStream({
      start(controller) {
        timer = setInterval(() => controller.enqueue(new TextEncoder().encode(':\n')), 15_000)
      },
      cancel: () => clearInterval(timer),
    })
    const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
    expect(await triesWithin(600_000, () => response, { keepAlive: undefined })).toEqual([0])
  })

  it('is off if keepAlive is false', async () => {
    expect(await triesWithin(86_400_000, () => openFor(Infinity), { keepAlive: false })).toEqual([0])
  })
})

describe('1,000 clients', () => {
  it('reconnect evenly over the whole window after one outage', async () => {
    const generator = xoroshiro128plus(20_260_101)
    jest.spyOn(Math, 'random').mockImplementation(() => uniformFloat64(generator))
    const up = start + 10
    const times: number[] = []
    const streams = Array.from({ length: 1000 }, () => {
      let tries = 0
      return new EventStream(url, {
        keepAlive: false,
        fetch: () => {
          if (tries++ === 0) return Promise.resolve(openFor(10))
          times.push(Date.now() - up)
          return Promise.resolve(openFor(Infinity))
        },
      })
    })
    await jest.advanceTimersByTimeAsync(4000)
    for (const stream of streams) stream.close()
    times.sort((a, b) => a - b)
    expect(times).toHaveLength(1000)
    expect(times.at(-1)).toBeLessThan(3000)
    // Kolmogorov–Smirnov test: evenly spread times exceed the distance 1.63 / √n once in a hundred runs.
    const distance = Math.max(...times.map((time, i) => Math.abs(time / 3000 - (i + 0.5) / 1000)))
    expect(distance).toBeLessThan(1.63 / Math.sqrt(1000))
    // No peak: 1,000 times in 30 bins of 100 ms are 33 each, with a standard deviation of 5.7.
    const bins = new Array<number>(30).fill(0)
    for (const time of times) bins[Math.floor(time / 100)]!++
    expect(Math.max(...bins)).toBeLessThan(33 + 4 * 5.7)
  })
})
