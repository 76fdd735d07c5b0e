// One connection attempt, from the request to the end of its response. retry-loop.ts decides what follows.
import { retryAfter } from './backoff.js'
import { blockReader, tooLarge, type Block } from './blocks.js'
import { essence } from './essence.js'
import type { Opened } from './events.js'
import type { Settings } from './options.js'
import type { Reason } from './state.js'

export interface AttemptHandlers {
  /** The response is an event stream. */
  open(response: Opened): void
  /** The server has sent something. */
  heard(): void
  /** `origin` is the origin of the response, after redirects. */
  block(block: Block, origin: string): void
  retry(ms: number): void
  /** The response is not an event stream. `wait` is as in `end`. */
  refused(reason: Reason, wait?: number): Promise<void>
  /** The attempt is over. `wait`: ms before the next attempt, as the server asks; `undefined` forbids another attempt. */
  end(reason: Reason, wait?: number): void
}

/** Calls no handler after the signal is aborted, even if `fetch` or the body ignores the signal. */
export async function attempt(
  settings: Settings,
  lastEventId: string | undefined,
  signal: AbortSignal,
  on: AttemptHandlers,
): Promise<void> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const free = () => void reader?.cancel().catch(() => undefined)
  const end: AttemptHandlers['end'] = (reason, wait) => signal.aborted || on.end(reason, wait)
  try {
    const response = await ask(settings, lastEventId, signal)
    // The fetch of React Native has no body, and node-fetch has a Node stream.
    const body: Partial<NonNullable<Response['body']>> | null | undefined = response.body
    reader = body?.getReader?.()
    signal.throwIfAborted()
    signal.addEventListener('abort', free)
    const refusal = refusalOf(response, !!reader, settings.maxRetryAfter)
    if (refusal) return void on.refused(...refusal)
    const { origin } = new URL(response.url || settings.url)
    const decoder = new TextDecoder()
    const feed = blockReader(
      settings.maxEventBytes,
      (block) => signal.aborted || on.block(block, origin),
      (ms) => signal.aborted || on.retry(ms),
    )
    on.heard()
    on.open({ status: response.status, headers: response.headers })
    while (reader) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      on.heard()
      feed(decoder.decode(value, { stream: true }))
    }
    end({ code: 'ended' }, 0)
  } catch (error) {
    if (error === tooLarge) end({ code: 'too-large' })
    else end({ code: 'failed', error }, 0)
  } finally {
    free()
  }
}

async function ask(
  { url, headers, init, fetch, lastEventIdParam }: Settings,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<Response> {
  // Waits a microtask, so that the app can add listeners, or close the stream before `headers` is called.
  await Promise.resolve()
  signal.throwIfAborted()
  const own = await headers()
  signal.throwIfAborted()
  const request = withPlace(url, new Headers(own), lastEventId, lastEventIdParam)
  return fetch(request.url, { ...init, headers: request.headers, signal })
}

/**
 * Adds the last event ID. The app's `Last-Event-ID` header applies until the server sends or clears an ID.
 *
 * Invalid IDs are not sent: fetch fails with control characters, and many servers answer 431 to more than 4 KiB.
 */
function withPlace(url: string, headers: Headers, id: string | undefined, param: string | undefined) {
  headers.set('Accept', 'text/event-stream')
  if (id === undefined) return { url, headers }
  headers.delete('Last-Event-ID')
  // [spec] "encoded as UTF-8"
  const bytes = new TextEncoder().encode(id)
  if (bytes.length > 4096 || !/^[\t -~\x80-\uffff]+$/.test(id)) return { url, headers }
  if (param) {
    const target = new URL(url)
    target.searchParams.set(param, id)
    return { url: target.href, headers }
  }
  // fetch takes one character per byte of a header value.
  headers.set('Last-Event-ID', String.fromCharCode(...bytes))
  return { url, headers }
}

/** Returns why the response is no event stream, and how long to wait before the next attempt, if there is one. */
function refusalOf(
  { status, headers }: Response,
  isReadable: boolean,
  maxRetryAfter: number,
): [reason: Reason, wait?: number] | undefined {
  const contentType = headers.get('Content-Type')
  const isStream = essence(contentType) === 'text/event-stream'
  if (status === 200 && isStream && isReadable) return undefined
  const again = status === 408 || status === 429 || status >= 500
  const code = status !== 200 ? 'status' : isStream ? 'no-stream' : 'content-type'
  const asked = retryAfter(headers.get('Retry-After'))
  const reason = { code, status, contentType, retryAfter: asked || undefined } as const
  return again ? [reason, Math.min(asked, maxRetryAfter)] : [reason]
}
