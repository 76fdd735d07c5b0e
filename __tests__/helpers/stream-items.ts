/** Reads a model's event stream, at the client and where the server writes it: events, gaps, `sse-ready`, sent messages. */
import type { Duplex, Writable } from 'node:stream'
import { ChunkedBody, SyncGunzip } from './chunked-gzip.js'
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export type Item = { readonly id: string | undefined } & (
  | { readonly kind: 'event' | 'sent'; readonly number: number }
  | { readonly kind: 'gap'; readonly reason: string; readonly channels: readonly string[]; readonly complete: boolean }
  | { readonly kind: 'ready'; readonly resumed: boolean; readonly replayed: number }
)

/** What a published or sent message of a model has as its data. */
export interface Numbered {
  number: number
}

export const EVENT = 'e'
export const SENT = 's'

/** Returns a function that takes text in any pieces. The ID counts only with the event that it belongs to. */
export function readItems(onItem: (item: Item) => void): (text: string) => void {
  const parser = createParser({ onEvent: (message) => onItem(itemOf(message)) })
  return (text) => parser.feed(text)
}

/**
 * Reads what a server writes to a socket, before the socket takes it. The head and the framing of chunks are lines that
 * no parser knows, so they are left out. `isFull` says of the first item of a write that the socket held as many bytes as it
 * takes, or more.
 */
export function tapSocket(socket: Duplex, onItem: (item: Item, isFull: boolean) => void, isCompressed: boolean): void {
  let isFull = false
  const read = readItems((item) => {
    onItem(item, isFull)
    isFull = false
  })
  const [body, gunzip] = [new ChunkedBody(), new SyncGunzip()]
  tap(socket, (chunk) => {
    // Not `writableNeedDrain`, which Node resets in a later tick, also if the system took everything at once.
    isFull = socket.writableLength >= socket.writableHighWaterMark
    read(isCompressed ? gunzip.push(body.push(Buffer.from(chunk as string, 'latin1'))) : chunk.toString())
  })
}

/** Reads what a server writes to a response, which may hold it back before it reaches the socket. */
export function tapResponse(response: Writable, onItem: (item: Item) => void, isCompressed: boolean): void {
  const read = readItems(onItem)
  const gunzip = new SyncGunzip()
  tap(response, (chunk) => read(isCompressed ? gunzip.push(chunk as Buffer) : chunk.toString()))
}

function tap(stream: Writable, onWrite: (chunk: Buffer | string) => void): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  stream.write = (chunk: Buffer | string, ...rest: unknown[]) => {
    onWrite(chunk)
    return write(chunk, ...rest)
  }
}

function itemOf({ id, event, data }: EventSourceMessage): Item {
  const value = JSON.parse(data) as object
  if (event === EVENT) return { kind: 'event', id, number: (value as Numbered).number }
  if (event === SENT) return { kind: 'sent', id, number: (value as Numbered).number }
  if (event === 'sse-gap')
    return { kind: 'gap', id, ...(value as { reason: string; channels: string[]; complete: boolean }) }
  if (event === 'sse-ready') return { kind: 'ready', id, ...(value as { resumed: boolean; replayed: number }) }
  throw new Error(`there is no event of type ${event ?? 'message'} in this model`)
}
