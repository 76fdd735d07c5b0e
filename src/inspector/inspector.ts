/** `inspector()`: the middleware that serves the page and its event stream to requests that the app lets in. */
import createError from 'http-errors'
import { errorForNext, isPromise } from '../callback.js'
import { createRegistry } from '../create-registry.js'
import type { CloseOptions } from '../drain-options.js'
import { SseError } from '../errors.js'
import type { AnyRequest, AnyResponse, Next } from '../exchange.js'
import { inspectionOf, type Inspection } from '../inspection.js'
import { memoryStore } from '../log/memory-store.js'
import { sse } from '../middleware.js'
import { invalid } from '../check.js'
import type { ChannelRegistry } from '../registry.js'
import { checkInspectorOptions, type InspectorOptions } from './options.js'
import { readPageFiles, type PageFile } from './page-files.js'
import { pathOf, queryOf, withSlash } from './paths.js'
import { Sampler } from './sampler.js'
import { viewsOf } from './views.js'

/**
 * The middleware that `inspector()` returns, for Express, Connect, `node:http` and `node:http2`, under any mount path.
 *
 * `next` gets a 403 `HttpError` if `authorize` does not answer true, and the error if `authorize` throws. Requests for
 * something else, and methods other than GET and HEAD, go to the next handler.
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { createRegistry } from 'express-sse-channels'
 * import { inspector } from 'express-sse-channels/inspector'
 *
 * const app = express()
 * const page = inspector(createRegistry(), { authorize: ({ socket }) => socket.remoteAddress === '127.0.0.1' })
 * app.use('/sse-inspector', page)
 * const server = app.listen(3000)
 * process.once('SIGTERM', () => page.close().then(() => server.close()))
 * ```
 */
export interface Inspector {
  (req: AnyRequest, res: AnyResponse, next: Next): void
  /**
   * Ends the streams of open pages, and sheds new ones. Settles when the streams are gone, at the latest after `grace`. Not
   * needed if the inspected registry is closed: the streams then end too, within a second.
   *
   * @throws Rejects with `ERR_SSE_OPTION` for a wrong option
   */
  close(options?: CloseOptions): Promise<void>
}

const HEADERS = {
  'Content-Security-Policy': "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

/** Bounds of the inspector's own registry. Samples of states have a key, so a slow page skips outdated ones. */
const BOUNDS = { history: { events: 100, bytes: 1024 * 1024, age: 10 * 60_000 }, bytes: 16 * 1024 * 1024 }

/** How long sampling goes on without a page, so that a page that is reloaded misses nothing. */
const LINGER = 2000

/** Options of the page's stream. A page is authorised again when its connection reaches `maxAge`. */
const STREAM = { fallthrough: false, retry: 1000, maxAge: 5 * 60_000, maxConnections: 20, headers: HEADERS }

/**
 * Makes a page that shows what a registry does: channels, connections, counts, gaps and closes, and the events of one channel.
 * The page changes nothing in the registry. While no page is open, the registry is not read.
 *
 * `sse()` puts its registry on `live.registry`.
 *
 * @throws `ERR_SSE_OPTION` without `authorize`, for a wrong option, and for something that is not a registry
 *
 * @example
 * ```ts
 * import express, { type Request } from 'express'
 * import { sse } from 'express-sse-channels'
 * import { inspector } from 'express-sse-channels/inspector'
 *
 * const app = express()
 * const live = sse()
 * app.get('/stream', live, (req, res) => void res.sse?.subscribe('news'))
 * const isAdmin = (req: Request) => req.get('x-admin-token') === process.env.ADMIN_TOKEN
 * app.use('/sse-inspector', inspector(live.registry, { authorize: isAdmin }))
 * app.listen(3000)
 * ```
 */
export function inspector<E extends object>(registry: ChannelRegistry<E>, options: InspectorOptions): Inspector {
  checkInspectorOptions(registry, options)
  const inspection = inspectionOf(registry)
  if (inspection === undefined) throw invalid('inspector(): the registry is of a version that cannot be inspected')
  const pages = readPageFiles()
  const stream = createStream(registry as ChannelRegistry, inspection)

  function answer(req: AnyRequest, res: AnyResponse, next: Next): void {
    const slash = withSlash(req)
    const file = pages.get(pathOf(req))
    if (slash !== undefined) redirect(res, slash)
    else if (file !== undefined) send(res, file)
    else stream.handle(req, res, next)
  }

  function middleware(req: AnyRequest, res: AnyResponse, next: Next): void {
    const path = pathOf(req)
    const isMine = pages.has(path) || path === '/events'
    if (!isMine || (req.method !== 'GET' && req.method !== 'HEAD')) return next()
    if (path === '/events' && isCrossSite(req))
      return next(createError(403, 'The stream is open to its own page only.'))
    authorize(options, req, next, () => answer(req, res, next))
  }

  return Object.assign(middleware, { close: stream.close })
}

/** Creates the stream of the page. A second registry keeps the stream out of the counts of the inspected registry. */
function createStream(registry: ChannelRegistry, inspection: Inspection) {
  const own = createRegistry({ ...BOUNDS, linger: LINGER, store: memoryStore() })
  const live = sse({ ...STREAM, registry: own })
  new Sampler({ registry, inspection, own }).start()
  const handle = live.handler<AnyRequest, AnyResponse>((req, _res, connection) => {
    if (connection.registry !== own) {
      throw new SseError('ERR_SSE_OPTION', 'inspector(): another sse() ran first; mount the inspector above it')
    }
    const { states, lists } = viewsOf(queryOf(req))
    connection.subscribe(states)
    connection.subscribe(lists, { from: 'start' })
  })
  return { handle, close: (options?: CloseOptions) => own.close(options) }
}

/** Whether a page of another site asks. Such a page may link to the inspector, but must not use up its streams. */
function isCrossSite({ headers }: AnyRequest): boolean {
  return headers['sec-fetch-site'] === 'cross-site'
}

/** Calls `answer` if the app lets the request through. */
function authorize(options: InspectorOptions, req: AnyRequest, next: Next, answer: () => void): void {
  const fail = (reason: unknown) => next(errorForNext(reason, 'authorize of inspector()'))
  // A check that answers with an object, such as `{ allowed: false }`, must not open the page.
  const decide = (answered: unknown) =>
    answered === true ? answer() : next(createError(403, 'The inspector is not open to this request.'))
  try {
    const answered = options.authorize(req)
    if (isPromise(answered)) void Promise.resolve(answered).then(decide).catch(fail)
    else decide(answered)
  } catch (error) {
    fail(error)
  }
}

function redirect(res: AnyResponse, to: string): void {
  res.statusCode = 302
  res.setHeader('Location', to)
  res.setHeader('Cache-Control', 'no-store')
  res.end()
}

function send(res: AnyResponse, { type, body }: PageFile): void {
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value)
  res.setHeader('Cache-Control', 'no-store')
  res.setHeader('Content-Type', type)
  res.setHeader('Content-Length', body.length)
  // Node drops the body of an answer to HEAD.
  res.end(body)
}
