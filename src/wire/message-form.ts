/** Checks messages before they are encoded. Refuses what the format cannot carry, and repairs nothing. */
import { inspect } from 'node:util'
import { SseError } from '../errors.js'
import { faultOfId } from './id-form.js'
import { nearestName } from '../nearest-name.js'

const FIELDS = ['event', 'data', 'key', 'id', 'retry', 'comment'] as const
type Field = (typeof FIELDS)[number]

/** A message before its check: plain JavaScript can pass any value. */
type Unchecked = Readonly<Partial<Record<Field, unknown>>>

/** Names that other libraries use for these fields. */
const OTHER_NAMES = new Map<string, Field>([
  ['payload', 'data'],
  ['body', 'data'],
  ['value', 'data'],
  ['message', 'data'],
  ['type', 'event'],
  ['name', 'event'],
  ['eventName', 'event'],
  ['lastEventId', 'id'],
])

const NOT_IN_ONE_LINE = /[\r\n\0]/
const NAMES_OF_BREAKS = { '\r': 'carriage return', '\n': 'line feed', '\0': 'NUL' } as Record<string, string>

/** @throws `ERR_SSE_MESSAGE` or `ERR_SSE_DATA`; the error says what is wrong and what to write instead */
export function checkMessage(message: Unchecked | null): void {
  if (typeof message !== 'object' || message === null) throw invalid(explainNoMessage(message))
  refuseUnknownFields(message)
  const { event, data, id, key, retry, comment } = message
  if (event === undefined && data === undefined && id === undefined && retry === undefined && comment === undefined) {
    throw invalid(explainEmpty(message))
  }
  if (event !== undefined) checkEvent(event)
  if (typeof data === 'string') requireWellFormed('data', data, 'ERR_SSE_DATA')
  if (id !== undefined) checkId(id)
  if (key !== undefined) checkKey(key)
  if (comment !== undefined) checkComment(comment)
  // [spec] "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten".
  if (retry !== undefined && !(Number.isSafeInteger(retry) && Number(retry) >= 0)) {
    throw invalid(`retry must be a whole number of milliseconds, 0 or more; got ${inspect(retry)}`)
  }
}

export function checkKey(key: unknown): asserts key is string {
  requireString('key', key)
  requireWellFormed('key', key)
}

export function checkComment(comment: unknown): asserts comment is string {
  requireString('comment', comment)
  requireWellFormed('comment', comment)
}

/** Hot path: `for…in` allocates no array. Fields that were added to `Object.prototype` are ignored. */
function refuseUnknownFields(message: object): void {
  for (const field in message) {
    switch (field) {
      case 'event':
      case 'data':
      case 'key':
      case 'id':
      case 'retry':
      case 'comment':
        break
      default:
        if (Object.hasOwn(message, field)) throw invalid(explainUnknown(field))
    }
  }
}

function checkEvent(event: unknown): void {
  requireOneLine('event', event)
  requireWellFormed('event', event)
  if (event.startsWith('sse-')) {
    throw invalid(`event must not start with "sse-", which marks the package's own events; got "${event}"`)
  }
}

/** [spec] "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value." */
function checkId(id: unknown): void {
  requireOneLine('id', id)
  // An empty ID is valid in `send`: it clears the client's last event ID.
  const fault = id === '' ? undefined : faultOfId(id)
  if (fault !== undefined) throw invalid(`id must ${fault}`)
}

function requireOneLine(field: Field, value: unknown): asserts value is string {
  requireString(field, value)
  const at = value.search(NOT_IN_ONE_LINE)
  if (at >= 0) throw invalid(`${field} must be one line; got a ${NAMES_OF_BREAKS[value.charAt(at)]} at index ${at}`)
}

function requireString(field: Field, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalid(`${field} must be a string; got a ${typeof value}`)
}

/** Lone surrogates are refused: UTF-8 turns each into U+FFFD, so two different texts would become equal. */
function requireWellFormed(field: Field, value: string, code?: 'ERR_SSE_DATA'): void {
  if (value.isWellFormed()) return
  throw invalid(`${field} must be well-formed Unicode; got a lone surrogate. Use toWellFormed() to replace it`, code)
}

function explainNoMessage(message: unknown): string {
  const shown = inspect(message, { depth: 0, maxStringLength: 40, breakLength: Infinity })
  if (typeof message !== 'string') return `a message must be an object, such as { event, data }; got ${shown}`
  return `a message must be an object; got ${shown}. Did you mean { event: ${shown}, data: … } or { data: ${shown} }?`
}

function explainEmpty(message: object): string {
  const reason = 'a message needs at least one of event, data, id, retry and comment'
  return 'then' in message ? `${reason}; got a promise. Did you forget await?` : `${reason}; got none of them`
}

function explainUnknown(field: string): string {
  const meant = OTHER_NAMES.get(field) ?? nearestName(field, FIELDS)
  const hint = meant === undefined ? '' : `Did you mean ${meant}? `
  return `a message has no field ${inspect(field, { maxStringLength: 40 })}. ${hint}The fields are ${FIELDS.join(', ')}`
}

function invalid(reason: string, code: 'ERR_SSE_MESSAGE' | 'ERR_SSE_DATA' = 'ERR_SSE_MESSAGE'): SseError {
  return new SseError(code, reason)
}
