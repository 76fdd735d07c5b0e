/** Options of `inspector()`: meaning and check. */
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { check, invalid, isObject, type Form } from '../check.js'
import { insteadOfRegistry, looksLikeRegistry } from '../mistakes.js'

/** Options of `inspector()`. */
export interface InspectorOptions {
  /**
   * Decides who may see the page: true lets a request through, anything else answers 403. Called for each request, and again every
   * few minutes while a page is open. May return a promise. Errors and rejections go to `next`. Annotate `req` to use what
   * Express adds to the request.
   *
   * The page shows owners, channel names and the data of events, so this option has no default. Never answer true for
   * everybody in production.
   *
   * @example
   * ```ts
   * import type { Request } from 'express'
   * import { createRegistry } from 'express-sse-channels'
   * import { inspector } from 'express-sse-channels/inspector'
   *
   * const isAdmin = (req: Request) => req.get('x-admin-token') === process.env.ADMIN_TOKEN
   * export const page = inspector(createRegistry(), { authorize: isAdmin })
   * ```
   */
  authorize(req: IncomingMessage | Http2ServerRequest): boolean | PromiseLike<boolean>
}

const FORMS: Record<keyof InspectorOptions, Form> = {
  authorize: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** The line to write, which every refusal shows. */
const LINE =
  "write app.use('/sse-inspector', inspector(registry, { authorize: (req) => isAdmin(req) })), with your own check in place of isAdmin"

/** @throws `ERR_SSE_OPTION` for something that is not a registry, a wrong option, and without `authorize` */
export function checkInspectorOptions(registry: unknown, options: unknown): asserts options is InspectorOptions {
  if (!looksLikeRegistry(registry)) {
    throw invalid(`inspector(): the first argument must be a registry; ${insteadOfRegistry(registry) ?? LINE}`)
  }
  const given = isObject(options) ? (options as Partial<InspectorOptions>) : {}
  if (typeof given.authorize !== 'function') {
    throw invalid(`inspector(): authorize must be a function that says who may see the page; ${LINE}`)
  }
  check('inspector()', given, FORMS)
}
