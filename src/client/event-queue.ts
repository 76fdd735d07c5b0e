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
  { signal, maxBufferedEvents = 1000 }: EventQueueOptions = {},
): AsyncIterableIterator<T> {
  const ending = new AbortController()
  const reader = new ReadableStream<T>(
    {
      start: (controller) => listen(target, type, controller, ending, signal),
      cancel: () => ending.abort(),
    },
    { highWaterMark: maxBufferedEvents },
  ).getReader()
  return {
    next: () => reader.read() as Promise<IteratorResult<T>>,
    async return() {
      await reader.cancel()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Puts events into the queue until `ending` is aborted. */
function listen<T>(
  target: ClosableTarget,
  type: string,
  queue: ReadableStreamDefaultController<T>,
  ending: AbortController,
  signal: AbortSignal | undefined,
): void {
  const fail = (error: unknown) => {
    ending.abort()
    queue.error(error)
  }
  const abort = () => fail(signal?.reason)
  const endIfClosed = () => {
    // A server may have events of the type `close`.
    if (target.readyState !== 2) return
    ending.abort()
    queue.close()
  }
  const add = (event: Event) => {
    if (Number(queue.desiredSize) > 0) queue.enqueue(event as T)
    else fail(new RangeError(`the loop over ${type} is too slow: maxBufferedEvents events wait`))
  }
  const options = { signal: ending.signal }
  signal?.addEventListener('abort', abort, options)
  target.addEventListener(type, add, options)
  target.addEventListener('close', endIfClosed, options)
  if (signal?.aborted) abort()
  else endIfClosed()
}
