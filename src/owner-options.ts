/** Owners of connections: the options that name one, and the checks of an owner. */
import { isPromise } from './callback.js'
import { check, invalid, type Form } from './check.js'

/** Options of `registry.disconnect()`. */
export interface DisconnectOptions {
  /** Whose connections are ended: what the option `owner` of `sse()` returned for them. */
  owner: string
}

/** Options of `registry.connections()`. */
export interface ConnectionsOptions {
  /**
   * Whose connections are listed: what the option `owner` of `sse()` returned for them.
   * @default the connections of all owners, and those without one
   */
  owner?: string | undefined
}

const owner: Form = {
  is: 'a non-empty string of well-formed Unicode',
  test: (value) => typeof value === 'string' && value !== '' && value.isWellFormed(),
}

/** @throws `ERR_SSE_OPTION` for a wrong option, or without an owner */
export function requireOwner(options: DisconnectOptions): string {
  // An owner that is undefined by mistake must not look like success.
  check('disconnect()', options, { owner: { ...owner, isRequired: true } })
  return options.owner
}

/** @throws `ERR_SSE_OPTION` for a wrong option */
export function resolveOwner(options: ConnectionsOptions): string | undefined {
  check('connections()', options, { owner })
  return options.owner
}

/**
 * Calls the option `owner` of `sse()` for a request.
 *
 * @throws `ERR_SSE_OPTION` for what is no owner, and what `ownerOf` throws
 */
export function findOwner<Req>(ownerOf: (req: Req) => unknown, req: Req): string | undefined {
  const found = ownerOf(req)
  if (found === undefined || owner.test(found)) return found as string | undefined
  if (isPromise(found)) void Promise.resolve(found).catch(() => undefined)
  const given = isPromise(found)
    ? 'a promise. Load the user in a middleware before sse(), and make owner synchronous'
    : typeof found === 'string'
      ? JSON.stringify(found)
      : `a value of the type ${typeof found}`
  throw invalid(`sse(): owner must return ${owner.is}, or undefined; got ${given}`)
}
