/** Sends many messages to one connection at its client's pace, with Node's own stream machinery to keep it. */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The part of a connection that is needed here. */
export interface Recipient<M> {
  readonly signal: AbortSignal
  send(message: M): boolean
  /** Settles when the socket can take more, or has closed. */
  drained(): Promise<void>
}

/** True when all were sent, false when the connection closed before. What the iterable throws is thrown. */
export async function sendAll<M>(recipient: Recipient<M>, messages: Iterable<M> | AsyncIterable<M>): Promise<boolean> {
  const { signal } = recipient
  const sink = new Writable({
    objectMode: true,
    highWaterMark: 1,
    write(message: M, _encoding, callback) {
      sendOne(recipient, message).then(() => callback(), callback)
    },
  })
  try {
    await pipeline(Readable.from(messages, { highWaterMark: 1 }), sink, { signal })
    return !signal.aborted
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

async function sendOne<M>(recipient: Recipient<M>, message: M): Promise<void> {
  recipient.send(message)
  await recipient.drained()
}
