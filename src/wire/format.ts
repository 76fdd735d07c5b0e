/**
 * The event stream format: a message becomes text for the wire. Pure. What a message may hold is in message-form.ts.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { encodeJson } from './json-data.js'
import { checkComment, checkMessage } from './message-form.js'

/** Event types and their data; the default lets any through. */
export type AnyEvents = Record<string, unknown>

interface MessageFields {
  /**
   * The app's own event ID: printable ASCII of at most 1,024 bytes, without a blank at either end, so that clients can
   * send it back in a header. It must not look like the package's own, such as `mb3k2x1a-0-k3v9x2q`. By default an event gets the ID of its position in the
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
 * line is sent, and by the standard nothing is dispatched. Other fields are refused, and so are values of which JSON
 * keeps nothing, such as a `Map` or a promise. In a browser the types `error` and `open` also reach the
 * handlers of EventSource's own events of these names, so choose others.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export type Message<E extends object = AnyEvents> = MessageFields &
  (string extends keyof E ? { event?: string | undefined; data?: unknown } : NamedMessage<E> | UnnamedMessage<E>)

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

/** A whole message for the wire. */
export function encodeMessage(message: Message): string {
  const body = encodeBody(message)
  return message.id === undefined ? endBody(body) : endEvent(body, message.id)
}

/** Whether `data` was given as undefined: nearly always a value that is missing by mistake. */
export function lacksData(message: Message): boolean {
  return message.data === undefined && message.event !== undefined && Object.hasOwn(message, 'data')
}

/** All of a message but its ID, which for an event in a log is known only when it has its position. */
export function encodeBody(message: Message): string {
  checkMessage(message)
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

/** Throws an `SseError` for what is no text. */
export function encodeComment(text: string): string {
  checkComment(text)
  return prefixLines(': ', text)
}

function encodeData(data: unknown): string {
  if (typeof data === 'string') return LINE_END.test(data) ? prefixLines('data: ', data) : `data: ${data}\n`
  return `data: ${encodeJson(data)}\n`
}

/** [spec] "Lines must be separated by either CRLF, a single LF, or a single CR": each of them would end the field. */
function prefixLines(prefix: string, text: string): string {
  return text
    .split(LINE_END)
    .map((line) => `${prefix}${line}\n`)
    .join('')
}
