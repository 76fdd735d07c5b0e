/** Opens a connection to a target: builds the request, limits the wait for its response, and refuses other responses. */
import { after } from '../timers.js'
import { send, type Answer, type Inquiry } from './answer.js'
import type { Settings } from './options.js'
import { beginningOf, isEventStream, RefusedError } from './refused-error.js'
import type { Target } from './target.js'

/** A response that is an event stream. */
export interface OpenConnection {
  readonly answer: Answer
  /** Drops the connection. */
  cut(): void
}

/**
 * @throws Rejects with a `RefusedError` for a response that is no event stream, and with an `Error` if none comes
 */
export async function connectTo(target: Target, settings: Settings, lastEventId: string): Promise<OpenConnection> {
  const inquiry = inquiryOf(target.url, settings, lastEventId)
  const exchange = send(inquiry, target)
  const cut = () => exchange.cut()
  const { timeout } = settings
  try {
    const answer = await within(timeout, exchange.answer, `openStream(): no response to ${nameOf(inquiry)}`)
    if (!isEventStream(answer)) throw new RefusedError(inquiry, answer, await beginningOf(answer, timeout))
    return { answer, cut }
  } catch (error) {
    cut()
    throw error
  }
}

async function within<T>(ms: number, promise: Promise<T>, problem: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = after(ms, () => reject(new Error(`${problem} within ${ms} ms`)))
    timer.ref()
    const fail = (cause: unknown) => {
      const { code, message } = cause as NodeJS.ErrnoException
      // The message of an AggregateError, such as that of a refused connection to localhost, is empty.
      reject(new Error(`${problem}: ${message || String(code)}`, { cause }))
    }
    promise.then(resolve, fail).finally(() => timer.stop())
  })
}

function inquiryOf(base: URL, settings: Settings, lastEventId: string): Inquiry {
  const { path, method, body, headers: own = {} } = settings
  const { body: bytes, headers: ofBody } = encodeBody(body)
  const headers: Settings['headers'] = {
    accept: 'text/event-stream',
    ...ofBody,
    // As browsers do: a header value has one character for each byte of UTF-8.
    ...(lastEventId !== '' && { 'last-event-id': Buffer.from(lastEventId).toString('latin1') }),
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name.toLowerCase(), value])),
  }
  return {
    method: method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST'),
    url: path === undefined ? base : new URL(path, base),
    headers: Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) => {
        if (value === undefined) return []
        return [[name, typeof value === 'string' ? value : [...value]]]
      }),
    ),
    body: bytes,
  }
}

function encodeBody(body: Settings['body']): { body: string | Uint8Array | undefined; headers: Settings['headers'] } {
  if (body === undefined || typeof body === 'string') return { body, headers: {} }
  if (body instanceof Uint8Array) return { body, headers: {} }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function nameOf({ method, url }: Inquiry): string {
  return `${method} ${url.pathname}${url.search}`
}
