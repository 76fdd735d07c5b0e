import fc from 'fast-check'
import { sse, SseError, type Connection, type Message, type SseMiddleware } from '../src/index.js'
import { anyCharacter } from './helpers/arbitraries.js'
import { parseStream } from './helpers/event-stream-parser.js'
import { END, followers, type Followed } from './helpers/followers.js'
import { HOSTILE } from './helpers/hostile-text.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, startServer, type TestServer } from './helpers/servers.js'

const ONE_LINE = /[\r\n\0]/
const isForgedId = (text: string) =>
  /\p{Cc}/u.test(text.replace(/[\x80-\x9f]/g, '')) || /^ | $/.test(text) || Buffer.byteLength(text) > 1024

/** A field that carries text, and the event that a client must see; undefined if it dispatches nothing. */
interface Way {
  readonly name: string
  message(text: string): Message
  refuses(text: string): boolean
  seen(text: string): Partial<Followed> | undefined
}

const never = () => false
const isIllFormed = (text: string) => !text.isWellFormed()
const asData = (text: string) => text.replace(/\r\n|\r/g, '\n')
const asJson = (value: unknown) => JSON.stringify(value)
const refusedAsType = (text: string) => ONE_LINE.test(text) || text.startsWith('sse-') || isIllFormed(text)
const refusedAsId = (text: string) => !/^[!-~]([ -~]*[!-~])?$/.test(text) || text.length > 1024

const WAYS: readonly Way[] = [
  {
    name: 'event',
    message: (event) => ({ event, data: 'x' }),
    refuses: refusedAsType,
    seen: (text) => ({ event: text === '' ? 'message' : text, data: 'x' }),
  },
  {
    name: 'id',
    message: (id) => ({ id, data: 'x' }),
    refuses: refusedAsId,
    seen: (lastEventId) => ({ event: 'message', data: 'x', lastEventId }),
  },
  {
    name: 'data',
    message: (data) => ({ data }),
    refuses: isIllFormed,
    seen: (text) => ({ event: 'message', data: asData(text) }),
  },
  {
    name: 'data inside JSON',
    message: (text) => ({ data: { [text]: [text] } }),
    refuses: never,
    seen: (text) => ({ event: 'message', data: asJson({ [text]: [text] }) }),
  },
  {
    name: 'what toJSON returns',
    message: (text) => ({ data: { toJSON: () => text } }),
    refuses: never,
    seen: (text) => ({ event: 'message', data: asJson(text) }),
  },
  { name: 'comment', message: (comment) => ({ comment }), refuses: isIllFormed, seen: () => undefined },
  {
    name: 'key',
    message: (key) => ({ key, data: 'x' }),
    refuses: isIllFormed,
    seen: () => ({ event: 'message', data: 'x' }),
  },
]

type Script = (connection: Connection) => unknown

/** Runs the next script for every request, and then sends an end event. */
async function startScripts(live: SseMiddleware) {
  const scripts: Script[] = []
  const server = await startServer(bareHttp, live, async (_req, res) => {
    if (res.sse === undefined) return
    await scripts.shift()?.(res.sse)
    res.sse.send({ event: END, data: 'x' })
  })
  return { server, scripts }
}

/** The events that a client sees, except for control events. It listens to all types that an injection could add. */
async function follow(follower: (typeof followers)[number], server: TestServer, path = '/'): Promise<Followed[]> {
  const types = [...HOSTILE.filter((text) => !['', 'error', 'open'].includes(text)), 'message', 'evil', 'x']
  const followed = await follower.follow(server, path, types)
  return followed.filter(({ event }) => !event.startsWith('sse-'))
}

describe.each(WAYS)('hostile text as $name', (way) => {
  // Clients disagree on whether an empty ID resets the last event ID.
  const texts = HOSTILE.filter((text) => way.name !== 'id' || text !== '')

  describe.each(followers)('read by $name', (follower) => {
    it.each(['published', 'sent'])('is refused or arrives unchanged as a single event, when %s', async (how) => {
      const live = sse({ registry: { onError: () => undefined }, retry: false })
      const { server, scripts } = await startScripts(live)
      const refused: string[] = []
      scripts.push(async (connection) => {
        connection.subscribe('a', { from: 'now' })
        for (const text of texts) {
          try {
            if (how === 'sent') connection.send(way.message(text))
            else await live.channel('a').publish(way.message(text))
          } catch (error) {
            expect(error).toBeInstanceOf(SseError)
            refused.push(text)
          }
        }
      })
      const followed = await follow(follower, server)
      expect(refused).toEqual(texts.filter((text) => way.refuses(text)))
      const passed = texts.filter((text) => !way.refuses(text))
      const seen = passed.map((text) => way.seen(text)).filter((event) => event !== undefined)
      expect(followed).toEqual(seen.map((event) => expect.objectContaining(event) as unknown))
    })
  })
})

describe('hostile text', () => {
  it.each(followers)('as a comment dispatches nothing, read by $name', async (follower) => {
    const { server, scripts } = await startScripts(sse({ retry: false }))
    const texts = HOSTILE.filter((text) => text.isWellFormed())
    scripts.push((connection) => texts.forEach((text) => connection.comment(text)))
    expect(await follow(follower, server)).toEqual([])
  })

  it.each(followers)('as a channel name stays inside the data of a gap, read by $name', async (follower) => {
    const { server, scripts } = await startScripts(sse({ retry: false }))
    const names = HOSTILE.filter((text) => text !== '' && text.isWellFormed())
    scripts.push((connection) => connection.subscribe(names))
    const gaps = await follower.follow(server, '/?lastEventId=lost', ['sse-gap', 'evil', 'message'])
    const [gap] = gaps.filter(({ event }) => event !== 'sse-ready')
    expect(JSON.parse(gap?.data ?? '')).toEqual({ channels: names, reason: 'unknown', complete: true })
    expect(gaps.filter(({ event }) => !event.startsWith('sse-'))).toEqual([])
  })

  it.each(followers)('as a last event ID can be echoed by the app as data, read by $name', async (follower) => {
    const { server, scripts } = await startScripts(sse({ retry: false }))
    // Node answers a longer request line with 431.
    for (const text of HOSTILE.filter(({ length }) => length < 10_000)) {
      const echo: Script = (connection) => {
        const { lastEventId } = connection
        expect(lastEventId).not.toMatch(ONE_LINE)
        connection.send({ event: 'x', data: lastEventId, comment: lastEventId })
      }
      scripts.push(echo)
      const path = `/?lastEventId=${encodeURIComponent(text.toWellFormed())}`
      const expected = isForgedId(text) ? '\uFFFD' : text.toWellFormed()
      expect(await follow(follower, server, path)).toMatchObject([{ event: 'x', data: expected }])
    }
  })

  it('as a header is refused when the middleware is made', () => {
    for (const text of HOSTILE.filter((value) => ONE_LINE.test(value))) {
      expect(() => sse({ headers: { 'X-Custom': text } })).toThrow(SseError)
      expect(() => sse({ headers: { 'X-Custom': ['a', text] } })).toThrow(SseError)
      expect(() => sse({ headers: { [`X-${text}`]: 'a' } })).toThrow(SseError)
    }
  })

  it('in all fields at once is refused or becomes one event', () => {
    const hostile = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: fc.constantFrom('\n', '\r', '\0', ':', ' ', 'data', 'id', 'event', 'evil', '\uFEFF') }),
    )
    const field = fc.option(hostile, { nil: undefined })
    const fields = fc.record({ event: field, id: field, data: hostile, comment: field, key: field })
    return fc.assert(
      fc.asyncProperty(fc.array(fields, { minLength: 1, maxLength: 8 }), async (messages) => {
        const live = sse({ registry: { onError: () => undefined }, retry: false })
        const { server, scripts } = await startScripts(live)
        const accepted: typeof messages = []
        scripts.push((connection) => {
          for (const message of messages) {
            const given = Object.entries(message).filter(([, value]) => value !== undefined)
            try {
              connection.send(Object.fromEntries(given))
              accepted.push(message)
            } catch (error) {
              expect(error).toBeInstanceOf(SseError)
            }
          }
        })
        const stream = await openStream(server)
        await stream.waitFor(({ event }) => event === END)
        const { events, retries } = parseStream(stream.raw)
        expect(events.slice(0, -1).map(({ data }) => data)).toEqual(accepted.map(({ data }) => asData(data)))
        expect(retries).toEqual([])
        stream.close()
        await server.close()
      }),
      { numRuns: 150 },
    )
  })
})

describe('a last event ID', () => {
  const open = async (server: TestServer, lastEventId: string) => {
    const stream = await openStream(server, { path: '/', headers: { 'last-event-id': lastEventId } })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    return stream
  }

  it('of another channel never grants access to it', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('public'))
    const before = await live.channel('secret').publish({ data: 'secret 1', key: 'k' })
    await live.channel('secret').publish({ data: 'secret 2', key: 'k' })
    await live.channel('public').publish({ data: 'public' })
    for (const id of [before, 'unknown', before.replace(/.{7}$/, 'another'), before.replace(/-.*-/, '-zz-')]) {
      const stream = await open(server, id)
      expect(stream.raw).not.toContain('secret')
      expect(stream.events.every(({ event, data }) => event !== 'sse-gap' || !data.includes('secret'))).toBe(true)
    }
  })

  it.each(['resumed', 'evicted', 'unknown'])('with the outcome %s does not bypass a filter', async (outcome) => {
    const live = sse({ registry: { history: { events: outcome === 'evicted' ? 2 : 1000 } } })
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('mixed', { filter: ({ data }) => data?.startsWith('secret') !== true })
    })
    const publish = (data: string, key?: string) => live.channel('mixed').publish({ data, ...(key && { key }) })
    const first = await publish('first')
    for (const key of ['a', 'b', 'c', 'd']) await publish(`secret ${key}`, key)
    await publish('last', 'e')
    const stream = await open(server, outcome === 'unknown' ? 'x' : first)
    expect(stream.data).toEqual(['last'])
    expect(stream.raw.includes('sse-gap')).toBe(outcome !== 'resumed')
    expect(stream.raw).not.toContain('secret')
  })

  it('of another channel gives the same answer as an ID that was never used', async () => {
    const live = sse({ retry: false })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('public'))
    await live.channel('public').publish({ data: 'public', id: 'p1' })
    await live.channel('secret').publish({ data: 'secret', id: 's1' })
    await live.channel('public').publish({ data: 'public', id: 'p2' })
    const [elsewhere, nowhere] = [await open(server, 's1'), await open(server, 'n1')]
    expect(elsewhere.raw).toBe(nowhere.raw)
  })
})
