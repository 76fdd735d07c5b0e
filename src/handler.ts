/** `live.handler(fn)`: a route handler that gets the connection as an argument, typed and never undefined. */
import { errorForNext, isPromise } from './callback.js'
import type { AnyRequest, AnyResponse, Next, SseRequest, SseResponse } from './exchange.js'
import type { Connection } from './registry.js'

/** Handles the requests that ask for an event stream. */
export type StreamHandler<Req, Res, E extends object> = (req: Req & SseRequest, res: Res, sse: Connection<E>) => unknown

/** Runs `middleware`, and then `fn` if the request asks for an event stream. Other requests go to `next`. */
export function createHandler<Req extends AnyRequest, Res extends AnyResponse, E extends object>(
  middleware: (req: AnyRequest, res: AnyResponse, next: Next) => void,
  fn: StreamHandler<Req, Res, E>,
): (req: Req, res: Res, next: Next) => void {
  return (req, res, next) => {
    middleware(req, res, (error) => {
      const { sse } = res as SseResponse
      if (error !== undefined || sse === undefined) return next(error)
      // Express 4 and Connect do not handle rejections.
      const fail = (reason: unknown) => next(errorForNext(reason, 'the handler of an event stream'))
      try {
        const result = fn(req as Req & SseRequest, res, sse as Connection<E>)
        if (isPromise(result)) void result.then(undefined, fail)
      } catch (reason) {
        fail(reason)
      }
    })
  }
}
