/** Messages that are published together: their form, the bounds on a list, and errors that name the index. */
import { inspect } from 'node:util'
import { requireChannelName } from './channel-name.js'
import { SseError } from './errors.js'
import type { EventEntry } from './log/store.js'
import type { AnyEvents, Message } from './wire/format.js'

/**
 * A message with the name of its channel, for `registry.publish()`.
 *
 * @example
 * ```ts
 * import { createRegistry, type ChannelMessage } from 'express-sse-channels'
 *
 * const stock = (sku: number, left: number): ChannelMessage => ({ channel: 'shop', key: `sku:${sku}`, data: { sku, left } })
 * await createRegistry().publish([stock(7, 3), stock(8, 0)])
 * ```
 */
export type ChannelMessage<E extends object = AnyEvents> = Message<E> & {
  /** The channel to publish to. */
  channel: string
}

/** One list keeps a store, and everybody else who publishes, busy for a few milliseconds at most. */
const MAX_MESSAGES = 100
const MAX_BYTES = 256 * 1024

/** @throws `ERR_SSE_MESSAGE`, `ERR_SSE_DATA`, `ERR_SSE_CHANNEL` or `ERR_SSE_LIMIT` */
export function encodeList(
  messages: readonly ChannelMessage[],
  encode: (channel: string, message: Message) => EventEntry,
): EventEntry[] {
  if (!Array.isArray(messages)) throw notAList(messages)
  if (messages.length > MAX_MESSAGES) throw tooMuch(`${MAX_MESSAGES} messages`, `${messages.length}`)
  const entries = Array.from(messages, (message: ChannelMessage | null, i) =>
    naming(i, () => encodeOne(message, encode)),
  )
  const bytes = entries.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0)
  if (bytes > MAX_BYTES) throw tooMuch(`${MAX_BYTES} bytes`, `${bytes}`)
  return entries
}

function encodeOne(
  message: ChannelMessage | null,
  encode: (channel: string, message: Message) => EventEntry,
): EventEntry {
  if (typeof message !== 'object' || message === null) return encode('', message as unknown as Message)
  const { channel, ...rest } = message
  requireChannelName(channel)
  return encode(channel, rest)
}

/** Adds the index of the message to an error. */
function naming<T>(index: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof SseError)) throw error
    const { code, message, cause } = error
    throw new SseError(code, `messages[${index}]: ${message}`, cause === undefined ? undefined : { cause })
  }
}

function notAList(messages: unknown): SseError {
  const shown = inspect(messages, { depth: 0, maxStringLength: 40, breakLength: Infinity })
  const message = `publish() of a registry takes a list of messages; got ${shown}. For one message, write registry.channel(name).publish(message)`
  return new SseError('ERR_SSE_MESSAGE', message)
}

function tooMuch(most: string, given: string): SseError {
  const message = `publish() takes at most ${most} at once; got ${given}. None is published. Use several lists`
  return new SseError('ERR_SSE_LIMIT', message)
}
