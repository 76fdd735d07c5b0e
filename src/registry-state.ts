/** Reads the state of a registry: its counts, and the event ID that means "now". */
import { SseError } from './errors.js'
import type { RegistryParts } from './registry-parts.js'
import type { RegistryStats } from './stats.js'

/** Returns the counts of `registry.stats()`. */
export function statsOf({ counters, connections, log }: RegistryParts): RegistryStats {
  const { gaps, resumes, closed, published, delivered, conflated, destroyed, shed } = counters
  const { events, bytes, channels, evictedKeys } = log
  const { open, blocked: stalled, sentBytes } = connections
  return {
    connections: open,
    channels: channels.size,
    events,
    bytes,
    stalled,
    published,
    delivered,
    sentBytes,
    conflated,
    evictedKeys,
    gaps: { ...gaps },
    resumes: { ...resumes },
    closed: { ...closed },
    destroyed,
    shed,
  }
}

/** Resolves with the ID of the newest event. Rejects with `ERR_SSE_STORE` before the store has begun. */
export function lastEventIdOf({ log }: RegistryParts): Promise<string> {
  const { ids, last, isPending } = log
  if (!isPending) return Promise.resolve(ids.of(last))
  const message =
    'lastEventId(): the store has not begun yet; read it in a handler behind sse(), which waits for the store'
  return Promise.reject(new SseError('ERR_SSE_STORE', message))
}
