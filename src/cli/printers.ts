// What is printed: a line for each event, for people or for programs, and a line for what happens to the connection.
import { clock, painter, printable, type Style, type Terminal } from './terminal.js'

type Print = (event: MessageEvent<string>) => void

/** Time, type, ID and data. Further lines of data are indented. */
export function linePrinter(out: Terminal): Print {
  const paint = painter(out)
  return ({ type, lastEventId, data }) => {
    const id = lastEventId === '' ? '' : `${paint('dim', printable(lastEventId))}  `
    const text = printable(data).replace(/\n/g, '\n  ')
    out.write(`${paint('dim', clock(new Date()))}  ${paint('cyan', printable(type))}  ${id}${text}\n`)
  }
}

export function jsonPrinter(out: Terminal): Print {
  return ({ type, lastEventId: id, data }) => {
    out.write(`${JSON.stringify({ time: new Date().toISOString(), type, id, data })}\n`)
  }
}

export function noticePrinter(out: Terminal): (style: Style, text: string) => void {
  const paint = painter(out)
  return (style, text) => {
    out.write(`${paint('dim', clock(new Date()))}  ${paint(style, printable(text))}\n`)
  }
}
