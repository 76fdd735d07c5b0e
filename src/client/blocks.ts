// Text of a stream in, its blocks out. The grammar is eventsource-parser's; this file gives it what it leaves open: blocks
// that have an ID and no data, line ends at the very end of a chunk, and a bound on all that is held.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import { createParser } from 'eventsource-parser'

/** What stood between two blank lines. */
export interface Block {
  /** `undefined` if the block had no usable `id` line: the last event ID then stays as it is. */
  id: string | undefined
  event: string | undefined
  /** `undefined` if the block had no `data` line: it then dispatches nothing. */
  data: string | undefined
}

/** Thrown by the reader when an event, or a line without an end, is longer than the bound. */
export const tooLarge = new RangeError('too large')

/** Returns a function that takes the decoded stream in pieces of any size, cut anywhere. */
export function blockReader(
  maxLength: number,
  onBlock: (block: Block) => void,
  onRetry: (ms: number) => void,
): (chunk: string) => void {
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent({ id, event, data }) {
      // Every block ends with the empty data line that is put there below.
      if (data.length > maxLength + 1) throw tooLarge
      onBlock({ id, event, data: data ? data.slice(0, -1) : undefined })
    },
    onRetry,
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') throw tooLarge
    },
  })
  // The parser takes decoded text that begins with the three characters of an undecoded byte order mark for one.
  parser.feed('')

  // The character before the next chunk: '\n' stands for all line ends.
  let before = '\n'
  let afterReturn = false
  return (chunk) => {
    if (!chunk) return
    const text = before + (afterReturn ? chunk.replace(/^\n/, '') : chunk).replace(/\r\n?/g, '\n')
    // An empty data line before every blank line makes the parser report blocks without data as well: the standard has
    // them move the last event ID.
    parser.feed(text.replace(/\n(?=\n)/g, '\ndata:\n').slice(1))
    afterReturn = chunk.endsWith('\r')
    before = text.slice(-1)
  }
}
