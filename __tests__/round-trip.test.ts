import { EventSource } from 'eventsource'
import fc from 'fast-check'
import { EventSource as UndiciEventSource } from 'undici'
import { sse, type Message } from '../src/index.js'
import { anyMessage, asReceived } from './helpers/arbitraries.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, startServer, type Handler, type ServerKind, type TestServer } from './helpers/servers.js'

/** A message that is published to a channel or sent to the connection. */
interface Passage {
  via: 'publish' | 'send'
  message: Message
}

interface Received {
  event: string
  data: string
  id: string | undefined
}

/** Opens a stream, reads up to its last event, and returns the events of these types at least. */
type Follow = (server: TestServer, path: string, types: readonly string[]) => Promise<Received[]>

const LAST = 'the last one'

const clients: [string, Follow][] = [
  [
    'eventsource-parser',
    async (server, path) => {
      const stream = await openStream(server, { path })
      await stream.waitFor(({ event }) => event === LAST)
      stream.close()
      return stream.appEvents.map(({ event = 'message', data, id }) => ({ event, data, id })).slice(0, -1)
    },
  ],
  ['the eventsource package', (server, path, types) => listen(new EventSource(server.origin + path), types)],
  ['undici’s EventSource', (server, path, types) => listen(new UndiciEventSource(server.origin + path), types)],
]

function listen(source: EventTarget & { close(): void }, types: readonly string[]): Promise<Received[]> {
  const received: Received[] = []
  return new Promise((resolve, reject) => {
    for (const event of new Set(types)) {
      source.addEventListener(event, (message) => {
        const { data, lastEventId: id } = message as MessageEvent<string>
        received.push({ event, data, id })
      })
    }
    source.addEventListener(LAST, () => {
      source.close()
      resolve(received)
    })
    source.addEventListener('error', () => {
      source.close()
      reject(new Error('the stream broke off'))
    })
  })
}

/** Serves each path once: the passages stored under it. */
async function startPlayer(kind: ServerKind, ...middleware: Handler[]) {
  const live = sse({ retry: false })
  const passages = new Map<string, readonly Passage[]>()
  const server = await startServer(kind, ...middleware, live, async (req, res) => {
    const name = req.url ?? ''
    res.sse?.subscribe(name, { from: 'now' })
    for (const { via, message } of passages.get(name) ?? []) {
      if (via === 'publish') await live.channel(name).publish(message)
      else res.sse?.send(message)
    }
    res.sse?.send({ event: LAST, data: '' })
  })
  return async (follow: Follow, sent: readonly Passage[]) => {
    const path = `/${passages.size}`
    passages.set(path, sent)
    return follow(
      server,
      path,
      sent.map(({ message }) => typeOf(message)),
    )
  }
}

function typeOf({ event }: Message): string {
  return event === undefined || event === '' ? 'message' : event
}

/** Clients dispatch nothing without data. IDs are compared only if the message has one. */
function expectSame(received: readonly Received[], sent: readonly Passage[]): void {
  const messages = sent.map(({ message }) => message).filter(({ data }) => data !== undefined)
  expect(received.map(({ event, data }) => ({ event, data }))).toEqual(
    messages.map((message) => ({ event: typeOf(message), data: asReceived(message.data) })),
  )
  for (const [i, { id }] of messages.entries()) if (id !== undefined) expect(received[i]?.id).toBe(id)
}

function bothWays(message: Message): Passage[] {
  return [
    { via: 'publish', message },
    { via: 'send', message },
  ]
}

const passage: fc.Arbitrary<Passage> = fc.record({
  via: fc.constantFrom('publish', 'send'),
  // EventSource fires its own events with these two names.
  message: anyMessage.filter(
    ({ event, retry }) => event !== 'error' && event !== 'open' && event !== LAST && retry === undefined,
  ),
})

const TABLE: [string, Message][] = [
  ['an event type', { event: 'score', data: '1:0' }],
  ['no event type', { data: '1:0' }],
  ['the event type message', { event: 'message', data: '1:0' }],
  ['an event type in other scripts', { event: 'счёт 得分 ⚽', data: '1:0' }],
  ['an event type with spaces around it', { event: '  score  ', data: '1:0' }],
  ['an event type of a colon', { event: ':', data: '1:0' }],
  ['an event type like a field', { event: 'data: x', data: '1:0' }],
  ['an ID', { id: '42', data: 'a' }],
  ['an ID with punctuation and spaces inside', { id: '"42", {x}: a=b; %20 ~', data: 'a' }],
  ['several lines', { data: 'a\nb\n\nc' }],
  ['lines that end in CR and in CRLF', { data: 'a\rb\r\nc' }],
  ['a line end at the start', { data: '\na' }],
  ['a line end at the end', { data: 'a\n' }],
  ['only line ends', { data: '\n\n\n' }],
  ['an empty text', { data: '' }],
  ['one space', { data: ' ' }],
  ['spaces around the data', { data: '  a  ' }],
  ['spaces around every line', { data: ' a \n  b  \n ' }],
  ['a tab', { data: '\ta\t' }],
  ['emoji', { data: '⚽️ 👨‍👩‍👧‍👦 🇦🇷 😀' }],
  ['a byte order mark', { data: '\uFEFFa\uFEFF' }],
  ['only a byte order mark', { data: '\uFEFF' }],
  ['a colon', { data: ':' }],
  ['a text like a comment', { data: ': a' }],
  ['a text like fields', { data: 'id: 7\nevent: evil\nretry: 1\ndata: x' }],
  ['a NUL', { data: 'a\0b' }],
  ['line ends of other standards', { data: 'a\u2028b\u2029c\u0085d\ve\ff' }],
  ['an object', { data: { a: ['é\n', null, 1.5, { b: true }] } }],
  ['null', { data: null }],
  ['a comment', { comment: 'a\nb', data: 'c' }],
  ['every field', { comment: 'c', event: 'e', data: 'd\ne', id: 'i', key: 'k' }],
]

describe.each(clients)('a message read by %s', (_name, follow) => {
  it.each(TABLE)('with %s arrives unchanged, whether published or sent', async (_what, message) => {
    const play = await startPlayer(bareHttp)
    const sent = bothWays(message)
    expectSame(await play(follow, sent), sent)
  })

  it('of 1 MiB arrives unchanged', async () => {
    const play = await startPlayer(bareHttp)
    const lines = 'a line of some length, with é and ⚽, as often as it takes\n'
    const text = lines.repeat(Math.ceil((1024 * 1024) / lines.length))
    const sent = [...bothWays({ event: 'large', data: text }), ...bothWays({ data: 'x'.repeat(1024 * 1024) })]
    expectSame(await play(follow, sent), sent)
  })

  it('of any content arrives unchanged, in order', async () => {
    const play = await startPlayer(bareHttp)
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { maxLength: 12 }), async (sent) => {
        expectSame(await play(follow, sent), sent)
      }),
      { numRuns: 40 },
    )
  })
})

/** Wraps `res.write`, as `compression` does. */
const wrapsWrite: Handler = (_req, res, next) => {
  const write = res.write.bind(res) as (...args: unknown[]) => boolean
  res.write = (...args: unknown[]) => write(...args)
  next()
}

describe.each<[string, ServerKind, Handler[]]>([
  ['HTTP/2', bareHttp2, []],
  ['a wrapped write', bareHttp, [wrapsWrite]],
])('a message over %s', (_name, kind, middleware) => {
  it('of any content arrives unchanged, in order', async () => {
    const play = await startPlayer(kind, ...middleware)
    const [, follow] = clients[0]!
    const all = TABLE.flatMap(([, message]) => bothWays(message))
    expectSame(await play(follow, all), all)
    await fc.assert(
      fc.asyncProperty(fc.array(passage, { maxLength: 12 }), async (sent) => {
        expectSame(await play(follow, sent), sent)
      }),
      { numRuns: 20 },
    )
  })
})
