/** The error for a response that is no event stream. */
import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http'
import type { Answer, Inquiry } from './answer.js'
import { after } from '../timers.js'

/** How many characters of the body are kept. */
const KEPT = 1000
/** How many of them the message shows. */
const SHOWN = 300

/**
 * Why `openStream()` and `stream.reconnect()` reject if the response is no event stream.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import express from 'express'
 * import { openStream } from 'express-sse-channels/testing'
 *
 * const app = express().get('/stream', (req, res) => res.sendStatus(401))
 * await assert.rejects(openStream(app, { path: '/stream' }), { status: 401, body: 'Unauthorized' })
 * ```
 */
export class RefusedError extends Error {
  /** `RefusedError`. */
  override readonly name = 'RefusedError'
  /** Status of the response. */
  readonly status: number
  /** Headers of the response; their names are lower-case. */
  readonly headers: IncomingHttpHeaders
  /** The first 1000 characters of the body. */
  readonly body: string

  constructor({ method, url }: Pick<Inquiry, 'method' | 'url'>, { status, headers }: Answer, body: string) {
    const type = headers['content-type']
    const facts = [
      `openStream(): ${method} ${url.pathname}${url.search} got ${status} ${STATUS_CODES[status] ?? ''}`.trim(),
      type === undefined ? 'without a Content-Type' : `with Content-Type ${type}`,
      ...(headers.location === undefined ? [] : [`with Location ${headers.location}`]),
    ]
    const hint = status === 204 ? ' A finished stream answers 204, so that clients do not come back.' : ''
    const shown = body === '' ? 'Its body is empty.' : `Its body begins: ${body.slice(0, SHOWN)}`
    super(`${facts.join(' ')}, which is no event stream.${hint} ${shown}`)
    this.status = status
    this.headers = headers
    this.body = body
  }
}

export function isEventStream({ status, headers }: Answer): boolean {
  const [essence = ''] = (headers['content-type'] ?? '').split(';')
  return status === 200 && essence.trim().toLowerCase() === 'text/event-stream'
}

/** Reads the beginning of a body, for at most `ms`: a body may never end. */
export async function beginningOf({ body }: Answer, ms: number): Promise<string> {
  let text = ''
  await new Promise<void>((resolve) => {
    const timer = after(ms, resolve)
    timer.ref()
    const decoder = new TextDecoder()
    body.on('data', (bytes: Buffer) => {
      text += decoder.decode(bytes, { stream: true })
      if (text.length >= KEPT) resolve()
    })
    for (const end of ['end', 'error', 'close']) body.on(end, resolve)
    body.on('close', () => timer.stop())
  })
  return text.slice(0, KEPT)
}
