// One attempt: from the request to the end of its response. What comes after it is link.ts's to decide.
import { retryAfter } from './backoff.js'
import { blockReader, tooLarge, type Block } from './blocks.js'
import type { Settings } from './options.js'
import type { Reason } from './state.js'

export interface AttemptHandlers {
  /** The response is an event stream. */
  open(): void
  /** Something came. */
  heard(): void
  /** `origin` is that of the response, after redirects. */
  block(block: Block, origin: string): void
  retry(ms: number): void
  /** The attempt is over. `wait`: ms that the server asks to be left alone; without it, the client is not to come back. */
  end(reason: Reason, wait?: number): void
}

/** Once the signal is aborted nothing is reported any more, whatever `fetch` and the body make of the signal. */
export async function attempt(
  { url, headers, init, fetch, maxEventBytes }: Settings,
  lastEventId: string,
  signal: AbortSignal,
  on: AttemptHandlers,
): Promise<void> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const free = () => void reader?.cancel().catch(() => undefined)
  const end: AttemptHandlers['end'] = (reason, wait) => signal.aborted || on.end(reason, wait)
  try {
    // Not called here and now: nothing may fail before whoever makes a stream can listen for it.
    const own = await Promise.resolve().then(headers)
    signal.throwIfAborted()
    const response = await fetch(url, { ...init, headers: requestHeaders(own, lastEventId), signal })
    reader = response.body?.getReader()
    signal.throwIfAborted()
    signal.addEventListener('abort', free)
    if (isRefused(response, end)) return
    const { origin } = new URL(response.url || url)
    const decoder = new TextDecoder()
    const feed = blockReader(
      maxEventBytes,
      (block) => signal.aborted || on.block(block, origin),
      (ms) => on.retry(ms),
    )
    on.heard()
    on.open()
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

/**
 * [spec] "encoded as UTF-8": fetch takes header values as one character per byte. An ID that no header can carry is not
 * sent: with control characters fetch fails at every try, and over 4 KiB many servers answer 431.
 */
function requestHeaders(own: Settings['init']['headers'], lastEventId: string): Headers {
  const headers = new Headers(own)
  headers.set('Accept', 'text/event-stream')
  if (/^[\t -~\x80-\uffff]{1,4096}$/.test(lastEventId)) {
    headers.set('Last-Event-ID', String.fromCharCode(...new TextEncoder().encode(lastEventId)))
  }
  return headers
}

function isRefused({ status, headers }: Response, end: AttemptHandlers['end']): boolean {
  const contentType = headers.get('Content-Type')
  const isStream = /^text\/event-stream *(;|$)/i.test(contentType ?? '')
  if (status === 200 && isStream) return false
  const again = status === 408 || status === 429 || status >= 500
  const code = status === 200 ? 'content-type' : 'status'
  end({ code, status, contentType }, again ? retryAfter(headers.get('Retry-After')) : undefined)
  return true
}
