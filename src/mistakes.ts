/** Recognises values that were passed in the wrong place, and says what to write instead. Pure. */
import { ServerResponse } from 'node:http'

/** Whether a value has all of these members. */
function has(value: unknown, ...members: string[]): boolean {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isObject && members.every((member) => member in value)
}

/** Checks members instead of `instanceof`, because two installed copies of the package have different classes. */
export const looksLikeRegistry = (value: unknown) =>
  typeof value !== 'function' && has(value, 'channel', 'drain', 'stats')
export const looksLikeConnection = (value: unknown) => has(value, 'lastEventId', 'subscribe', 'sendAll')
const looksLikeMiddleware = (value: unknown) => typeof value === 'function' && has(value, 'registry', 'channel')
const looksLikeStore = (value: unknown) => has(value, 'start', 'append', 'close')

/** The members of a response that a stream uses. Mock responses often lack some. */
const OF_RESPONSE = ['req', 'on', 'once', 'write', 'end', 'getHeader', 'setHeader', 'removeHeader', 'flushHeaders']

/** The members of `OF_RESPONSE` that a response lacks; an empty list for a real response. */
export function lackingInResponse(res: object): string[] {
  // Each request comes here. A search for nine members through the prototypes of Express takes as long as the rest.
  const lacking = res instanceof ServerResponse ? [] : OF_RESPONSE.filter((member) => !has(res, member))
  if (lacking.length > 0) return lacking
  return 'req' in res && has(res.req, 'socket') ? [] : ['req.socket']
}

/** What to pass to `sse()` instead of this value; undefined if unknown. */
export function insteadOfStreamOptions(value: unknown): string | undefined {
  if (looksLikeRegistry(value)) return 'did you mean sse({ registry })?'
  if (looksLikeMiddleware(value)) return 'did you mean sse({ registry: live.registry })?'
  if (looksLikeStore(value)) return 'did you mean sse({ registry: { store } })?'
  return typeof value === 'function' ? 'did you mean sse({ registry: createRegistry() })?' : undefined
}

/** What to pass to `createRegistry()` instead of this value; undefined if unknown. */
export function insteadOfRegistryOptions(value: unknown): string | undefined {
  if (looksLikeRegistry(value)) return 'this is a registry already'
  if (looksLikeMiddleware(value)) return 'this middleware has a registry already: live.registry'
  if (looksLikeStore(value)) return 'did you mean createRegistry({ store })?'
  return typeof value === 'function' ? 'did you mean sse({ registry: createRegistry() })?' : undefined
}

/** What to pass as `registry` instead of this value; undefined if unknown. */
export function insteadOfRegistry(value: unknown): string | undefined {
  if (looksLikeMiddleware(value)) return 'did you mean live.registry?'
  return typeof value === 'function' ? 'did you forget to call it?' : undefined
}

/** What to pass as `store` instead of this value; undefined if unknown. */
export function insteadOfStore(value: unknown): string | undefined {
  return typeof value === 'function' ? 'did you forget to call it?' : undefined
}

/** What to pass as second argument of `subscribe()` instead of this value; undefined if unknown. */
export function insteadOfSubscribeOptions(value: unknown): string | undefined {
  if (typeof value === 'string') return "several channels are one array: subscribe(['a', 'b'])"
  return typeof value === 'function' ? 'did you mean { filter }?' : undefined
}
