/**
 * Decodes the entries of the Redis stream. The publisher encodes each event once, so readers only split it. Each entry
 * names the previous one, so readers notice missing entries.
 *
 * Entries have a format version, so that processes with an older version of the package can pass over what they cannot read.
 * Other programs may write to the stream, so entries are checked. A body that could end its event early and begin
 * another one is refused.
 */
import { faultOfId } from '../wire/id-form.js'
import type { EventEntry, LogEntry, StoredEvent } from '../log/store.js'
import type { Position } from '../log/position.js'
import { parseStreamId } from './stream-id.js'

/** The format version of the entries that this version of the package writes. Entries without a version have version 1. */
export const VERSION = 1

export interface StreamEntry {
  readonly id: string
  readonly position: Position
  /** ID of the previous entry of this package. */
  readonly previous: string
  /** The epoch that begins with this entry. Such an entry holds nothing else. */
  readonly epoch: string | undefined
  /** What the entry holds. */
  readonly entry: LogEntry | undefined
}

type Fields = Partial<Record<string, string>>

/** An entry in a reply of Redis: the ID, then names and values, alternating. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null]

/** Decodes an entry. Returns undefined for entries of other programs. */
export function decodeEntry([id, fields]: RawEntry): StreamEntry | undefined {
  const position = parseStreamId(id)
  if (position === undefined || fields === null) return undefined
  const record = asRecord(fields)
  const { p: previous, e: epoch } = record
  if (previous === undefined || parseStreamId(previous) === undefined) return undefined
  if (epoch !== undefined) return { id, position, previous, epoch, entry: undefined }
  const entry = contentOf(record)
  return entry && { id, position, previous, epoch, entry }
}

/** Splits a field of the hash of latest events. The publish script writes fields as `bytes:channelkey`. */
export function splitField(field: string): [channel: string, key: string] | undefined {
  const start = field.indexOf(':') + 1
  const bytes = Number(field.slice(0, start - 1))
  if (start < 2 || !Number.isSafeInteger(bytes) || bytes < 1) return undefined
  const rest = Buffer.from(field.slice(start))
  return [rest.toString('utf8', 0, bytes), rest.toString('utf8', bytes)]
}

/** Decodes a latest event. Returns undefined for fields of other programs. */
export function decodeLatest(field: string, value: string): StoredEvent | undefined {
  const [channel, key] = splitField(field) ?? ['']
  const [id = '', ownId = ''] = value.split('\n', 2)
  const position = parseStreamId(id)
  const entry = checked({
    channel,
    key,
    id: ownId === '' ? undefined : ownId,
    body: value.slice(id.length + ownId.length + 2),
  })
  return position && entry && { position, entry }
}

/** Returns what an entry holds; undefined if it has another form than its version and kind say. */
function contentOf({ v, t, c, b, k, i, o, n }: Fields): LogEntry | undefined {
  if (v !== undefined && v !== String(VERSION)) return { kind: 'unknown' }
  switch (t) {
    case undefined:
      return c === undefined || b === undefined ? undefined : checked({ channel: c, body: b, key: k, id: i })
    case 'forget':
      return c === undefined || c === '' || k === undefined ? undefined : { kind: t, channel: c, key: k }
    case 'disconnect':
      return o === undefined || o === '' || n === undefined ? undefined : { kind: t, owner: o, by: n }
    default:
      return { kind: 'unknown' }
  }
}

function asRecord(fields: readonly string[]): Fields {
  const record: Fields = {}
  for (let i = 0; i + 1 < fields.length; i += 2) record[fields[i] ?? ''] = fields[i + 1]
  return record
}

function checked(entry: EventEntry): EventEntry | undefined {
  const { channel, id, body } = entry
  return channel !== '' && (id === undefined || faultOfId(id) === undefined) && isBody(body) ? entry : undefined
}

/** Whether a body has only complete lines of fields that `encodeBody` writes: no blank line, no ID, no control event. */
function isBody(body: string): boolean {
  if (body.includes('\r')) return false
  for (let start = 0; start < body.length;) {
    const end = body.indexOf('\n', start)
    if (end < 0 || !isLine(body, start, end)) return false
    start = end + 1
  }
  return true
}

function isLine(body: string, start: number, end: number): boolean {
  if (body.startsWith('data: ', start) || body.startsWith(': ', start)) return true
  if (body.startsWith('event: ', start)) return !body.startsWith('event: sse-', start)
  return /^retry: \d+$/.test(body.slice(start, end))
}
