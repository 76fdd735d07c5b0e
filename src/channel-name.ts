/** Checks channel names. Any well-formed, non-empty text is valid, because names reach the wire only as JSON. */
import { inspect } from 'node:util'
import { SseError } from './errors.js'

export function requireChannelName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '' && name.isWellFormed()) return
  throw new SseError('ERR_SSE_CHANNEL', explain(name))
}

/** Lone surrogates are refused, because UTF-8 cannot hold them: two different names would be one in Redis. */
function explain(name: unknown): string {
  if (name === '') return 'a channel name must be a non-empty string; got ""'
  if (typeof name === 'string') {
    return 'a channel name must be well-formed Unicode; got a lone surrogate. Use toWellFormed() to replace it'
  }
  const shown = inspect(name, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  return `a channel name must be a non-empty string; got ${shown}`
}
