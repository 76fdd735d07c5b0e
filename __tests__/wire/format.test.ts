import fc from 'fast-check'
import {
  decodeBody,
  encodeBody,
  encodeComment,
  encodeControl,
  encodeMessage,
  encodeRetry,
  endBody,
  endEvent,
  isEvent,
  KEEP_ALIVE,
  lacksData,
  STREAM_OPEN,
  type Message,
} from '../../src/wire/format.js'
import { SseError, type SseErrorCode } from '../../src/errors.js'
import { anyMessage, anyText, asReceived, eventType, ownId } from '../helpers/arbitraries.js'
import { parseStream } from '../helpers/event-stream-parser.js'

/** What plain JavaScript may pass in. */
function encodeUnchecked(message: unknown): string {
  return encodeMessage(message as Message)
}

function refusal(message: unknown): SseError {
  try {
    encodeUnchecked(message)
  } catch (error) {
    if (error instanceof SseError) return error
    throw error
  }
  throw new Error('the message was let through')
}

function expectRefusal(message: unknown, code: SseErrorCode, reason: string | RegExp): void {
  const error = refusal(message)
  expect(error.code).toBe(code)
  expect(error.message).toMatch(reason)
}

describe('an encoded message', () => {
  it.each<[string, Message, string]>([
    ['text alone', { data: 'hello' }, 'data: hello\n\n'],
    ['an event type', { event: 'score', data: '1:0' }, 'event: score\ndata: 1:0\n\n'],
    ['an ID, on the last line', { id: '7', event: 'score', data: '1:0' }, 'event: score\ndata: 1:0\nid: 7\n\n'],
    ['a retry alone, without a blank line', { retry: 3000 }, 'retry: 3000\n'],
    ['a comment alone, without a blank line', { comment: 'hi' }, ': hi\n'],
    [
      'every field',
      { comment: 'c', retry: 0, event: 'e', data: 'd', id: 'i' },
      ': c\nretry: 0\nevent: e\ndata: d\nid: i\n\n',
    ],
    ['an event without data', { event: 'score' }, 'event: score\n\n'],
    ['an ID alone', { id: '7' }, 'id: 7\n\n'],
    ['an empty ID, which resets the client’s', { id: '' }, 'id: \n\n'],
    ['an empty text', { data: '' }, 'data: \n\n'],
    ['an object as JSON', { data: { home: 1, away: 0 } }, 'data: {"home":1,"away":0}\n\n'],
    ['an array as JSON', { data: [1, 'a'] }, 'data: [1,"a"]\n\n'],
    ['null as JSON', { data: null }, 'data: null\n\n'],
    ['a number as JSON', { data: 0 }, 'data: 0\n\n'],
    ['a boolean as JSON', { data: false }, 'data: false\n\n'],
    ['a date as JSON', { data: new Date(0) }, 'data: "1970-01-01T00:00:00.000Z"\n\n'],
    ['a String object as JSON', { data: Object('a') as unknown }, 'data: "a"\n\n'],
    ['escaped line ends in JSON', { data: { a: 'x\r\ny' } }, 'data: {"a":"x\\r\\ny"}\n\n'],
    ['no key', { data: 'a', key: 'k\n' }, 'data: a\n\n'],
    ['a retry of minus zero as zero', { retry: -0 }, 'retry: 0\n'],
    ['the longest retry in digits', { retry: Number.MAX_SAFE_INTEGER }, 'retry: 9007199254740991\n'],
  ])('has %s', (_name, message, text) => {
    expect(encodeMessage(message)).toBe(text)
  })

  it.each([
    ['LF', 'a\nb', 'data: a\ndata: b\n\n'],
    ['CR', 'a\rb', 'data: a\ndata: b\n\n'],
    ['CRLF', 'a\r\nb', 'data: a\ndata: b\n\n'],
    ['LF CR', 'a\n\rb', 'data: a\ndata: \ndata: b\n\n'],
    ['CR CR LF', 'a\r\r\nb', 'data: a\ndata: \ndata: b\n\n'],
    ['a blank line', 'a\n\nb', 'data: a\ndata: \ndata: b\n\n'],
    ['a line end at the start', '\na', 'data: \ndata: a\n\n'],
    ['a line end at the end', 'a\n', 'data: a\ndata: \n\n'],
    ['nothing but a line end', '\r\n', 'data: \ndata: \n\n'],
  ])('has a data line for each line of data with %s', (_name, data, text) => {
    expect(encodeMessage({ data })).toBe(text)
  })

  it('keeps characters that are line ends only in other formats', () => {
    const data = 'a\u2028b\u2029c\u0085d\ve\ff'
    expect(encodeMessage({ data })).toBe(`data: ${data}\n\n`)
  })
})

describe('a message that lacks data', () => {
  it.each<[string, Message, boolean]>([
    ['has an event type and a field data that is undefined', { event: 'score', data: undefined }, true],
    ['does not have data', { event: 'score', data: '1:0' }, false],
    ['does not have data that is null', { event: 'score', data: null }, false],
    ['does not leave the field out', { event: 'score' }, false],
    ['does not go without an event type', { retry: 1, data: undefined }, false],
    ['is not empty', {}, false],
  ])('%s', (_name, message, expected) => {
    expect(lacksData(message)).toBe(expected)
  })
})

describe('an injection', () => {
  describe.each(['event', 'id'] as const)('in %s', (field) => {
    it.each([
      ['a line feed', 'x\ndata: evil', 'line feed at index 1'],
      ['a carriage return', 'x\rdata: evil', 'carriage return at index 1'],
      ['a CRLF', 'x\r\ndata: evil', 'carriage return at index 1'],
      ['a line feed at the end', 'x\n', 'line feed at index 1'],
      ['a line feed at the start', '\nx', 'line feed at index 0'],
      ['a NUL', 'x\0', 'NUL at index 1'],
    ])('with %s is refused', (_name, value, what) => {
      expectRefusal({ data: 'a', [field]: value }, 'ERR_SSE_MESSAGE', `${field} must be one line; got a ${what}`)
    })

    it.each([[7], [null], [{}], [['a']], [true], [Symbol('a')]])('with %p instead of text is refused', (value) => {
      expectRefusal({ data: 'a', [field]: value }, 'ERR_SSE_MESSAGE', `${field} must be a string`)
    })
  })

  it.each([['sse-gap'], ['sse-ready'], ['sse-open'], ['sse-'], ['sse-anything']])(
    'in the event type %s, which is reserved, is refused',
    (event) => expectRefusal({ event, data: 'a' }, 'ERR_SSE_MESSAGE', 'must not start with "sse-"'),
  )

  it.each([['sse'], ['SSE-gap'], [' sse-gap'], ['x-sse-gap']])('is not seen in the event type %j', (event) => {
    expect(encodeMessage({ event, data: 'a' })).toBe(`event: ${event}\ndata: a\n\n`)
  })

  it.each([
    'a\nevent: evil',
    'a\revent: evil',
    'a\r\nevent: evil',
    'a\n\ndata: evil',
    '\n',
    '\r\n\r\ndata: evil\r\n\r\n',
  ])('in the comment %j stays a comment', (comment) => {
    const { events, comments } = parseStream(encodeMessage({ comment, data: 'a' }))
    expect(comments).toEqual(comment.split(/\r\n|\n|\r/))
    expect(events).toEqual([{ id: undefined, event: undefined, data: 'a' }])
  })

  it.each(['a\nid: evil', 'a\rid: evil', 'a\r\n\r\nevent: evil\r\ndata: x', ': evil', 'retry: 1', '\n\n\n'])(
    'in the data %j stays data',
    (data) => {
      const { events, retries, comments } = parseStream(encodeMessage({ data }))
      expect(events).toEqual([{ id: undefined, event: undefined, data: data.replace(/\r\n|\r/g, '\n') }])
      expect([...retries, ...comments]).toEqual([])
    },
  )
})

describe('encodeMessage()', () => {
  it.each([[undefined], [null], ['text'], [7], [true], [() => 'a']])(
    'refuses a message of the wrong type: %p',
    (message) => {
      expectRefusal(message, 'ERR_SSE_MESSAGE', 'a message must be an object')
    },
  )

  it.each([[{}], [{ key: 'a' }], [{ event: undefined, data: undefined }], [[]]])(
    'refuses a message without a field: %p',
    (m) => {
      expectRefusal(m, 'ERR_SSE_MESSAGE', 'at least one of event, data, id, retry and comment')
    },
  )

  it.each<[unknown]>([
    [-1],
    [1.5],
    [NaN],
    [Infinity],
    [2 ** 53],
    [1e21],
    ['3000'],
    ['3000\ndata: evil'],
    [null],
    [true],
    [[3000]],
    [{}],
    [3000n],
    [Symbol('a')],
    [Object.create(null)],
  ])('refuses an invalid retry: %p', (retry) => {
    expectRefusal({ data: 'a', retry }, 'ERR_SSE_MESSAGE', 'retry must be a whole number of milliseconds, 0 or more')
  })

  it.each([[7], [null], [{}], [Symbol('a')]])('refuses a key that is not a string: %p', (key) => {
    expectRefusal({ data: 'a', key }, 'ERR_SSE_MESSAGE', 'key must be a string')
  })

  it.each([[7], [null], [['a\nb']]])('refuses a comment that is not a string: %p', (comment) => {
    expectRefusal({ comment }, 'ERR_SSE_MESSAGE', 'comment must be a string')
  })

  it('accepts any well-formed key, because keys are not sent', () => {
    for (const key of ['', '\n', '\0', '😀', 'x'.repeat(5000)]) {
      expect(encodeMessage({ data: 'a', key })).toBe('data: a\n\n')
    }
  })
})

describe('data that JSON cannot hold', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const throwing = (thrown: unknown) => ({
    toJSON() {
      throw thrown
    },
  })

  it.each<[string, unknown]>([
    ['a circle', circular],
    ['a BigInt', 1n],
    ['a BigInt within', { a: [1n] }],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
    ['a toJSON that returns nothing', { toJSON: () => undefined }],
    ['a toJSON that throws', throwing(new Error('boom'))],
    ['a toJSON that throws something without a text', throwing(Object.create(null))],
    ['a toJSON that throws nothing', throwing(undefined)],
    [
      'a getter that throws',
      {
        get a() {
          throw new Error('boom')
        },
      },
    ],
  ])('is refused: %s', (_name, data) => {
    expectRefusal({ data }, 'ERR_SSE_DATA', 'data cannot be written as JSON')
  })

  it('is refused with the thrown error as the cause', () => {
    const cause = new Error('boom')
    expect(refusal({ data: throwing(cause) })).toMatchObject({
      cause,
      message: expect.stringContaining('boom') as string,
    })
  })
})

describe('a refusal', () => {
  it('is an SseError with a code, a name and a stack', () => {
    const error = refusal({})
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('SseError')
    expect(String(error)).toMatch(/^SseError: a message needs/)
  })
})

describe('an event in the log', () => {
  it('is a body, then the ID of its position and a blank line', () => {
    expect(endEvent(encodeBody({ event: 'a', data: 'b' }), '7')).toBe('event: a\ndata: b\nid: 7\n\n')
  })

  it('with only comments and retry has no blank line', () => {
    expect(endBody(encodeBody({ comment: 'event: a', retry: 1 }))).toBe(': event: a\nretry: 1\n')
    expect(endBody(encodeBody({ comment: 'a', data: 'b' }))).toBe(': a\ndata: b\n\n')
  })

  it.each<[Message, boolean]>([
    [{ data: '' }, true],
    [{ event: 'a' }, true],
    [{ comment: 'a', event: 'a' }, true],
    [{ retry: 1, data: 'a' }, true],
    [{ comment: 'event: a\ndata: b' }, false],
    [{ comment: '\ndata:', retry: 1 }, false],
    [{ id: 'a' }, false],
  ])('of %j is dispatched: %s', (message, is) => {
    expect(isEvent(encodeBody(message))).toBe(is)
  })

  it('decodes to its type and its data', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const { event, data } = decodeBody(endEvent(encodeBody(message), 'x'))
        expect(event).toBe(message.event)
        expect(data).toBe(message.data === undefined ? undefined : asReceived(message.data))
      }),
    )
  })
})

describe('the package’s own output', () => {
  it('has a named event without data at the head, which dispatches nothing', () => {
    expect(STREAM_OPEN).toMatch(/^event: .+\n\n$/)
    expect(parseStream(STREAM_OPEN + encodeMessage({ data: 'a' })).events).toEqual([
      { id: undefined, event: undefined, data: 'a' },
    ])
  })

  it('has keep-alives of one comment line, valid between any events', () => {
    const { events } = parseStream(
      KEEP_ALIVE + encodeMessage({ data: 'a' }) + KEEP_ALIVE + encodeMessage({ data: 'b' }),
    )
    expect(events.map(({ data }) => data)).toEqual(['a', 'b'])
    expect(KEEP_ALIVE).toBe(':\n')
  })

  it('has control events with an ID, or without one for own IDs', () => {
    expect(encodeControl('sse-gap', { channels: ['a\nb'] }, '7')).toBe(
      'event: sse-gap\ndata: {"channels":["a\\nb"]}\nid: 7\n\n',
    )
    expect(encodeControl('sse-ready', {}, undefined)).toBe('event: sse-ready\ndata: {}\n\n')
  })

  it('has reconnection times', () => expect(encodeRetry(2500)).toBe('retry: 2500\n'))
})

describe('any message', () => {
  it('is decoded unchanged by a client, wherever the text is cut', () => {
    fc.assert(
      fc.property(anyMessage, fc.array(fc.nat({ max: 30 })), (message, pieces) => {
        // A byte order mark at the start of a stream is dropped, but no stream starts with a message.
        const { events, comments, retries, errors } = parseStream(STREAM_OPEN + encodeMessage(message), pieces)
        const { event, data, id, comment, retry } = message
        expect(errors).toEqual([])
        expect(comments).toEqual(comment === undefined ? [] : asReceived(comment).split('\n'))
        expect(retries).toEqual(retry === undefined ? [] : [retry])
        expect(events).toEqual(
          data === undefined ? [] : [{ id, event: event === '' ? undefined : event, data: asReceived(data) }],
        )
      }),
      { numRuns: 500 },
    )
  })

  it('leaves the next message unchanged', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const { events } = parseStream(encodeMessage(message) + encodeMessage({ event: 'next', data: 'b', id: 'n' }))
        expect(events.at(-1)).toEqual({ id: 'n', event: 'next', data: 'b' })
        expect(events).toHaveLength(message.data === undefined ? 1 : 2)
      }),
    )
  })

  it('with a line end or a NUL in event or id is refused', () => {
    const breaks = fc.constantFrom('\r', '\n', '\0', '\r\n')
    const field = fc.constantFrom('event', 'id')
    fc.assert(
      fc.property(field, eventType, breaks, ownId, (name, before, lineBreak, after) => {
        expectRefusal({ data: 'a', [name]: before + lineBreak + after }, 'ERR_SSE_MESSAGE', `${name} must be one line`)
      }),
    )
  })

  it('is encoded or refused with an SseError', () => {
    const fields = fc.record(
      { event: fc.anything(), data: fc.anything(), id: fc.anything(), key: fc.anything(), retry: fc.anything() },
      { requiredKeys: [] },
    )
    const anything = fc.oneof(fc.anything(), fields)
    fc.assert(
      fc.property(anything, (message) => {
        try {
          expect(typeof encodeUnchecked(message)).toBe('string')
        } catch (error) {
          expect(error).toBeInstanceOf(SseError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('of text alone gives comments that a client ignores', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseStream(encodeComment(text))).toEqual({
          events: [],
          comments: asReceived(text).split('\n'),
          retries: [],
          errors: [],
        })
      }),
    )
  })
})

describe('a lone surrogate', () => {
  it.each([['\uD83D'], ['a\uDE00'], ['\uDE00\uD83D'], ['team 😀'.slice(0, 6)]])(
    'in event, key, id, comment or text is refused: %j',
    (text) => {
      for (const field of ['event', 'key', 'comment']) {
        expectRefusal(
          { data: 'a', [field]: text },
          'ERR_SSE_MESSAGE',
          `${field} must be well-formed Unicode; got a lone surrogate. Use toWellFormed() to replace it`,
        )
      }
      expectRefusal({ data: 'a', id: text }, 'ERR_SSE_MESSAGE', 'id must be printable ASCII')
      expectRefusal({ data: text }, 'ERR_SSE_DATA', 'data must be well-formed Unicode; got a lone surrogate')
      expect(() => encodeComment(text)).toThrow('comment must be well-formed Unicode')
    },
  )

  it('in JSON is sent, because JSON escapes it', () => {
    expect(encodeMessage({ data: ['\uD83D'] })).toBe('data: ["\\ud83d"]\n\n')
  })

  it('is not seen in a complete pair', () => {
    expect(encodeMessage({ event: '😀', key: '😀', comment: '😀', data: '😀' })).toBe(': 😀\nevent: 😀\ndata: 😀\n\n')
  })
})
