/** Sends a request, and resolves with the head of the response. Headers in any case; one response per connection. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import type { Target } from './target.js'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

export interface Inquiry {
  readonly method: string
  readonly url: URL
  /** Path and query, sent as they are. Undefined: those of `url`. */
  readonly path?: string | undefined
  readonly headers: Record<string, string | string[]>
  readonly body: string | Uint8Array | undefined
  /** The address to come from; undefined leaves it to the system. HTTP/1.1 only. */
  readonly localAddress?: string | undefined
}

/** A request on a connection of its own. */
export interface Exchange {
  /** Rejects if no response comes. */
  readonly answer: Promise<Answer>
  /** Drops the connection. */
  cut(): void
}

export function send(inquiry: Inquiry, target: Pick<Target, 'http' | 'verify'>): Exchange {
  return target.http === '2' ? sendHttp2(inquiry, target.verify) : sendHttp1(inquiry, target.verify)
}

function sendHttp1(
  { method, url, path = url.pathname + url.search, headers, body, localAddress }: Inquiry,
  verify: boolean,
): Exchange {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = start(url, {
    method,
    path,
    // As browsers do. Without it, an agent that is used once asks the server to close the connection.
    headers: { connection: 'keep-alive', ...headers },
    agent: false,
    rejectUnauthorized: verify,
    ...(localAddress !== undefined && { localAddress }),
  })
  const answer = new Promise<Answer>((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
    })
  })
  request.end(body)
  return { answer, cut: () => request.destroy() }
}

function sendHttp2(
  { method, url, path = url.pathname + url.search, headers, body }: Inquiry,
  verify: boolean,
): Exchange {
  const session = connect(url, { rejectUnauthorized: verify })
  const answer = new Promise<Answer>((resolve, reject) => {
    session.on('error', reject)
    session.on('close', () => reject(new Error('the connection was closed')))
    const stream = session.request({ ...headers, ':path': path, ':method': method }, { endStream: body === undefined })
    stream.on('error', reject)
    stream.on('close', () => session.close())
    stream.on('response', (head) => resolve({ status: head[':status'] ?? 0, headers: head, body: stream }))
    if (body !== undefined) stream.end(body)
  })
  return { answer, cut: () => session.destroy() }
}
