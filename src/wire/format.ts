/**
 * The event stream format: encodes a message as text for the wire. Pure. The checks of a message are in message-form.ts.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { encodeJson } from './json-data.js'
import { checkComment, checkMessage } from './message-form.js'

/** Event types and their data. The default allows every type. */
export type AnyEvents = Record<string, unknown>

interface MessageFields {
  /**
   * The app's own event ID: printable ASCII of at most 1,024 bytes, without a space at either end. Clients send it back
   * in a header. IDs of the package's form, such as `mb3k2x1a-0-k3v9x2q`, are refused.
   *
   * By default, a published event gets the ID of its position in the log, and a message of `send` gets none.
   */
  id?: string | undefined
  /** An event replaces older events of the same channel and key: new subscribers and slow clients get only the newest. */
  key?: string | undefined
  /** New reconnection time in milliseconds for each client that gets this. HTML standard, 9.2.6, field `retry`. */
  retry?: number | undefined
  /** Text that clients ignore, for people who read the stream. May have several lines. HTML standard, 9.2.6. */
  comment?: string | undefined
}

type NamedMessage<E> = {
  [K in keyof E & string]: undefined extends E[K] ? { event: K; data?: E[K] } : { event: K; data: E[K] }
}[keyof E & string]

type UnnamedMessage<E> = E extends { message: infer D }
  ? { event?: undefined; data: D }
  : { event?: undefined; data?: undefined }

/**
 * What an app publishes or sends.
 *
 * `event` is the event type: one line, by default `message`. Types that start with `sse-` are reserved for control
 * events. Avoid `error` and `open`: in browsers they also reach the handlers of EventSource's own events.
 *
 * `data` is sent as it is if it is a string, otherwise as JSON. Values that JSON cannot hold are refused, such as a `Map`
 * or a promise. Clients dispatch nothing for a message without `data`.
 *
 * Unknown fields are refused.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export type Message<E extends object = AnyEvents> = MessageFields &
  (string extends keyof E ? { event?: string | undefined; data?: unknown } : NamedMessage<E> | UnnamedMessage<E>)

/**
 * A comment line, so that middleboxes do not cut a silent stream. No blank line follows, because several clients report
 * an empty message for each blank line.
 */
export const KEEP_ALIVE = ':\n'

/**
 * A control event without data at the start of each stream. WebKit keeps a half-received event across a reconnect. This
 * event makes it drop that.
 *
 * [spec] "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty string and
 * return." So clients dispatch nothing.
 */
export const STREAM_OPEN = 'event: sse-open\n\n'

const LINE_END = /\r\n|\n|\r/

/**
 * Encodes a whole message for the wire.
 *
 * @throws `ERR_SSE_MESSAGE` or `ERR_SSE_DATA` for a message that the format cannot carry
 */
export function encodeMessage(message: Message): string {
  const body = encodeBody(message)
  return message.id === undefined ? endBody(body) : endEvent(body, message.id)
}

/** Whether a message has a field `data` that is undefined, which is nearly always a mistake. */
export function lacksData(message: Message): boolean {
  return message.data === undefined && message.event !== undefined && Object.hasOwn(message, 'data')
}

/** Encodes a message without its ID. The ID of a published event is known only when the event has its position. */
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
 * Appends the ID and the blank line that dispatches the event. The ID comes last, because several clients store it while
 * they parse. If the connection drops in the middle of an event, they would skip that event.
 */
export function endEvent(body: string, id: string): string {
  return `${body}id: ${id}\n\n`
}

/** Ends a body without an ID. Adds a blank line only after an event, because some clients report each blank line. */
export function endBody(body: string): string {
  return isEvent(body) ? `${body}\n` : body
}

/** Whether a body has a field that needs a blank line to take effect. Comments and `retry` do not. */
export function isEvent(body: string): boolean {
  return body.startsWith('event:') || body.startsWith('data:') || body.includes('\nevent:') || body.includes('\ndata:')
}

/** Decodes `event` and `data` of a body, as a client does. */
export function decodeBody(body: string): { event: string | undefined; data: string | undefined } {
  const lines = body.split('\n')
  const event = lines.find((line) => line.startsWith('event: '))?.slice('event: '.length)
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length))
  return { event, data: data.length > 0 ? data.join('\n') : undefined }
}

/** Encodes a control event, such as `sse-gap`. */
export function encodeControl(event: string, data: object, id: string | undefined): string {
  const body = `event: ${event}\ndata: ${JSON.stringify(data)}\n`
  return id === undefined ? endBody(body) : endEvent(body, id)
}

export function encodeRetry(ms: number): string {
  return `retry: ${ms}\n`
}

/** @throws `ERR_SSE_MESSAGE` for anything but well-formed text */
export function encodeComment(text: string): string {
  checkComment(text)
  return prefixLines(': ', text)
}

function encodeData(data: unknown): string {
  if (typeof data === 'string') return LINE_END.test(data) ? prefixLines('data: ', data) : `data: ${data}\n`
  return `data: ${encodeJson(data)}\n`
}

/** [spec] "Lines must be separated by either CRLF, a single LF, or a single CR": each line needs its own field. */
function prefixLines(prefix: string, text: string): string {
  return text
    .split(LINE_END)
    .map((line) => `${prefix}${line}\n`)
    .join('')
}
