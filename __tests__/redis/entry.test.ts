import fc from 'fast-check'
import { encodeBody } from '../../src/wire/format.js'
import { decodeEntry, decodeLatest, splitField } from '../../src/redis/entry.js'
import { keysOf } from '../../src/redis/keys.js'
import { compareIds, parseStreamId, positionOf } from '../../src/redis/stream-id.js'
import { anyMessage, anyText, ownId } from '../helpers/arbitraries.js'

const ID = '1700000000000-3'
const PREVIOUS = '1700000000000-2'

/** Whether an entry with these fields is taken for one of the package's, and its event. */
function decode(fields: Record<string, string>, id = ID) {
  return decodeEntry([id, Object.entries(fields).flat()])
}

describe('an entry of the stream', () => {
  const event = { p: PREVIOUS, c: 'scores', b: 'data: 1\n' }

  it('is an event, behind the one that it names', () => {
    expect(decode({ ...event, k: 'game', i: 'own' })).toEqual({
      id: ID,
      position: { ms: 1_700_000_000_000, seq: 3 },
      previous: PREVIOUS,
      epoch: undefined,
      event: { channel: 'scores', body: 'data: 1\n', key: 'game', id: 'own' },
    })
  })

  it('may be where an epoch begins, and is no event then', () => {
    expect(decode({ p: PREVIOUS, e: 'abcdefg' })).toMatchObject({ epoch: 'abcdefg', event: undefined })
  })

  it('gives back any message that was encoded into it', () => {
    fc.assert(
      fc.property(anyMessage, anyText, ownId, (message, key, id) => {
        const body = encodeBody(message)
        expect(decode({ ...event, b: body, k: key, i: id })?.event).toEqual({ channel: 'scores', body, key, id })
      }),
    )
  })

  it.each<[string, Record<string, string>]>([
    ['names none before it', { c: 'scores', b: 'data: 1\n' }],
    ['names what is no entry', { ...event, p: 'abc' }],
    ['has no channel', { p: PREVIOUS, b: 'data: 1\n' }],
    ['has an empty channel', { ...event, c: '' }],
    ['has no body', { p: PREVIOUS, c: 'scores' }],
    ['has fields of another package', { job: '1' }],
    ['has none', {}],
  ])('is a stranger’s when it %s', (_name, fields) => {
    expect(decode(fields)).toBeUndefined()
  })

  it.each<[string, string]>([
    ['a second event', 'data: 1\n\ndata: 2\n'],
    ['an event’s end', 'data: 1\n\n'],
    ['a line that does not end', 'data: 1\ndata: 2'],
    ['a carriage return', 'data: 1\rid: 2\n'],
    ['an ID', 'id: 2\n'],
    ['an event of the package’s own', 'event: sse-gap\ndata: {}\n'],
    ['a retry that is no number', 'retry: soon\n'],
    ['a retry with more behind it', 'retry: 1 2\n'],
    ['a field without a space', 'data:1\n'],
    ['a field of no name', '1\n'],
  ])('is a stranger’s when its body holds %s', (_name, body) => {
    expect(decode({ ...event, b: body })).toBeUndefined()
  })

  it.each([
    ['holds a line feed', 'a\nb'],
    ['holds a carriage return', 'a\rb'],
    ['holds a NUL', 'a\0b'],
    ['is empty', ''],
    ['is too long to come back', 'a'.repeat(1025)],
  ])('is a stranger’s when the app’s ID %s', (_name, id) => {
    expect(decode({ ...event, i: id })).toBeUndefined()
  })

  it('is a stranger’s when Redis has deleted it, or numbers it in another way', () => {
    expect(decodeEntry([ID, null])).toBeUndefined()
    expect(decode(event, 'abc')).toBeUndefined()
  })
})

/** As the script writes it. */
const fieldOf = (channel: string, key: string) => `${Buffer.byteLength(channel)}:${channel}${key}`

describe('the latest event of a key', () => {
  const value = (body: string, id = ID, own = '') => `${id}\n${own}\n${body}`

  it('stands under its channel and key, whatever these hold', () => {
    const channel = fc.oneof(anyText, fc.constantFrom('1:', '2:a', ':', '0')).filter((name) => name !== '')
    fc.assert(
      fc.property(channel, anyText, fc.option(ownId, { nil: undefined }), (name, key, id) => {
        expect(decodeLatest(fieldOf(name, key), value('data: 1\n', ID, id))).toEqual({
          position: positionOf(ID),
          entry: { channel: name, key, id, body: 'data: 1\n' },
        })
      }),
    )
  })

  it('stands under the length of its channel’s name in bytes, since scripts count bytes', () => {
    expect(splitField('5:é⚽k')).toEqual(['é⚽', 'k'])
    for (const field of ['k', ':k', '0:k', '-1:k', 'x:k']) expect(splitField(field)).toBeUndefined()
  })

  it.each<[string, string, string]>([
    ['no position', '6:scoresk', value('data: 1\n', 'abc')],
    ['no value', '6:scoresk', ''],
    ['a body that ends its event', '6:scoresk', value('data: 1\n\n')],
    ['no channel', 'k', value('data: 1\n')],
  ])('is a stranger’s when it has %s', (_name, field, text) => {
    expect(decodeLatest(field, text)).toBeUndefined()
  })
})

describe('an ID of Redis', () => {
  it('is a position', () => {
    expect(parseStreamId('12-34')).toEqual({ ms: 12, seq: 34 })
    expect(compareIds('2-0', '10-0')).toBeLessThan(0)
    expect(compareIds('2-10', '2-9')).toBeGreaterThan(0)
    expect(compareIds('2-1', '2-1')).toBe(0)
  })

  it('is compared also where it is too large for a number', () => {
    expect(compareIds('18446744073709551615-2', '18446744073709551615-1')).toBeGreaterThan(0)
    expect(compareIds('18446744073709551614-2', '18446744073709551615-1')).toBeLessThan(0)
  })

  it.each(['', '12', '12-', '-1-2', 'a-b', '1-2-3', '1-2\n', `${36 ** 9}-0`, `0-${36 ** 6}`])('is not %j', (id) => {
    expect(parseStreamId(id)).toBeUndefined()
    expect(() => positionOf(id)).toThrow(TypeError)
  })
})

describe('the keys of a registry', () => {
  it('share a hash tag, which is the stream’s name or stands in it already', () => {
    expect(keysOf('live', 'me').receipt).toBe('{live}:receipt:me')
    expect(keysOf('{app}:live', 'me').events).toBe('{app}:live:events')
    expect(keysOf('{}', 'me').state).toBe('{{}}:state')
  })
})
