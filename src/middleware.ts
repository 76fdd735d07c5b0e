/** `sse()`: the middleware that turns a request for an event stream into `res.sse`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import createError from 'http-errors'
import vary from 'vary'
import { admissionOf, type Admission } from './admission.js'
import { errorForNext } from './callback.js'
import type { Channel } from './channel.js'
import type { StreamRoute } from './http/stream-route.js'
import { SseError } from './errors.js'
import type { AnyEvents } from './wire/format.js'
import type { CloseOptions } from './drain-options.js'
import type { AnyRequest, AnyResponse, Next, SseRequest, SseResponse } from './exchange.js'
import { createRegistry } from './create-registry.js'
import { createHandler, type StreamHandler } from './handler.js'
import { acceptsEventStream, acceptsGzip, readLastEventId } from './http/request.js'
import { answerFinished } from './http/response.js'
import { lackingInResponse, looksLikeConnection, looksLikeRegistry } from './mistakes.js'
import { invalid } from './check.js'
import type { RegistryOptions } from './registry-options.js'
import { findOwner } from './owner-options.js'
import { Connection as ConnectionOf } from './connection.js'
import type { ChannelRegistry, Connection } from './registry.js'
import { resolveStreamOptions } from './resolve-options.js'
import type { StreamOptions } from './stream-options.js'
import { Compressor } from './wire/compression.js'
import { beforeEnd } from './wire/id-form.js'

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- Express's types are extended in a namespace
  namespace Express {
    interface Request {
      /**
       * The last event ID that the client sent; an empty string without one. `'\uFFFD'` replaces an ID that no server can
       * have given out. Set by `sse()`. HTML standard, 9.2.4.
       */
      lastEventId: string
    }
    interface Response {
      /** The connection, if the request asks for an event stream. Set by `sse()`. */
      sse?: Connection
    }
  }
}

/** Options of `sse()`: those of its event streams, and the registry. */
export interface SseOptions<E extends object = AnyEvents> extends StreamOptions {
  /**
   * The registry whose channels the connections subscribe to. Pass a registry to share it between routes, or options to
   * make a new one for this route.
   * @default a new registry with default options
   */
  registry?: ChannelRegistry<E> | ChannelRegistry | RegistryOptions<E> | undefined
}

/**
 * A middleware for Express, Connect, `node:http` and `node:http2`, made by `sse()`.
 *
 * `next` gets a 406 `HttpError` for other requests if `fallthrough` is false. It gets an `SseError` with the code
 * `ERR_SSE_RESPONSE` for a mock response that cannot carry a stream.
 *
 * @example
 * ```ts
 * import { createServer, type ServerResponse } from 'node:http'
 * import { sse, type SseResponse } from 'express-sse-channels'
 *
 * const live = sse({ accept: 'any' })
 * const server = createServer((req, res: ServerResponse & SseResponse) => {
 *   live(req, res, () => res.sse?.subscribe('news'))
 * }).listen(3000)
 * await live.channel('news').publish({ data: 'hello' })
 * process.once('SIGTERM', () => live.close().then(() => server.close()))
 * ```
 */
export interface SseMiddleware<E extends object = AnyEvents> {
  (req: AnyRequest, res: AnyResponse, next: Next): void
  /** The registry whose channels the connections subscribe to. */
  readonly registry: ChannelRegistry<E>
  /**
   * Returns a channel of the registry: the same as `registry.channel(name)`.
   *
   * @throws `ERR_SSE_CHANNEL` for a name that is empty, not a string or not well-formed Unicode
   */
  channel(name: string): Channel<E>
  /**
   * Returns a route handler that gets the connection as its third argument. It includes the middleware, so it stands alone
   * on a route. The connection is never undefined, and it knows the event types of the registry. Annotate `req` to use what
   * Express adds to it.
   *
   * Requests that do not accept `text/event-stream` go to `next`: with a 406 `HttpError` if `fallthrough` is false. What `fn`
   * throws or rejects with goes to `next` too, also on Express 4 and Connect.
   *
   * @example
   * ```ts
   * import express, { type Request } from 'express'
   * import { sse } from 'express-sse-channels'
   *
   * const app = express()
   * const live = sse({ fallthrough: false })
   * app.get(
   *   '/games/:id/stream',
   *   live.handler((req: Request<{ id: string }>, _res, connection) => {
   *     connection.subscribe(`game:${req.params.id}`)
   *   }),
   * )
   * ```
   */
  handler<Req extends AnyRequest = IncomingMessage, Res extends AnyResponse = ServerResponse>(
    fn: StreamHandler<Req, Res, E>,
  ): (req: Req, res: Res, next: Next) => void
  /**
   * Ends the connections of this middleware and sheds new requests. If `sse()` made the registry, the registry is closed
   * too. A registry that was passed in stays open. Settles when the connections are gone, at the latest after `grace`.
   *
   * @throws Rejects with `ERR_SSE_OPTION` for a wrong option
   */
  close(options?: CloseOptions): Promise<void>
}

/**
 * Makes a middleware that puts a connection on `res.sse` for requests that accept `text/event-stream`, and reads
 * `Last-Event-ID` into `req.lastEventId`. Nothing is sent before the handler uses `res.sse`.
 *
 * `sse()` takes one argument. The rest parameter makes `app.get(path, sse, handler)`, without the call, a type error.
 *
 * @throws `ERR_SSE_OPTION` for a wrong option, or for a store that another registry uses
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model (HTML standard, 9.2.3)
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { sse } from 'express-sse-channels'
 *
 * const app = express()
 * const live = sse({ keepAlive: 10_000 })
 * app.get('/games/:id/stream', live, (req, res) => {
 *   if (!res.sse) return res.sendStatus(406)
 *   res.sse.subscribe(`game:${req.params.id}`)
 * })
 * app.listen(3000)
 * await live.channel('game:42').publish({ event: 'goal', data: { minute: 12 } })
 * ```
 */
export function sse<E extends object = AnyEvents>(options: SseOptions<E> = {}, ...more: never[]): SseMiddleware<E> {
  if (more.length > 0)
    throw invalid(
      'sse() takes one argument, its options; got more. Write app.get(path, sse(), handler), not app.get(path, sse, handler)',
    )
  const resolved = resolveStreamOptions(options)
  const compressor = resolved.compress ? new Compressor(resolved.compress) : undefined
  const route: StreamRoute = { options: resolved, compressor, open: 0, closed: false, hasReportedHead: false }
  const shared = looksLikeRegistry(options.registry) ? (options.registry as ChannelRegistry<E>) : undefined
  const registry = shared ?? createRegistry<E>(options.registry as RegistryOptions<E> | undefined)
  const admission = admissionOf<ChannelRegistry>(registry)

  function middleware(req: AnyRequest, res: AnyResponse, next: Next): void {
    if (!admission.isStarting) return handle(req, asResponse(res), next, { route, admission })
    // A client that disconnects while the store starts must not stay in memory until the store answers.
    const stopWaiting = admission.onceStarted(() => {
      res.off('close', stopWaiting)
      middleware(req, res, next)
    })
    res.once('close', stopWaiting)
  }

  return Object.assign(middleware, {
    registry,
    channel: (name: string) => registry.channel(name),
    handler: <Req extends AnyRequest, Res extends AnyResponse>(fn: StreamHandler<Req, Res, E>) =>
      createHandler(middleware, fn),
    close: (options?: CloseOptions) =>
      shared === undefined ? registry.close(options) : admission.closeRoute(route, options),
  })
}

/** What every request of one middleware needs. */
interface Entrance {
  readonly route: StreamRoute
  readonly admission: Admission<ChannelRegistry>
}

type Request = AnyRequest & Partial<SseRequest>

type Response = ServerResponse & SseResponse

function handle(req: Request, res: Response, next: Next, entrance: Entrance): void {
  const { route, admission } = entrance
  const lastEventId = readLastEventId(req)
  const position = beforeEnd(lastEventId)
  req.lastEventId = position ?? lastEventId
  if (res.headersSent) return goOnWithoutStream(req, res, next, entrance)
  if (res.sse !== undefined && looksLikeConnection(res.sse)) {
    // The same middleware mounted twice is harmless. Another one would lose its options.
    if (!ConnectionOf.isOf(route, res.sse)) admission.warn('SSE_TWICE')
    return next()
  }
  vary(res, route.compressor === undefined ? 'Accept' : 'Accept, Accept-Encoding')
  const { accept, fallthrough, reopenFinished, headers } = route.options
  if (acceptsEventStream(req, accept)) {
    const lacking = lackingInResponse(res)
    if (lacking.length > 0) return next(mockError(lacking))
    if (position !== undefined && !reopenFinished) return answerFinished(res, headers)
    let owner: string | undefined
    try {
      owner = route.options.owner && findOwner(route.options.owner, req)
    } catch (error) {
      return next(errorForNext(error, 'owner of sse()'))
    }
    const compressor = route.compressor && acceptsGzip(req) ? route.compressor : undefined
    const connection = admission.connect(res, { lastEventId: req.lastEventId, owner, compressor }, route)
    if (connection === undefined) return
    res.sse = connection
  } else if (!fallthrough) {
    return next(createError(406, 'This is an event stream: the request must accept text/event-stream.'))
  }
  next()
}

/** Continues without `res.sse`, because the head was sent before. Reports this once, unless the response has finished. */
function goOnWithoutStream(req: Request, res: Response, next: Next, { route, admission }: Entrance): void {
  if (!route.hasReportedHead && !res.writableEnded && acceptsEventStream(req, route.options.accept)) {
    route.hasReportedHead = true
    const message = `sse(): the head of the response to ${req.url} was sent before sse() ran, so there is no res.sse. Put sse() before the middleware that sends the head`
    admission.report(new SseError('ERR_SSE_HEAD', message))
  }
  next()
}

/** All members used here exist in the HTTP/2 compatibility API too. */
function asResponse(res: AnyResponse): Response {
  return res as ServerResponse
}

function mockError(lacking: readonly string[]): SseError {
  return new SseError(
    'ERR_SSE_RESPONSE',
    `sse(): a stream needs a real response; this one lacks ${lacking.join(', ')}. Use a real server in the test`,
  )
}
