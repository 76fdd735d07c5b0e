// What a client reads off event stream text, with the parser that many of them are built on.
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface ParsedStream {
  events: EventSourceMessage[]
  comments: string[]
  retries: number[]
  errors: Error[]
}

/** The text is fed in pieces, in the lengths given, to show that it does not matter where a socket cuts it. */
export function parseStream(text: string, pieces: readonly number[] = []): ParsedStream {
  const stream: ParsedStream = { events: [], comments: [], retries: [], errors: [] }
  const parser = createParser({
    onEvent: (event) => stream.events.push(event),
    onComment: (comment) => stream.comments.push(comment),
    onRetry: (retry) => stream.retries.push(retry),
    onError: (error) => stream.errors.push(error),
  })
  let start = 0
  for (const length of pieces) {
    parser.feed(text.slice(start, start + length))
    start += length
  }
  parser.feed(text.slice(start))
  return stream
}
