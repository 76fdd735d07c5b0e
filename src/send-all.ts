/** Sends many messages to one connection at its client's pace, with Node's own stream machinery to keep it. */
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The part of a connection that is needed here. */
export interface Recipient<M> {
  readonly signal: AbortSignal
  send(message: M): boolean
  /** Settles when the socket can take more, or has closed. */
  whenWritable(): Promise<void>
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
  const sending = pipeline(Readable.from(messages, { highWaterMark: 1 }), sink, { signal }).then(
    () => !signal.aborted,
    (error: unknown) => {
      if (signal.aborted || error === CLOSED) return false
      throw error
    },
  )
  // Since Node 22 a pipeline that is aborted waits for its generator to end, which may be waiting for something itself.
  const over = new AbortController()
  try {
    return await Promise.race([sending, aborted(signal, over.signal)])
  } finally {
    over.abort()
  }
}

/** Settles with false when a signal is aborted; stops listening when the other one is. */
function aborted(signal: AbortSignal, until: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false)
    signal.addEventListener('abort', () => resolve(false), { once: true, signal: until })
  })
}

async function sendOne<M>(recipient: Recipient<M>, message: M): Promise<void> {
  if (!recipient.send(message)) throw CLOSED
  await recipient.whenWritable()
}

/** Ends a pipeline whose response the app itself has ended: the signal comes only when that has been flushed. */
const CLOSED = new Error('the connection has closed')
