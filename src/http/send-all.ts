/** Sends many messages to one connection at its client's pace, in the async context of the caller. */
import { inspect } from 'node:util'
import { SseError } from '../errors.js'
import type { Report } from '../report.js'

/** A connection as far as `sendAll` needs it. */
interface Recipient<M> {
  isClosed(): boolean
  send(message: M): boolean
  /** Settles when the socket can take more, or has closed. */
  whenWritable(): Promise<void>
  onClose(listener: () => void): () => void
}

/**
 * True when all were sent, false when the connection closed before. What the iterable throws is thrown. The iterator is
 * returned early, as by `for await`; what it throws then goes to `report` when the connection has closed.
 */
export async function sendAll<M>(
  recipient: Recipient<M>,
  messages: Iterable<M> | AsyncIterable<M>,
  report: Report,
): Promise<boolean> {
  const iterator = iterate(messages)
  let leave: (() => void) | undefined
  // A race with one promise for the connection's end would hold every message until then.
  const orClosed = <T>(promise: T | Promise<T>) =>
    new Promise<T | undefined>((resolve, reject) => {
      leave = () => resolve(undefined)
      Promise.resolve(promise).then(resolve, reject)
    })
  const endIterator = async () => {
    await iterator.return?.()
  }
  const stopListening = recipient.onClose(() => leave?.())
  try {
    while (!recipient.isClosed()) {
      const next = await orClosed(iterator.next())
      if (next?.done === true) return true
      const message = await orClosed(next?.value)
      // False for a connection that has closed meanwhile.
      if (!recipient.send(message as M)) break
      await recipient.whenWritable()
    }
  } catch (error) {
    await orClosed(endIterator()).catch(() => undefined)
    throw error
  } finally {
    stopListening()
  }
  // Not awaited: a generator returns only when what it waits for has come.
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
