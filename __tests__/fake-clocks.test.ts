import { createRegistry } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'

/** As the tests of an app do. */
const fake = () => jest.useFakeTimers()

afterEach(() => jest.useRealTimers())

describe('a fake clock', () => {
  it('does not stop or lose deliveries', async () => {
    const { live, stream } = await openSubscribed('a')
    fake()
    void live.channel('a').publish({ data: 'faked' })
    jest.useRealTimers()
    await live.channel('a').publish({ data: 'real' })
    await stream.waitForData('real')
    expect(stream.data).toEqual(['faked', 'real'])
  })

  it('does not hold back the head of a response', async () => {
    const { stream } = await openBothSides({
      handle: (connection) => {
        fake()
        connection.subscribe('a')
        jest.useRealTimers()
      },
    })
    await stream.waitFor(({ event }) => event === 'sse-ready')
  })

  it('does not stop keep-alives', async () => {
    const { stream } = await openBothSides({
      sseOptions: { keepAlive: 40 },
      handle: (connection) => {
        fake()
        connection.open()
        jest.useRealTimers()
      },
    })
    await stream.waitForRaw((raw) => raw.endsWith(':\n:\n:\n'))
  })

  it('does not suppress the report of an unawaited rejection', async () => {
    const reported = new Promise<Error>((resolve) => {
      const registry = createRegistry({ onError: resolve })
      fake()
      void registry.channel('a').publish({ data: 1n })
      jest.useRealTimers()
    })
    expect(await reported).toMatchObject({ code: 'ERR_SSE_DATA' })
  })
})
