/** Values that were passed in the wrong place, told by what they can do, and what to write instead. Pure. */

/** Whether a value has all of these members. */
function has(value: unknown, ...members: string[]): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isObject && members.every((member) => member in value)
}

/** By what it can do: an ESM and a CJS copy of the package in one process each have a class of their own. */
export const looksLikeRegistry = (value: unknown) =>
  typeof value !== 'function' && has(value, 'channel', 'drain', 'stats')
export const looksLikeConnection = (value: unknown) => has(value, 'lastEventId', 'subscribe', 'sendAll')
const looksLikeMiddleware = (value: unknown) => typeof value === 'function' && has(value, 'registry', 'channel')
const looksLikeStore = (value: unknown) => has(value, 'start', 'append', 'close')

/** What a stream needs of a response. Mocks of one have less. */
const OF_RESPONSE = ['req', 'on', 'once', 'write', 'end', 'getHeader', 'setHeader', 'removeHeader', 'flushHeaders']

/** What a response lacks of that; an empty list for a real one. */
export function lackingInResponse(res: object): string[] {
  const lacking = OF_RESPONSE.filter((member) => !has(res, member))
  if (lacking.length > 0) return lacking
  return 'req' in res && has(res.req, 'socket') ? [] : ['req.socket']
}

/** What should have been passed to `sse()` instead of this; undefined when nothing is known. */
export function insteadOfStreamOptions(value: unknown): string | undefined {
  if (looksLikeRegistry(value)) return 'did you mean sse({ registry })?'
  if (looksLikeMiddleware(value)) return 'did you mean sse({ registry: live.registry })?'
  if (looksLikeStore(value)) return 'did you mean sse({ registry: { store } })?'
  return typeof value === 'function' ? 'did you mean sse({ registry: createRegistry() })?' : undefined
}

/** The same for `createRegistry()`. */
export function insteadOfRegistryOptions(value: unknown): string | undefined {
  if (looksLikeRegistry(value)) return 'this is a registry already'
  if (looksLikeMiddleware(value)) return 'this middleware has a registry already: live.registry'
  if (looksLikeStore(value)) return 'did you mean createRegistry({ store })?'
  return typeof value === 'function' ? 'did you mean sse({ registry: createRegistry() })?' : undefined
}

/** The same for the option `registry`. */
export function insteadOfRegistry(value: unknown): string | undefined {
  if (looksLikeMiddleware(value)) return 'did you mean live.registry?'
  return typeof value === 'function' ? 'did you forget to call it?' : undefined
}

/** The same for the option `store`. */
export function insteadOfStore(value: unknown): string | undefined {
  return typeof value === 'function' ? 'did you forget to call it?' : undefined
}

/** The same for the second argument of `subscribe()`. */
export function insteadOfSubscribeOptions(value: unknown): string | undefined {
  if (typeof value === 'string') return "several channels are one array: subscribe(['a', 'b'])"
  return typeof value === 'function' ? 'did you mean { filter }?' : undefined
}
