import fc from 'fast-check'
import { encodeBody } from '../../src/wire/format.js'
import { decodeEntry, decodeLatest, splitField } from '../../src/redis/entry.js'
import { keysOf } from '../../src/redis/keys.js'
import { compareIds, parseStreamId, positionOf } from '../../src/redis/stream-id.js'
import { anyMessage, anyText, ownId } from '../helpers/arbitraries.js'

const ID = '1700000000000-3'
const PREVIOUS = '1700000000000-2'

/** Decodes an entry with these fields; undefined if it is foreign. */
function decode(fields: Record<string, string>, id = ID) {
  return decodeEntry([id, Object.entries(fields).flat()])
}

describe('an entry of the stream', () => {
  const event = { p: PREVIOUS, c: 'scores', b: 'data: 1\n' }

  it('decodes to an event and the ID of the entry before it', () => {
    expect(decode({ ...event, k: 'game', i: 'own' })).toEqual({
      id: ID,
      position: { ms: 1_700_000_000_000, seq: 3 },
      previous: PREVIOUS,
      epoch: undefined,
      entry: { channel: 'scores', body: 'data: 1\n', key: 'game', id: 'own' },
    })
  })

  it('may begin an epoch, and holds nothing else then, whatever its version', () => {
    for (const v of [{}, { v: '1' }, { v: '2' }]) {
      expect(decode({ ...v, p: PREVIOUS, e: 'abcdefg' })).toMatchObject({ epoch: 'abcdefg', entry: undefined })
    }
  })

  it('is of version 1 without a version', () => {
    expect(decode(event)?.entry).toEqual(decode({ v: '1', ...event })?.entry)
  })

  it('may forget a key, also an empty one', () => {
    expect(decode({ v: '1', p: PREVIOUS, t: 'forget', c: 'scores', k: '' })?.entry).toEqual({
      kind: 'forget',
      channel: 'scores',
      key: '',
    })
  })

  it('may disconnect an owner', () => {
    expect(decode({ v: '1', p: PREVIOUS, t: 'disconnect', o: 'ann', n: 'abc' })?.entry).toEqual({
      kind: 'disconnect',
      owner: 'ann',
      by: 'abc',
    })
  })

  it.each<[string, Record<string, string>]>([
    ['a newer version', { ...event, v: '2' }],
    ['a newer version without the fields of this one', { p: PREVIOUS, v: '2' }],
    ['an unknown kind', { ...event, v: '1', t: 'tomorrow' }],
  ])('of %s holds nothing that can be read, and still names the entry before it', (_name, fields) => {
    expect(decode(fields)).toMatchObject({ previous: PREVIOUS, epoch: undefined, entry: { kind: 'unknown' } })
  })

  it('decodes to the message that was encoded', () => {
    fc.assert(
      fc.property(anyMessage, anyText, ownId, (message, key, id) => {
        const body = encodeBody(message)
        expect(decode({ ...event, b: body, k: key, i: id })?.entry).toEqual({ channel: 'scores', body, key, id })
      }),
    )
  })

  it.each<[string, Record<string, string>]>([
    ['names no previous entry', { c: 'scores', b: 'data: 1\n' }],
    ['names an invalid previous entry', { ...event, p: 'abc' }],
    ['has no channel', { p: PREVIOUS, b: 'data: 1\n' }],
    ['has an empty channel', { ...event, c: '' }],
    ['has no body', { p: PREVIOUS, c: 'scores' }],
    ['has fields of another package', { job: '1' }],
    ['forgets no key', { p: PREVIOUS, t: 'forget', c: 'scores' }],
    ['forgets a key of no channel', { p: PREVIOUS, t: 'forget', c: '', k: 'k' }],
    ['disconnects no owner', { p: PREVIOUS, t: 'disconnect', o: '', n: 'abc' }],
    ['disconnects an owner for no process', { p: PREVIOUS, t: 'disconnect', o: 'ann' }],
    ['has no fields', {}],
  ])('is foreign if it %s', (_name, fields) => {
    expect(decode(fields)).toBeUndefined()
  })

  it.each<[string, string]>([
    ['a second event', 'data: 1\n\ndata: 2\n'],
    ['the end of an event', 'data: 1\n\n'],
    ['a line that does not end', 'data: 1\ndata: 2'],
    ['a carriage return', 'data: 1\rid: 2\n'],
    ['an ID', 'id: 2\n'],
    ['a control event', 'event: sse-gap\ndata: {}\n'],
    ['a retry that is not a number', 'retry: soon\n'],
    ['a retry with more after it', 'retry: 1 2\n'],
    ['a field without a space', 'data:1\n'],
    ['a line without a field name', '1\n'],
  ])('is foreign if its body holds %s', (_name, body) => {
    expect(decode({ ...event, b: body })).toBeUndefined()
  })

  it.each([
    ['holds a line feed', 'a\nb'],
    ['holds a carriage return', 'a\rb'],
    ['holds a NUL', 'a\0b'],
    ['is empty', ''],
    ['is too long for a header', 'a'.repeat(1025)],
  ])('is foreign if the own ID %s', (_name, id) => {
    expect(decode({ ...event, i: id })).toBeUndefined()
  })

  it('is foreign if Redis has deleted it, or its ID has another form', () => {
    expect(decodeEntry([ID, null])).toBeUndefined()
    expect(decode(event, 'abc')).toBeUndefined()
  })
})

/** A field as the Lua script writes it. */
const fieldOf = (channel: string, key: string) => `${Buffer.byteLength(channel)}:${channel}${key}`

describe('the latest event of a key', () => {
  const value = (body: string, id = ID, own = '') => `${id}\n${own}\n${body}`

  it('decodes to any channel and key', () => {
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

  it('is stored under the length of the channel name in bytes, as scripts count', () => {
    expect(splitField('5:é⚽k')).toEqual(['é⚽', 'k'])
    for (const field of ['k', ':k', '0:k', '-1:k', 'x:k']) expect(splitField(field)).toBeUndefined()
  })

  it.each<[string, string, string]>([
    ['no position', '6:scoresk', value('data: 1\n', 'abc')],
    ['no value', '6:scoresk', ''],
    ['a body that ends its event', '6:scoresk', value('data: 1\n\n')],
    ['no channel', 'k', value('data: 1\n')],
  ])('is foreign if it has %s', (_name, field, text) => {
    expect(decodeLatest(field, text)).toBeUndefined()
  })
})

describe('a Redis ID', () => {
  it('decodes to a position', () => {
    expect(parseStreamId('12-34')).toEqual({ ms: 12, seq: 34 })
    expect(compareIds('2-0', '10-0')).toBeLessThan(0)
    expect(compareIds('2-10', '2-9')).toBeGreaterThan(0)
    expect(compareIds('2-1', '2-1')).toBe(0)
  })

  it('is compared exactly even if it is too large for a number', () => {
    expect(compareIds('18446744073709551615-2', '18446744073709551615-1')).toBeGreaterThan(0)
    expect(compareIds('18446744073709551614-2', '18446744073709551615-1')).toBeLessThan(0)
  })

  it.each(['', '12', '12-', '-1-2', 'a-b', '1-2-3', '1-2\n', `${36 ** 9}-0`, `0-${36 ** 6}`])('is not %j', (id) => {
    expect(parseStreamId(id)).toBeUndefined()
    expect(() => positionOf(id)).toThrow(TypeError)
  })
})

describe('the keys of a registry', () => {
  it('share a hash tag, which is the stream name or the tag inside it', () => {
    expect(keysOf('live', 'me').receipt).toBe('{live}:receipt:me')
    expect(keysOf('{app}:live', 'me').events).toBe('{app}:live:events')
    expect(keysOf('{}', 'me').state).toBe('{{}}:state')
  })
})
