import { runInNewContext } from 'node:vm'
import { createRegistry } from '../../src/index.js'
import { encodeMessage } from '../../src/wire/format.js'

const send = (data: unknown) => encodeMessage({ data })

class Hidden {
  readonly #score = 1
  get score() {
    return this.#score
  }
}

class Fields {
  home = 1
}

function* numbers() {
  yield 1
}

describe('data of which JSON would keep nothing, or nothing of use', () => {
  it.each<[string, unknown, string]>([
    ['a promise', Promise.resolve(1), 'did you forget await?'],
    ['a thenable', new (class { then = () => 1 })(), 'did you forget await?'], // prettier-ignore
    ['a thenable with toJSON', new (class { then = () => 1; toJSON = () => 1 })(), 'did you forget await?'], // prettier-ignore
    ['a Map', new Map([['a', 1]]), 'write Object.fromEntries(data)'],
    ['a Map with fields', Object.assign(new Map(), { a: 1 }), 'write Object.fromEntries(data)'],
    ['a Set', new Set([1]), 'write [...data]'],
    ['a WeakMap', new WeakMap(), 'an object of the class WeakMap, whose JSON is {}'],
    ['an Error', new TypeError('x'), 'write { message: data.message }'],
    ['an Error with a code', Object.assign(new Error('x'), { code: 'E' }), 'write { message: data.message }'],
    ['a RegExp', /x/, 'an object of the class RegExp, whose JSON is {}'],
    ['a Buffer', Buffer.from('x'), 'write data.toString() for text'],
    ['a typed array', new Uint8Array(2), 'write [...data]'],
    ['a DataView', new DataView(new ArrayBuffer(1)), 'write [...data]'],
    ['an ArrayBuffer', new ArrayBuffer(1), 'an object of the class ArrayBuffer, whose JSON is {}'],
    ['URLSearchParams', new URLSearchParams('a=1'), 'an object of the class URLSearchParams, whose JSON is {}'],
    ['a generator', numbers(), 'whose JSON is {}'],
    ['an object with private fields alone', new Hidden(), 'an object of the class Hidden, whose JSON is {}'],
    ['a Map of another realm', runInNewContext('new Map()'), 'write Object.fromEntries(data)'],
    ['a BigInt', 7n, 'write data.toString()'],
    ['a function', () => 1, 'did you forget to call it?'],
    ['a symbol', Symbol('x'), 'got a symbol'],
  ])('is refused with the fix: %s', async (_name, data, fix) => {
    const refused = { code: 'ERR_SSE_DATA', message: expect.stringContaining(fix) as string }
    expect(() => send(data)).toThrow(expect.objectContaining(refused) as Error)
    await expect(createRegistry().channel('a').publish({ data })).rejects.toMatchObject(refused)
  })

  it.each<[string, unknown, string]>([
    ['an empty object', {}, '{}'],
    ['an object without a prototype', Object.create(null), '{}'],
    ['an empty object of another realm', runInNewContext('({})'), '{}'],
    ['an array of another realm', runInNewContext('[1]'), '[1]'],
    ['an object of a class', new Fields(), '{"home":1}'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['a URL', new URL('http://a/'), '"http://a/"'],
    ['a Map with toJSON', Object.assign(new Map(), { toJSON: () => [1] }), '[1]'],
    ['an Error with toJSON', Object.assign(new Error('x'), { toJSON: () => ({ a: 1 }) }), '{"a":1}'],
    ['a toJSON that returns an empty object', { toJSON: () => ({}) }, '{}'],
    ['a Map inside, which is not looked for', { a: new Map() }, '{"a":{}}'],
  ])('is not mistaken for what JSON can hold: %s', (_name, data, json) => {
    expect(send(data)).toBe(`data: ${json}\n\n`)
  })
})
