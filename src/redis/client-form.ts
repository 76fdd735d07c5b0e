/** Checks the option `client`. The store accepts clients of npm `redis` 5 and 6 that can be copied. */
import { inspect } from 'node:util'
import { isSentinel } from './client-kinds.js'

/** Clients of `redis` 5 and 6 have all of these methods. Clients of other libraries lack some. */
const METHODS = ['connect', 'destroy', 'close', 'duplicate', 'on', 'sendCommand', 'withTypeMapping']

export function isRedisClient(value: unknown): boolean {
  return METHODS.every((name) => hasMethod(value, name))
}

/** Describes a wrong value for the error message, with the fix if one is known. */
export function describeClient(value: unknown): string {
  if (hasMethod(value, 'defineCommand')) return 'a client of ioredis'
  if (hasMethod(value, 'withTypeMapping')) {
    if (isSentinel(value)) return 'a Sentinel client of redis 5, which cannot be copied; redis 6 can do it'
    if (hasMethod(value, 'execute')) return 'a pool; pass createClient() with the options of its clients'
  }
  if (hasMethod(value, 'executeIsolated') || hasMethod(value, 'executeScript')) return 'a client of redis 4'
  if (hasMethod(value, 'internal_send_command')) return 'a client of redis 3 or older'
  if (typeof value === 'function') return 'a function'
  // Fields are left out, because they may hold a password.
  return inspect(value, { depth: -1 })
}

function hasMethod<N extends string>(value: unknown, name: N): value is Record<N, unknown> {
  if (typeof value !== 'object' || value === null || !(name in value)) return false
  return typeof (value as Record<N, unknown>)[name] === 'function'
}
