/** Encodes data as JSON. Refuses values whose JSON is useless, such as a `Map`. Pure. */
import { inspect, types } from 'node:util'
import { SseError } from '../errors.js'

interface Lossy {
  readonly is: string
  readonly fix: string
  readonly test: (value: object) => boolean
}

const isThenable = (value: object) => 'then' in value && typeof value.then === 'function'
const hasJson = (value: object) => 'toJSON' in value && typeof value.toJSON === 'function'

/** Values that are refused even with a `toJSON`: no app wants the JSON of a Buffer or a promise. */
const LOSSY_WITH_JSON: readonly Lossy[] = [
  { is: 'a promise', fix: 'did you forget await?', test: isThenable },
  {
    is: 'a Buffer',
    fix: "write data.toString() for text, data.toString('base64') for bytes",
    test: (value) => Buffer.isBuffer(value),
  },
]

const LOSSY: readonly Lossy[] = [
  { is: 'a Map', fix: 'write Object.fromEntries(data) or [...data]', test: types.isMap },
  { is: 'a Set', fix: 'write [...data]', test: types.isSet },
  { is: 'an Error', fix: 'write { message: data.message }', test: types.isNativeError },
  {
    is: 'a typed array or DataView',
    fix: 'write [...data], or Buffer.from(data.buffer).toString("base64")',
    test: (value) => ArrayBuffer.isView(value),
  },
]

/** @throws `ERR_SSE_DATA` for data that JSON cannot hold; the message says what to write instead */
export function encodeJson(data: unknown): string {
  let json: unknown
  try {
    const lossy = findLossy(data)
    if (lossy !== undefined) throw invalid(`data must not be ${lossy.is}, which has no useful JSON; ${lossy.fix}`)
    json = JSON.stringify(data)
    if (json === '{}' && !isPlain(data)) {
      throw invalid(
        `data must not be ${nameOf(data)}, whose JSON is {}; write an object of the fields that clients need`,
      )
    }
  } catch (cause) {
    if (cause instanceof SseError) throw cause
    const reason = cause instanceof Error ? cause.message : inspect(cause)
    const fix = typeof data === 'bigint' ? '; write data.toString()' : ''
    throw new SseError('ERR_SSE_DATA', `data cannot be written as JSON: ${reason}${fix}`, { cause })
  }
  // A function or a symbol has no JSON, and JSON.stringify returns undefined for it instead of throwing.
  if (typeof json === 'string') return json
  const fix = typeof data === 'function' ? '; did you forget to call it?' : ''
  throw invalid(`data cannot be written as JSON; got a ${typeof data}${fix}`)
}

/** Checks only the value itself, because a check of nested values would take time for all data. */
function findLossy(data: unknown): Lossy | undefined {
  // Hot path: plain data needs only one read of the prototype.
  if (typeof data !== 'object' || data === null || Array.isArray(data) || isPlain(data)) return undefined
  const lossy = LOSSY_WITH_JSON.find(({ test }) => test(data))
  return lossy ?? (hasJson(data) ? undefined : LOSSY.find(({ test }) => test(data)))
}

/** Whether a value is an object literal, also of another realm, or has no prototype. */
function isPlain(data: unknown): boolean {
  const prototype: unknown = Object.getPrototypeOf(data)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function nameOf(data: unknown): string {
  const { constructor } = data as object
  return typeof constructor === 'function' && constructor.name !== ''
    ? `an object of the class ${constructor.name}`
    : 'an object of a class without a name'
}

function invalid(reason: string): SseError {
  return new SseError('ERR_SSE_DATA', reason)
}
