/** `createRegistry()`: makes a registry from its options. */
import { logDiagnostics } from './debug-log.js'
import type { RegistryOptions } from './registry-options.js'
import { ChannelRegistry } from './registry.js'
import type { AnyEvents } from './wire/format.js'

/**
 * Makes a registry that several routes can share. A route with a registry of its own needs only `sse()`.
 *
 * @throws `ERR_SSE_OPTION` for a wrong option, or for a store that another registry uses
 *
 * @example
 * ```ts
 * import express from 'express'
 * import { createRegistry, sse } from 'express-sse-channels'
 *
 * const app = express()
 * const registry = createRegistry({ history: { age: 60_000 } })
 * app.get('/games', sse({ registry }), (req, res) => void res.sse?.subscribe('games'))
 * app.get('/shop', sse({ registry }), (req, res) => void res.sse?.subscribe('shop'))
 * app.listen(3000)
 * ```
 */
export function createRegistry<E extends object = AnyEvents>(options: RegistryOptions<E> = {}): ChannelRegistry<E> {
  logDiagnostics()
  return new ChannelRegistry<E>(options)
}
