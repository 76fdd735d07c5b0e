/**
 * Warnings about things that work but are nearly always a mistake. Each registry emits each warning once, through
 * `process.emitWarning`, with the type `SseWarning` and a code. `node --no-warnings` hides them.
 */

/**
 * Codes of warnings. Listen with `process.on('warning', ({ name, code }) => …)`:
 * - `SSE_UNANSWERED`: a handler has neither opened the stream nor answered for 10 seconds.
 * - `SSE_WORKERS`: the process is one of several workers, and its log is in memory.
 * - `SSE_TWICE`: two `sse()` middlewares ran for one response.
 * - `SSE_NO_DATA`: a message has an `event` and the field `data`, whose value is undefined.
 */
export type SseWarningCode = 'SSE_UNANSWERED' | 'SSE_WORKERS' | 'SSE_TWICE' | 'SSE_NO_DATA'

const TEXTS: Record<SseWarningCode, string> = {
  SSE_UNANSWERED:
    'A request for an event stream hangs: its handler has not opened the stream for 10 seconds. ' +
    'Call res.sse.subscribe(), send() or open(), or answer otherwise, such as with res.status(204).end().',
  SSE_WORKERS:
    'This process is one of several workers, and its registry is in memory: clients do not get what other workers ' +
    'publish. Pass store: redisStore({ … }) to share the registry, or store: memoryStore() if this is intended.',
  SSE_TWICE:
    'Two sse() middlewares ran for one response. The first one set res.sse. The second one does nothing: its options ' +
    'and its registry are not used. Remove one of them.',
  SSE_NO_DATA:
    'A message was sent whose data is undefined, so browsers dispatch nothing. Await the value or correct its name. ' +
    'Leave out data if the event should have none.',
}

/** Warnings that are emitted in production too: several workers are rare elsewhere, and clients lose events. */
const ALSO_IN_PRODUCTION = new Set<SseWarningCode>(['SSE_WORKERS'])

export type Warn = (code: SseWarningCode) => void

/** Emits each warning once. `NODE_ENV` is read now, not at each warning. */
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
