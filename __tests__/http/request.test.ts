import fc from 'fast-check'
import { acceptsEventStream, readLastEventId, UNKNOWN_ID } from '../../src/http/request.js'
import { anyCharacter } from '../helpers/arbitraries.js'

function accepts(accept: string | undefined, mode: 'explicit' | 'any' = 'explicit'): boolean {
  return acceptsEventStream({ headers: accept === undefined ? {} : { accept } }, mode)
}

function idOf(headers: Record<string, string | string[]>, url = '/'): string {
  return readLastEventId({ headers, url })
}

/** A header as Node decodes it: each byte of the UTF-8 is one latin1 character. */
function asNodeReads(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

describe('a request asks for an event stream', () => {
  it.each([
    ['text/event-stream'],
    ['TEXT/Event-Stream'],
    ['text/event-stream;q=0.1'],
    ['text/event-stream; q=0.001'],
    ['text/event-stream;Q=1'],
    ['text/event-stream;charset=utf-8'],
    ['text/event-stream; charset="utf-8"; q=0.5'],
    ['text/event-stream;version=1'],
    ['application/json, text/event-stream'],
    ['application/json, text/event-stream;q=0.5'],
    ['text/html, */*;q=0.1, text/event-stream'],
    ['text/event-stream, application/json;q=0'],
    [' text/event-stream '],
    ['text/event-stream,'],
    ['garbage, text/event-stream'],
    ['"quoted, comma", text/event-stream'],
  ])('if its Accept is %j', (accept) => {
    expect(accepts(accept)).toBe(true)
    expect(accepts(accept, 'any')).toBe(true)
  })

  it('if one of several Accept lines, which Node joins, names it', () => {
    expect(accepts(['application/json', 'text/event-stream'].join(', '))).toBe(true)
  })
})

describe('a request does not ask for an event stream', () => {
  it.each([
    ['application/json'],
    ['text/event-stream;q=0'],
    ['text/event-stream;q=0.0'],
    ['text/event-stream;q=0.000, application/json'],
    ['text/event-stream; charset=utf-8; q=0'],
    ['text/event-streams'],
    ['x-text/event-stream'],
    ['event-stream'],
    ['text'],
    ['text/event-stream/x'],
    ['application/x; a="text/event-stream"'],
    [';;;,,,'],
    ['\0'],
  ])('if its Accept is %j', (accept) => {
    expect(accepts(accept)).toBe(false)
    expect(accepts(accept, 'any')).toBe(false)
  })

  it.each([[undefined], ['*/*'], ['text/*'], ['application/json, */*;q=0.1'], ['text/html, text/*;q=0.9']])(
    'if its Accept is %j, except with accept: any',
    (accept) => {
      expect(accepts(accept)).toBe(false)
      expect(accepts(accept, 'any')).toBe(true)
    },
  )

  it.each([['text/event-stream;q=0, */*'], ['*/*;q=0'], ['text/*;q=0, */*'], ['*/*, text/event-stream; q=0']])(
    'if its Accept is %j, even with accept: any',
    (accept) => {
      expect(accepts(accept)).toBe(false)
      expect(accepts(accept, 'any')).toBe(false)
    },
  )

  it('if its Accept is empty', () => {
    expect(accepts('')).toBe(false)
  })
})

it('any Accept header is parsed without an error', () => {
  const pieces = fc.constantFrom('text/event-stream', ';', 'q=', '0', ',', '*/*', '"', '=', ' ', 'text/', '\\', 'a')
  const accept = fc.oneof(fc.string({ unit: anyCharacter }), fc.string({ unit: pieces, maxLength: 20 }))
  fc.assert(
    fc.property(accept, fc.constantFrom('explicit' as const, 'any' as const), (header, mode) => {
      expect(typeof accepts(header, mode)).toBe('boolean')
    }),
    { numRuns: 500 },
  )
})

it('a long Accept header is parsed in linear time', () => {
  expect(accepts(`${'a/b;q="'.repeat(2001)}, text/event-stream`)).toBe(false)
  expect(accepts(`${'a/b;q=0.5,'.repeat(1500)}text/event-stream`)).toBe(true)
})

describe('the last event ID', () => {
  it('is an empty string if there is none', () => {
    expect(idOf({})).toBe('')
    expect(idOf({ 'last-event-id': '' })).toBe('')
    expect(idOf({}, '/?lastEventId=')).toBe('')
    expect(readLastEventId({ headers: {} })).toBe('')
    expect(readLastEventId({ headers: {}, url: undefined })).toBe('')
  })

  it.each(['7', 'lz3k9-0-abcdefg', 'a b', 'é', '💶 4', 'Ünïcödé', '日本'])(
    'is read from a header of UTF-8: %s',
    (id) => {
      expect(idOf({ 'last-event-id': asNodeReads(id) })).toBe(id)
    },
  )

  it.each(['é', 'caf\u00e9', '\u00ff', '\u00c3'])('is read from a header of latin1 if that is not UTF-8: %s', (id) => {
    expect(idOf({ 'last-event-id': id })).toBe(id)
  })

  it.each(['lastEventId', 'last_event_id', 'evs_last_event_id'])('is read from the query parameter %s', (name) => {
    expect(idOf({}, `/stream?${name}=7`)).toBe('7')
    expect(idOf({}, `/stream?a=b&${name}=caf%C3%A9+x&c=d`)).toBe('café x')
    expect(idOf({ 'last-event-id': '' }, `/stream?${name}=7`)).toBe('7')
    expect(idOf({ 'last-event-id': '8' }, `/stream?${name}=7`)).toBe('8')
  })

  it('is the first of several query parameters that is not empty', () => {
    expect(idOf({}, '/?evs_last_event_id=c&last_event_id=b&lastEventId=a')).toBe('a')
    expect(idOf({}, '/?lastEventId=&last_event_id=b')).toBe('b')
    expect(idOf({}, '/?lastEventId=a&lastEventId=b')).toBe('a')
  })

  it.each([
    ['a malformed percent escape', '/?lastEventId=%E0%A4%A', '\uFFFDA'.length],
    ['a lone percent sign', '/?lastEventId=%', 1],
    ['bytes that are no UTF-8', '/?lastEventId=%FF', 1],
  ])('is a string if the query has %s', (_name, url) => {
    expect(typeof idOf({}, url)).toBe('string')
  })

  it.each([
    ['//', ''],
    ['//?lastEventId=7', '7'],
    ['///x//?lastEventId=7', '7'],
    ['*', ''],
    ['', ''],
    ['?lastEventId=7', '7'],
    ['/%', ''],
    ['/%?lastEventId=7', '7'],
    ['http://[?lastEventId=7', '7'],
    ['/a?b?lastEventId=7', ''],
    ['/?a?&lastEventId=7', '7'],
    ['/?lastEventId=7#8', '7#8'],
    ['/?LASTEVENTID=7', ''],
    ['/?lastEventId', ''],
    ['lastEventId=7', ''],
    ['/?last%45ventId=7', '7'],
    ['/lastEventId?a=7', ''],
    ['/?__proto__=7', ''],
  ])('of the URL %j is %j', (url, id) => {
    expect(idOf({}, url)).toBe(id)
  })

  it('is unknown and not passed on if it exceeds 1,024 bytes', () => {
    expect(idOf({ 'last-event-id': 'a'.repeat(1024) })).toBe('a'.repeat(1024))
    expect(idOf({ 'last-event-id': 'a'.repeat(1025) })).toBe(UNKNOWN_ID)
    expect(idOf({ 'last-event-id': asNodeReads('é'.repeat(512)) })).toBe('é'.repeat(512))
    expect(idOf({ 'last-event-id': asNodeReads('é'.repeat(513)) })).toBe(UNKNOWN_ID)
    expect(idOf({}, `/?lastEventId=${'a'.repeat(100_000)}`)).toBe(UNKNOWN_ID)
  })

  it.each(['%00', '%0A', '%0D', '7%0D%0Adata:%20evil', '%0A%0A'])('is unknown with %s in it', (escaped) => {
    expect(idOf({}, `/?lastEventId=${escaped}`)).toBe(UNKNOWN_ID)
  })

  it('of several headers is their joined values, which no log knows', () => {
    expect(idOf({ 'last-event-id': ['1', '2'] })).toBe('1, 2')
  })

  it('is always one line of text, whatever the request', () => {
    const query = fc.oneof(fc.string({ unit: anyCharacter }), fc.webUrl({ withQueryParameters: true }))
    const url = fc.oneof(
      query,
      query.map((text) => `/?lastEventId=${text}`),
    )
    const header = fc.string({ unit: anyCharacter }).map(asNodeReads)
    fc.assert(
      fc.property(url, header, (path, value) => {
        const id = idOf({ 'last-event-id': value }, path)
        expect(id).not.toMatch(/[\r\n\0]/)
        expect(Buffer.byteLength(id)).toBeLessThanOrEqual(1024)
      }),
    )
  })
})
