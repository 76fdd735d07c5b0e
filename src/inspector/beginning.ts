/** Reads the type and the first characters of the data of an encoded event, without reading the rest. Pure. */
import { decodeBody } from '../wire/format.js'
import { short, type Short } from './short.js'

/** What the page shows of an event. */
export interface Beginning {
  readonly type: Short
  /** Undefined without data. */
  readonly data: Short | undefined
}

/** Characters that are read for what stands before the data: comment, reconnection time and type. */
const BEFORE_DATA = 1024

/** One character of data takes at most so many: an empty line is encoded as `data: ` and a line end. */
const PER_CHARACTER = 'data: \n'.length

const UNREAD: Short = { text: '', isCut: true }

/** `most`: characters of the data. The page shows an ellipsis for all that was not read. */
export function beginningOf(text: string, most: number): Beginning {
  const read = text.slice(0, BEFORE_DATA + PER_CHARACTER * (most + 1))
  const { event, data } = decodeBody(read)
  // The ID comes last, and each line of data has a prefix. So the data ends before the ID.
  if (read.length === text.length || read.includes('\nid: '))
    return { type: typeOf(event), data: data === undefined ? undefined : short(data, most) }
  if (data !== undefined) return { type: typeOf(event), data: { ...short(data, most), isCut: true } }
  // Whatever stands before the data is too long.
  return { type: event === undefined ? UNREAD : { ...short(event), isCut: true }, data: UNREAD }
}

function typeOf(event = 'message'): Short {
  return short(event)
}
