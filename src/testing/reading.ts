/** Reads the body of a stream: text, events, IDs and how it ends. */
import type { Readable } from 'node:stream'
import { blockReader } from '../client/blocks.js'
import type { Answer } from './answer.js'
import { decoded } from './decoded.js'
import { ReceivedEvent } from './received-event.js'

export interface Reader {
  /** Called for each piece of text, after its events. */
  text(text: string): void
  id(id: string): unknown
  event(event: ReceivedEvent): unknown
  /** Called when the server has ended the response, or the connection has broken. May be called more than once. */
  over(how: 'ended' | 'cut'): unknown
}

/** Returns the readable that holds the body back when it is paused. */
export function readBody(answer: Answer, to: Reader): Readable {
  const body = decoded(answer)
  const decoder = new TextDecoder()
  const feed = blockReader(
    Infinity,
    ({ id, event: type = 'message', data }) => {
      if (id !== undefined) to.id(id)
      if (data !== undefined) to.event(new ReceivedEvent(id, type, data))
    },
    () => undefined,
  )
  body.on('data', (bytes: Buffer) => {
    const text = decoder.decode(bytes, { stream: true })
    feed(text)
    to.text(text)
  })
  body.on('error', () => undefined)
  body.on('end', () => to.over('ended'))
  body.on('close', () => to.over('cut'))
  return body
}
