/**
 * The event stream format: a message becomes text for the wire. Pure. It refuses what the format cannot carry and
 * repairs nothing: a line end in a one-line field is the caller's bug, and somebody else's injection.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { inspect } from 'node:util'
import { SseError } from './errors.js'

/** Event types and their data; the default lets any through. */
export type AnyEvents = Record<string, unknown>

interface MessageFields {
  /**
   * The app's own event ID, one line of at most 1,024 bytes. By default an event gets the ID of its position in the
   * log, which is what resuming is made for; a message that is only sent gets none.
   */
  id?: string | undefined
  /** Events of a channel with the same key replace each other: of them only the newest matters to a late reader. */
  key?: string | undefined
  /** Reconnection time in milliseconds, for every client that reads this. HTML standard, 9.2.6, field `retry`. */
  retry?: number | undefined
  /** Text that clients ignore; for people who read the stream. */
  comment?: string | undefined
}

type NamedMessage<E> = {
  [K in keyof E & string]: undefined extends E[K] ? { event: K; data?: E[K] } : { event: K; data: E[K] }
}[keyof E & string]

type UnnamedMessage<E> = E extends { message: infer D }
  ? { event?: undefined; data: D }
  : { event?: undefined; data?: undefined }

/**
 * What an app publishes or sends. `event` is the event type, one line, `message` where it is absent; types that start
 * with `sse-` are the package's own. A string in `data` is sent as it is, anything else as JSON; without `data` no data
 * line is sent, and by the standard nothing is dispatched. In a browser the types `error` and `open` also reach the
 * handlers of EventSource's own events of these names, so choose others.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export type Message<E extends object = AnyEvents> = MessageFields &
  (string extends keyof E ? { event?: string | undefined; data?: unknown } : NamedMessage<E> | UnnamedMessage<E>)

/** Longer last event IDs are not accepted back: they travel in a header, and an oversized header is a 431. */
export const MAX_ID_BYTES = 1024

/**
 * A line that clients ignore, to keep middleboxes from cutting a silent stream. No blank line behind it: several
 * clients hand their app an empty message for each.
 */
export const KEEP_ALIVE = ':\n'

/**
 * A named event without data at the head of every stream.
 *
 * [spec] "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
 * return." So it dispatches nothing; but WebKit keeps what it had read of an unfinished event across a reconnect, and
 * this makes it let go of that.
 */
export const STREAM_OPEN = 'event: sse-open\n\n'

const LINE_END = /\r\n|\n|\r/
const NOT_IN_ONE_LINE = /[\r\n\0]/
const NAMES_OF_BREAKS = { '\r': 'carriage return', '\n': 'line feed', '\0': 'NUL' } as Record<string, string>

/** A whole message for the wire. */
export function encodeMessage(message: Message): string {
  const body = encodeBody(message)
  return message.id === undefined ? endBody(body) : endEvent(body, message.id)
}

/** All of a message but its ID, which for an event in a log is known only when it has its position. */
export function encodeBody(message: Message): string {
  validate(message)
  const { comment, retry, event, data } = message
  let body = ''
  if (comment !== undefined) body += encodeComment(comment)
  if (retry !== undefined) body += encodeRetry(retry)
  if (event !== undefined) body += `event: ${event}\n`
  if (data !== undefined) body += encodeData(data)
  return body
}

/**
 * A body with its ID and the blank line that dispatches it. The ID is the last line: several clients move their last
 * event ID while they are still parsing, and would skip an event that a dropped connection had cut in half.
 */
export function endEvent(body: string, id: string): string {
  return `${body}id: ${id}\n\n`
}

/** A body without an ID; a blank line only where it ends an event, since some clients report each blank line. */
export function endBody(body: string): string {
  return isEvent(body) ? `${body}\n` : body
}

/** Whether a body has a field that takes effect at a blank line; comments and `retry` take effect as lines. */
export function isEvent(body: string): boolean {
  return body.startsWith('event:') || body.startsWith('data:') || body.includes('\nevent:') || body.includes('\ndata:')
}

/** The value of `event` and of `data` as a client reads them off a body. */
export function decodeBody(body: string): { event: string | undefined; data: string | undefined } {
  const lines = body.split('\n')
  const event = lines.find((line) => line.startsWith('event: '))?.slice('event: '.length)
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length))
  return { event, data: data.length > 0 ? data.join('\n') : undefined }
}

/** An event of the package's own, such as `sse-gap`. */
export function encodeControl(event: string, data: object, id: string | undefined): string {
  const body = `event: ${event}\ndata: ${JSON.stringify(data)}\n`
  return id === undefined ? endBody(body) : endEvent(body, id)
}

export function encodeRetry(ms: number): string {
  return `retry: ${ms}\n`
}

export function encodeComment(text: string): string {
  return prefixLines(': ', text)
}

function encodeData(data: unknown): string {
  if (typeof data === 'string') return LINE_END.test(data) ? prefixLines('data: ', data) : `data: ${data}\n`
  return `data: ${encodeJson(data)}\n`
}

function encodeJson(data: unknown): string {
  let json: unknown
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : inspect(cause)
    throw new SseError('ERR_SSE_DATA', `data cannot be written as JSON: ${reason}`, { cause })
  }
  // A function or a symbol has no JSON, and JSON.stringify says so with undefined instead of an error.
  if (typeof json === 'string') return json
  throw new SseError('ERR_SSE_DATA', `data cannot be written as JSON: a ${typeof data} has none`)
}

/** [spec] "Lines must be separated by either CRLF, a single LF, or a single CR": each of them would end the field. */
function prefixLines(prefix: string, text: string): string {
  return text
    .split(LINE_END)
    .map((line) => `${prefix}${line}\n`)
    .join('')
}

/** A message before it has been looked at: plain JavaScript passes in anything. */
type Unchecked = Readonly<Record<'event' | 'data' | keyof MessageFields, unknown>>

function validate(message: Partial<Unchecked> | null): void {
  if (typeof message !== 'object' || message === null) throw invalid('a message must be an object')
  const { event, data, id, key, retry, comment } = message
  if (event === undefined && data === undefined && id === undefined && retry === undefined && comment === undefined) {
    throw invalid('a message needs at least one of event, data, id, retry and comment')
  }
  if (event !== undefined) validateEvent(event)
  if (id !== undefined) validateId(id)
  if (key !== undefined) requireString('key', key)
  if (comment !== undefined) requireString('comment', comment)
  // [spec] "If the field value consists of only ASCII digits, then interpret the field value as an integer in base ten".
  if (retry !== undefined && !(Number.isSafeInteger(retry) && Number(retry) >= 0)) {
    throw invalid(`retry must be a whole number of milliseconds, 0 or more; got ${inspect(retry)}`)
  }
}

function validateEvent(event: unknown): void {
  requireOneLine('event', event)
  if (event.startsWith('sse-')) {
    throw invalid(`event must not start with "sse-", which marks the package's own events; got "${event}"`)
  }
}

/** [spec] "If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field value." */
function validateId(id: unknown): void {
  requireOneLine('id', id)
  const bytes = Buffer.byteLength(id)
  if (bytes > MAX_ID_BYTES) throw invalid(`id must be at most ${MAX_ID_BYTES} bytes; got ${bytes}`)
  if (!id.isWellFormed()) throw invalid('id must be well-formed Unicode; got a lone surrogate')
}

function requireOneLine(field: string, value: unknown): asserts value is string {
  requireString(field, value)
  const at = value.search(NOT_IN_ONE_LINE)
  if (at >= 0) throw invalid(`${field} must be one line; got a ${NAMES_OF_BREAKS[value.charAt(at)]} at index ${at}`)
}

function requireString(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw invalid(`${field} must be a string; got a ${typeof value}`)
}

function invalid(reason: string): SseError {
  return new SseError('ERR_SSE_MESSAGE', reason)
}
