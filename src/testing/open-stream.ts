/** `openStream()`: puts target, connection and stream together. */
import type { Server } from 'node:net'
import { connectTo } from './connecting.js'
import { settingsOf, type OpenStreamOptions } from './options.js'
import { targetOf, type App } from './target.js'
import { TestStream } from './test-stream.js'

/**
 * Opens an event stream over a real connection, for a test. Resolves when the head of the response has arrived; the handler
 * has then subscribed. Takes an app of Express or Connect, a request listener, a server of `node:http`, `node:https` or
 * `node:http2`, or a URL. An app, or a server that does not listen, listens on a free port until the stream is closed.
 *
 * It makes one request, and follows no redirect. Call `close()` after the test, or declare the stream with `await using`.
 *
 * @throws Rejects with a `RefusedError` for a response that is no event stream, with an `Error` if none comes within
 *   `timeout`, and with `ERR_SSE_OPTION` for wrong arguments
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { sse } from 'express-sse-channels'
 * import { openStream } from 'express-sse-channels/testing'
 *
 * const live = sse()
 * const app = express().get('/stream', live, (req, res) => res.sse?.subscribe('news'))
 * await using stream = await openStream(app, { path: '/stream' })
 * await live.channel('news').publish({ event: 'headline', data: { title: 'Goal' } })
 * console.log((await stream.next('headline')).json())
 * ```
 */
export async function openStream<Events extends object = object>(
  where: App | Server | string | URL,
  options: OpenStreamOptions = {},
): Promise<TestStream<Events>> {
  const settings = settingsOf(options)
  const { timeout, lastEventId = '' } = settings
  const target = await targetOf(where)
  const connect = (id: string) => connectTo(target, settings, id)
  try {
    const connection = await connect(lastEventId)
    return new TestStream<Events>({ connect, close: () => target.close(), timeout, lastEventId }, connection)
  } catch (error) {
    await target.close()
    throw error
  }
}
