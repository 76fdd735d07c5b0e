// Text for a terminal: colours if it shows them, and no control characters of the server, which could change what it shows.
import * as util from 'node:util'

export type Style = 'dim' | 'cyan' | 'yellow' | 'red' | 'green'

/** stdout or stderr. Only terminals have `hasColors`. */
export interface Terminal {
  hasColors?(): boolean
  write(text: string): unknown
}

/** Takes `NO_COLOR` and `FORCE_COLOR` into account, through `hasColors`. */
export function painter(stream: Terminal): (style: Style, text: string) => string {
  // Missing before Node 20.12.
  const { styleText } = util as Partial<typeof util>
  if (styleText === undefined || stream.hasColors?.() !== true) return (_style, text) => text
  // Checked above, for the right stream.
  return (style, text) => styleText(style, text, { validateStream: false })
}

/** Shows control characters as escape sequences of JSON. Keeps tabs and line feeds. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are the characters to find
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** The local time of day. */
export function clock(time: Date): string {
  const pad = (number: number, digits = 2) => String(number).padStart(digits, '0')
  return `${[time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part)).join(':')}.${pad(time.getMilliseconds(), 3)}`
}
