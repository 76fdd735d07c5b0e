// `registry.publish([…])`: several messages in one step.
import { createRegistry, sse, type ChannelMessage, type ChannelRegistry, type Store } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { until } from './helpers/until.js'

const KIB = 1024
const message = (data: string, channel = 'a'): ChannelMessage => ({ channel, data })
const numbered = (count: number) => Array.from({ length: count }, (_, i) => message(String(i)))

/** Publishes a wrong list. Returns the error, after a look whether anything was published. */
async function refusal(messages: unknown, registry = createRegistry()): Promise<unknown> {
  const before = registry.stats()
  const error: unknown = await registry.publish(messages as ChannelMessage[]).catch((reason: unknown) => reason)
  expect(registry.stats()).toEqual(before)
  return error
}

describe('registry.publish()', () => {
  it('publishes to several channels, and resolves with the IDs in order', async () => {
    const { live, stream } = await openSubscribed(['a', 'b'])
    const ids = await live.registry.publish([
      { channel: 'a', event: 'stock', data: { left: 2 }, key: 'sku:7' },
      { channel: 'b', data: 'two', id: 'own' },
      { channel: 'a', data: 'three' },
    ])
    await stream.waitForData('three')
    expect(stream.data).toEqual(['{"left":2}', 'two', 'three'])
    expect(stream.ids).toEqual(ids)
    expect(ids[1]).toBe('own')
    expect(live.channel('a').latest('sku:7')?.json()).toEqual({ left: 2 })
    expect(live.registry.stats().published).toBe(3)
  })

  it('of an empty list resolves with no IDs', async () => {
    const registry = createRegistry()
    expect(await registry.publish([])).toEqual([])
    expect(registry.stats().published).toBe(0)
  })

  it('keeps the messages next to each other, even if a filter publishes meanwhile', async () => {
    // So tight that the log calls subscribers while the list is being appended.
    const live = sse({ registry: { history: { events: 4 } } })
    const { stream } = await openBothSides({
      live,
      handle: (connection) => {
        const filter = ({ data }: { data: string | undefined }) => {
          if (data === '2') void live.channel('a').publish({ data: 'of the filter' })
          if (data === '3') void live.registry.publish([message('first'), message('second')])
          return true
        }
        connection.subscribe('a', { filter })
      },
    })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    await live.registry.publish(numbered(6))
    await stream.waitForData('second')
    expect(stream.data).toEqual(['0', '1', '2', '3', '4', '5', 'of the filter', 'first', 'second'])
  })

  it('takes up to 100 messages and 256 KiB of encoded bytes', async () => {
    const registry = createRegistry()
    expect(await registry.publish(numbered(100))).toHaveLength(100)
    const overhead = 'data: \n'.length
    const largest = [message('x'.repeat(128 * KIB - overhead)), message('é'.repeat(64 * KIB).slice(4))]
    expect(await registry.publish(largest)).toHaveLength(2)
  })

  it.each<[string, ChannelMessage[], RegExp]>([
    ['101 messages', numbered(101), /^publish\(\) takes at most 100 messages at once; got 101\. None is published\./],
    [
      'more than 256 KiB',
      [message('é'.repeat(64 * KIB)), message('x'.repeat(128 * KIB))],
      /^publish\(\) takes at most 262144 bytes at once; got 262158\./,
    ],
  ])('refuses %s', async (_name, messages, text) => {
    const expected = expect.stringMatching(text) as string
    expect(await refusal(messages)).toMatchObject({ code: 'ERR_SSE_LIMIT', message: expected })
  })

  it.each<[string, unknown, string, string]>([
    ['a wrong event', { channel: 'a', event: 'x\n' }, 'ERR_SSE_MESSAGE', 'messages[1]: event must be one line'],
    ['data that JSON cannot hold', { channel: 'a', data: new Map() }, 'ERR_SSE_DATA', 'messages[1]: data must not be'],
    ['an empty own ID', { channel: 'a', data: '', id: '' }, 'ERR_SSE_MESSAGE', 'messages[1]: id must not be empty'],
    ['an unknown field', { channel: 'a', payload: 1 }, 'ERR_SSE_MESSAGE', 'messages[1]: a message has no field'],
    ['no channel', { data: 'x' }, 'ERR_SSE_CHANNEL', 'messages[1]: a channel name must be'],
    ['an empty channel', { channel: '', data: 'x' }, 'ERR_SSE_CHANNEL', 'messages[1]: a channel name must be'],
    ['no message', undefined, 'ERR_SSE_MESSAGE', 'messages[1]: a message must be an object'],
    ['a string', 'text', 'ERR_SSE_MESSAGE', 'messages[1]: a message must be an object'],
  ])('refuses all if one message has %s, and names its index', async (_name, wrong, code, text) => {
    const error = await refusal([message('0'), wrong, message('2')])
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) as string })
  })

  it('keeps the cause of an error', async () => {
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const error = await refusal([{ channel: 'a', data: circular }])
    expect(error).toMatchObject({ code: 'ERR_SSE_DATA', cause: expect.any(TypeError) as unknown })
  })

  it.each([[message('x')], [{ length: 1 }], [undefined]])('refuses what is no list: %j', async (wrong) => {
    const text = /^publish\(\) of a registry takes a list of messages; got .*registry\.channel\(name\)\.publish/
    expect(await refusal(wrong)).toMatchObject({
      code: 'ERR_SSE_MESSAGE',
      message: expect.stringMatching(text) as string,
    })
  })

  it('rejects on a closed registry', async () => {
    const registry = createRegistry()
    await registry.close()
    for (const messages of [[], [message('x')]]) {
      expect(await refusal(messages, registry)).toMatchObject({ code: 'ERR_SSE_CLOSED' })
    }
  })

  it('rejects before anything is published if the store cannot do it', async () => {
    const appended: unknown[] = []
    const store: Store = {
      start: (log) => log.begin('epoch01', { ms: 1, seq: 0 }),
      append: (entry) => ({ ms: appended.push(entry), seq: 0 }),
      close: () => undefined,
    }
    const error = await refusal([message('x'), message('y')], createRegistry({ store }))
    expect(error).toMatchObject({ code: 'ERR_SSE_STORE_UNSUPPORTED' })
    expect(appended).toEqual([])
  })

  it('reports a rejection that nobody awaits', async () => {
    const errors: Error[] = []
    const registry = createRegistry({ onError: (error) => errors.push(error) })
    void registry.publish([{ channel: '', data: 'x' }])
    await until(() => errors.length > 0)
    expect(errors).toMatchObject([{ code: 'ERR_SSE_CHANNEL' }])
  })

  it('checks the types of events', () => {
    const publish = (registry: ChannelRegistry<{ stock: { left: number } }>) => [
      registry.publish([{ channel: 'shop', event: 'stock', data: { left: 2 } }]),
      // @ts-expect-error -- the data is of another type
      registry.publish([{ channel: 'shop', event: 'stock', data: { right: 2 } }]),
      // @ts-expect-error -- the channel is missing
      registry.publish([{ event: 'stock', data: { left: 2 } }]),
    ]
    expect(publish).toBeInstanceOf(Function)
  })
})
