/** What may be the name of a channel: any well-formed text, since names never reach the wire unquoted. */
import { inspect } from 'node:util'
import { SseError } from './errors.js'

export function requireChannelName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return
  throw new SseError('ERR_SSE_CHANNEL', explain(name))
}

/** UTF-8 has no lone surrogates: in Redis two different names would become the same. */
function explain(name: unknown): string {
  if (name === '') return 'a channel name must be a non-empty string; got an empty one'
  if (typeof name === 'string') {
    return 'a channel name must be well-formed Unicode; got a lone surrogate. Use toWellFormed() to replace it'
  }
  const shown = inspect(name, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  return `a channel name must be a non-empty string; got ${shown}`
}
