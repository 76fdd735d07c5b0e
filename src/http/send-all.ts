/** Sends many messages to one connection, as fast as its client reads, in the async context of the caller. */
import { inspect } from 'node:util'
import { SseError } from '../errors.js'
import type { Report } from '../report.js'

/** The part of a connection that `sendAll` uses. */
interface Recipient<M> {
  isClosed(): boolean
  send(message: M): boolean
  /** Settles when the socket is not full, or has closed. */
  whenWritable(): Promise<void>
  onClose(listener: () => void): () => void
}

/**
 * Returns true if all messages were sent, and false if the connection closed before. Rethrows errors of the iterable.
 *
 * Calls `return()` of the iterator if it stops early, as `for await` does. After a close, errors of `return()` go to
 * `report`.
 */
export async function sendAll<M>(
  recipient: Recipient<M>,
  messages: Iterable<M> | AsyncIterable<M>,
  report: Report,
): Promise<boolean> {
  const iterator = iterate(messages)
  let stopWaiting: (() => void) | undefined
  // `Promise.race` with one long-lived promise would keep every message in memory until the connection closes.
  const orClosed = <T>(promise: T | Promise<T>) =>
    new Promise<T | undefined>((resolve, reject) => {
      stopWaiting = () => resolve(undefined)
      Promise.resolve(promise).then(resolve, reject)
    })
  const endIterator = async () => {
    await iterator.return?.()
  }
  const stopListening = recipient.onClose(() => stopWaiting?.())
  try {
    while (!recipient.isClosed()) {
      const next = await orClosed(iterator.next())
      if (next?.done === true) return true
      const message = await orClosed(next?.value)
      // `send` returns false if the connection has closed meanwhile.
      if (!recipient.send(message as M)) break
      await recipient.whenWritable()
    }
  } catch (error) {
    await orClosed(endIterator()).catch(() => undefined)
    throw error
  } finally {
    stopListening()
  }
  // Not awaited, because a generator returns only after its pending `await`.
  endIterator().catch(report)
  return false
}

type MessageIterator<M> = Iterator<M, unknown> | AsyncIterator<M, unknown>

function iterate<M>(messages: Iterable<M> | AsyncIterable<M>): MessageIterator<M> {
  const source = messages as Partial<Iterable<M> & AsyncIterable<M>> | null | undefined
  const iterator = source?.[Symbol.asyncIterator]?.() ?? source?.[Symbol.iterator]?.()
  if (iterator !== undefined) return iterator
  throw new SseError(
    'ERR_SSE_MESSAGE',
    `sendAll() takes an iterable of messages; got ${inspect(messages, { depth: 0 })}`,
  )
}
