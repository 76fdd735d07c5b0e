import { createRegistry, sse, type Message } from '../../src/index.js'
import { encodeMessage } from '../../src/wire/format.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'

/** What plain JavaScript may pass in. */
function refusal(message: unknown): { code?: string; message?: string } {
  try {
    encodeMessage(message as Message)
  } catch (error) {
    return error as Error
  }
  return {}
}

describe('a field that a message does not have', () => {
  it.each([
    ['payload', 'data'],
    ['body', 'data'],
    ['Data', 'data'],
    ['dta', 'data'],
    ['type', 'event'],
    ['name', 'event'],
    ['events', 'event'],
    ['retries', 'retry'],
    ['comments', 'comment'],
    ['lastEventId', 'id'],
  ])('is refused, and the one that was meant is named: %s', (field, meant) => {
    expect(refusal({ event: 'score', [field]: 'x' })).toMatchObject({
      code: 'ERR_SSE_MESSAGE',
      message: `a message has no field '${field}'. Did you mean ${meant}? The fields are event, data, key, id, retry, comment`,
    })
  })

  it.each(['channel', 'x', '', 'x'.repeat(10_000), '__proto__', 'constructor', 'toString'])(
    'is refused with the list of fields alone when it resembles none: %.20s',
    (field) => {
      const { message = '' } = refusal(JSON.parse(`{"data":"x","${field}":1}`))
      expect(message).toMatch(/^a message has no field '.*'.* The fields are event, data, key, id, retry, comment$/)
      expect(message).not.toContain('Did you mean')
      expect(message.length).toBeLessThan(200)
    },
  )

  it('is refused even when it is undefined, and alone', () => {
    expect(refusal({ data: 'x', payload: undefined }).message).toContain('Did you mean data?')
    expect(refusal({ payload: 'x' }).message).toContain('Did you mean data?')
  })

  it('is refused by publish and by send, and nobody gets anything', async () => {
    const live = sse()
    const wrong = { event: 'score', payload: 1 } as Message
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a')
      expect(() => res.sse?.send(wrong)).toThrow('Did you mean data?')
      res.sse?.send({ data: 'after' })
    })
    await expect(live.channel('a').publish(wrong)).rejects.toThrow('Did you mean data?')
    const stream = await openStream(server)
    await stream.waitForData('after')
    expect(stream.data).toEqual(['after'])
  })

  it('that somebody added to all objects is not the message’s', () => {
    const everyObject = Object.prototype as { added?: string }
    everyObject.added = 'x'
    try {
      expect(refusal({ data: 'x' })).toEqual({})
    } finally {
      delete everyObject.added
    }
  })
})

describe('something else than a message', () => {
  it('that is text is answered with how to send it', () => {
    expect(refusal('score').message).toBe(
      "a message must be an object; got 'score'. Did you mean { event: 'score', data: … } or { data: 'score' }?",
    )
    expect(refusal('x'.repeat(10_000)).message?.length).toBeLessThan(400)
  })

  it('that is a promise is answered with the await that is missing', () => {
    expect(refusal(Promise.resolve({ data: 'x' })).message).toContain('Did you forget await?')
  })

  it.each([[undefined], [null], [7], [() => 'x']])('is shown as it is: %p', (message) => {
    expect(refusal(message).message).toMatch(/^a message must be an object, such as { event, data }; got \S+/)
  })
})

describe('text of lone surrogates', () => {
  const half = 'team 😀'.slice(0, 6)

  it('is refused wherever the name of a channel is asked for', async () => {
    const registry = createRegistry()
    const refused = expect.objectContaining({
      code: 'ERR_SSE_CHANNEL',
      message: 'a channel name must be well-formed Unicode; got a lone surrogate. Use toWellFormed() to replace it',
    }) as unknown
    const errorOf = (attempt: () => unknown) => {
      try {
        return attempt()
      } catch (error) {
        return error
      }
    }
    expect(errorOf(() => registry.channel(half))).toEqual(refused)
    expect(errorOf(() => registry.has(half))).toEqual(refused)
    const server = await startServer(bareHttp, sse({ registry }), (_req, res) => {
      for (const names of [half, ['a', half]]) expect(errorOf(() => res.sse?.subscribe(names))).toEqual(refused)
      res.statusCode = 400
      res.end()
    })
    expect((await openStream(server)).status).toBe(400)
    expect(registry.names()).toEqual([])
  })

  it('is refused as a key, published or asked for', async () => {
    const channel = createRegistry().channel('a')
    const refused = { code: 'ERR_SSE_MESSAGE', message: expect.stringContaining('key must be well-formed') as string }
    await expect(channel.publish({ data: 'x', key: half })).rejects.toMatchObject(refused)
    expect(() => channel.latest(half)).toThrow('key must be well-formed')
    expect(() => channel.latest(7 as never)).toThrow('key must be a string; got a number')
  })
})
