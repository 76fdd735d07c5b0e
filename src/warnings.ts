/**
 * What the package warns of: things that work, and that are nearly always a mistake. Each warning comes once for each
 * registry, through `process.emitWarning`, with the type `SseWarning` and a code. `node --no-warnings` hides them.
 */

/**
 * - `SSE_UNANSWERED`: a handler has left a request for an event stream open for 10 seconds without opening the stream.
 * - `SSE_WORKERS`: one of several workers keeps its log in its own memory.
 * - `SSE_TWICE`: two `sse()` were applied to one response.
 * - `SSE_NO_DATA`: a message has the field `data`, and its value is undefined.
 */
export type SseWarningCode = 'SSE_UNANSWERED' | 'SSE_WORKERS' | 'SSE_TWICE' | 'SSE_NO_DATA'

const TEXTS: Record<SseWarningCode, string> = {
  SSE_UNANSWERED:
    'A request for an event stream hangs, because its handler has not opened the stream for 10 seconds. ' +
    'Call res.sse.subscribe(), send() or open(), or answer otherwise, such as with res.status(204).end().',
  SSE_WORKERS:
    'This process is one of several workers, and its registry is in its own memory: clients do not get what other ' +
    'workers publish. Pass store: redisStore({ … }) to share the registry, or store: memoryStore() when it is meant.',
  SSE_TWICE:
    'Two sse() were applied to one response. The first one made res.sse, and the second one does nothing: its options ' +
    'and its registry are not used. Remove one of them.',
  SSE_NO_DATA:
    'A message was sent whose data is undefined, so browsers dispatch nothing. Await the value or correct its name, or ' +
    'leave out data when the event is meant to have none.',
}

/** Said in production too: there it happens first, and events are lost to clients. */
const ALSO_IN_PRODUCTION = new Set<SseWarningCode>(['SSE_WORKERS'])

export type Warn = (code: SseWarningCode) => void

/** Warns of each thing once. `NODE_ENV` is read now, not at each warning. */
export function createWarn(isProduction = inProduction()): Warn {
  const given = new Set<SseWarningCode>()
  return (code) => {
    if (given.has(code) || (isProduction && !ALSO_IN_PRODUCTION.has(code))) return
    given.add(code)
    process.emitWarning(TEXTS[code], { type: 'SseWarning', code })
  }
}

export function inProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}
