/** Data that is no text becomes JSON. Refuses values of which JSON would keep nothing, or nothing of use. Pure. */
import { inspect, types } from 'node:util'
import { SseError } from '../errors.js'

interface Lossy {
  readonly is: string
  readonly fix: string
  readonly test: (value: object) => boolean
}

const isThenable = (value: object) => 'then' in value && typeof value.then === 'function'
const hasJson = (value: object) => 'toJSON' in value && typeof value.toJSON === 'function'

/** Buffers and some promises have a `toJSON` of which no app means the result. */
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

/** JSON of data. Throws an `SseError` with the code `ERR_SSE_DATA` and the fix. */
export function encodeJson(data: unknown): string {
  let json: unknown
  try {
    const lossy = findLossy(data)
    if (lossy !== undefined) throw invalid(`data must not be ${lossy.is}, which has no JSON; ${lossy.fix}`)
    json = JSON.stringify(data)
    if (json === '{}' && !isPlain(data)) {
      throw invalid(`data must not be ${nameOf(data)}, of which JSON keeps nothing; write what clients need of it`)
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
  throw invalid(`data cannot be written as JSON: a ${typeof data} has none${fix}`)
}

/** Only the value itself is looked at, not what is inside: that would cost a walk through all data. */
function findLossy(data: unknown): Lossy | undefined {
  // Hot path: nearly all data is plain, and is told by its prototype alone.
  if (typeof data !== 'object' || data === null || Array.isArray(data) || isPlain(data)) return undefined
  const lossy = LOSSY_WITH_JSON.find(({ test }) => test(data))
  return lossy ?? (hasJson(data) ? undefined : LOSSY.find(({ test }) => test(data)))
}

/** Whether it is an object literal or has no prototype; literals of another realm are plain too. */
function isPlain(data: unknown): boolean {
  const prototype: unknown = Object.getPrototypeOf(data)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function nameOf(data: unknown): string {
  const { constructor } = data as object
  return typeof constructor === 'function' && constructor.name !== ''
    ? `an object of the class ${constructor.name}`
    : 'such an object'
}

function invalid(reason: string): SseError {
  return new SseError('ERR_SSE_DATA', reason)
}
