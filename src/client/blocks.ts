// Splits the text of a stream into blocks. eventsource-parser does the parsing. This file adds blocks that have an ID but
// no data, line ends at the end of a chunk, and a bound on memory.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { createParser } from 'eventsource-parser'

/** The fields between two blank lines. */
export interface Block {
  /** `undefined` without a valid `id` line; the last event ID then does not change. */
  id: string | undefined
  event: string | undefined
  /** `undefined` without a `data` line; the block then dispatches nothing. */
  data: string | undefined
}

/** Thrown by the reader if an event, or a line that has not ended, is longer than `maxLength`. */
export const tooLarge = new RangeError('too large')

/** Returns a function that takes the decoded stream in chunks, which may be cut anywhere. */
export function blockReader(
  maxLength: number,
  onBlock: (block: Block) => void,
  onRetry: (ms: number) => void,
): (chunk: string) => void {
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent({ id, event, data }) {
      // Each block ends with the empty data line that is inserted below.
      if (data.length > maxLength + 1) throw tooLarge
      onBlock({ id, event, data: data ? data.slice(0, -1) : undefined })
    },
    onRetry,
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') throw tooLarge
    },
  })
  // An empty first chunk: the parser would take the first three characters for an undecoded byte order mark.
  parser.feed('')

  // The character before the next chunk. All line ends become '\n'.
  let before = '\n'
  let afterReturn = false
  return (chunk) => {
    if (!chunk) return
    const text = before + (afterReturn ? chunk.replace(/^\n/, '') : chunk).replace(/\r\n?/g, '\n')
    // Inserts an empty data line before each blank line, so that the parser also reports blocks without data. By the standard,
    // these blocks set the last event ID.
    parser.feed(text.replace(/\n(?=\n)/g, '\ndata:\n').slice(1))
    afterReturn = chunk.endsWith('\r')
    before = text.slice(-1)
  }
}
