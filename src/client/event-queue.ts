// Events of a stream as an async iterator: a queue with a bound between the stream and a loop that may be slower.

/** Options of `stream.events()`. */
export interface EventQueueOptions {
  /**
   * Ends the loop. It throws the reason of the signal, by default an `AbortError`, and drops waiting events, as `fetch` does. So
   * an abort never looks like the end of the stream.
   * @default none
   */
  signal?: AbortSignal | undefined
  /**
   * How many events may wait for the loop. With one more the loop throws a `RangeError`, and waiting events are dropped.
   * `Infinity` sets no bound.
   * @default 1000
   */
  maxBufferedEvents?: number | undefined
}

interface ClosableTarget extends EventTarget {
  /** 2 once it is closed. */
  readonly readyState: number
}

/**
 * Begins to listen at once, and stops when the iterator ends. Not an async generator: its `return` would wait for the next
 * event.
 *
 * @throws a `RangeError` for a bound that is not a number of at least 0
 */
export function eventQueue<T>(
  target: ClosableTarget,
  type: string,
  { signal, maxBufferedEvents: max = 1000 }: EventQueueOptions = {},
): AsyncIterableIterator<T> {
  const ending = new AbortController()
  // How many events wait for the loop; less than 0 while the loop waits for them.
  let waiting = 0
  const overflow = () =>
    waiting++ >= max && new RangeError(`more than maxBufferedEvents (${max}) events wait for the loop over ${type}`)
  const reader = new ReadableStream<T>(
    {
      start: (controller) => listen(target, type, { controller, ending, signal, overflow }),
      cancel: () => ending.abort(),
    },
    { highWaterMark: max },
  ).getReader()
  return {
    next: () => {
      waiting--
      return reader.read() as Promise<IteratorResult<T>>
    },
    async return() {
      // Rejects if the queue has failed, which the loop need not know any more.
      await reader.cancel().catch(() => undefined)
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

interface Loop<T> {
  readonly controller: ReadableStreamDefaultController<T>
  /** Aborted to stop listening. */
  readonly ending: AbortController
  readonly signal: AbortSignal | undefined
  /** Counts one more event that waits. Returns an error if there is no room for it. */
  readonly overflow: () => Error | false
}

/** Puts events into the queue of a loop until it ends. */
function listen<T>(target: ClosableTarget, type: string, { controller, ending, signal, overflow }: Loop<T>): void {
  const fail = (error: unknown) => {
    ending.abort()
    controller.error(error)
  }
  const abort = () => fail(signal?.reason)
  const endIfClosed = () => {
    // A server may have events of the type `close`.
    if (target.readyState !== 2) return
    ending.abort()
    controller.close()
  }
  const add = (event: Event) => {
    const error = overflow()
    if (error) fail(error)
    else controller.enqueue(event as T)
  }
  const options = { signal: ending.signal }
  signal?.addEventListener('abort', abort, options)
  target.addEventListener(type, add, options)
  target.addEventListener('close', endIfClosed, options)
  if (signal?.aborted) abort()
  else endIfClosed()
}
