// Splits the text of a stream into blocks, which may be cut anywhere on their way.
// @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation (HTML standard, 9.2.6)

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

const noFields: Block = { id: undefined, event: undefined, data: undefined }

/** Returns a function that takes the decoded stream in chunks. */
export function blockReader(
  maxLength: number,
  onBlock: (block: Block) => void,
  onRetry: (ms: number) => void,
): (chunk: string) => void {
  let block = { ...noFields }
  // The line that has not ended. Never searched again, so a long line in many chunks costs no more than a short one.
  let line = ''
  let afterReturn = false

  const onLine = (text: string) => {
    if (!text) {
      onBlock(block)
      block = { ...noFields }
      return
    }
    const colon = text.indexOf(':')
    const field = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + (text[colon + 1] === ' ' ? 2 : 1))
    if (field === 'data') block.data = block.data === undefined ? value : `${block.data}\n${value}`
    else if (field === 'event') block.event = value || undefined
    else if (field === 'id' && !value.includes('\0')) block.id = value
    else if (field === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
    if ((block.data?.length ?? 0) > maxLength) throw tooLarge
  }

  return (chunk) => {
    if (!chunk) return
    let text = afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    afterReturn = chunk.endsWith('\r')
    if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n')
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const whole = line + text.slice(start, end)
      line = ''
      start = end + 1
      onLine(whole)
    }
    line += text.slice(start)
    // The name of the field is not part of the event.
    if (line.length > maxLength + 'data: '.length) throw tooLarge
  }
}
