/** What may be the name of a channel: any text at all, since names never reach the wire unquoted. */
import { SseError } from './errors.js'

export function requireChannelName(name: unknown): asserts name is string {
  if (typeof name === 'string' && name !== '') return
  throw new SseError(
    'ERR_SSE_CHANNEL',
    `a channel name must be a non-empty string; got ${name === '' ? 'an empty one' : typeof name}`,
  )
}
