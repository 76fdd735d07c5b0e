/**
 * Events as Redis holds them: encoded once, by whoever published them, so that reading one is cutting it out. Each entry
 * names the one before it, so that a reader knows when some are missing, whatever has happened to the stream.
 *
 * What somebody else has put there is not trusted: a body that could end its event early, and begin another, is refused.
 */
import { faultOfId } from '../wire/id-form.js'
import type { LogEntry, StoredEvent } from '../log/store.js'
import type { Position } from '../log/position.js'
import { parseStreamId } from './stream-id.js'

export interface StreamEntry {
  readonly id: string
  readonly position: Position
  /** ID of the entry before it. */
  readonly previous: string
  /** The epoch that begins here; such an entry holds no event. */
  readonly epoch: string | undefined
  readonly event: LogEntry | undefined
}

/** An entry of a stream in a reply: its ID, and names and values in turn. */
export type RawEntry = readonly [id: string, fields: readonly string[] | null]

/** Undefined when this package has not written it. */
export function decodeEntry([id, fields]: RawEntry): StreamEntry | undefined {
  const position = parseStreamId(id)
  if (position === undefined || fields === null) return undefined
  const { p, c, b, k, i, e } = asRecord(fields)
  if (p === undefined || parseStreamId(p) === undefined) return undefined
  if (e !== undefined) return { id, position, previous: p, epoch: e, event: undefined }
  const event = c === undefined || b === undefined ? undefined : checked({ channel: c, body: b, key: k, id: i })
  return event && { id, position, previous: p, epoch: undefined, event }
}

/** The channel in a field of the hash of latest events, which is `bytes:channelkey`; the script writes it. */
export function splitField(field: string): [channel: string, key: string] | undefined {
  const start = field.indexOf(':') + 1
  const bytes = Number(field.slice(0, start - 1))
  if (start < 2 || !Number.isSafeInteger(bytes) || bytes < 1) return undefined
  const rest = Buffer.from(field.slice(start))
  return [rest.toString('utf8', 0, bytes), rest.toString('utf8', bytes)]
}

/** Undefined when this package has not written it. */
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

function asRecord(fields: readonly string[]): Partial<Record<string, string>> {
  const record: Partial<Record<string, string>> = {}
  for (let i = 0; i + 1 < fields.length; i += 2) record[fields[i] ?? ''] = fields[i + 1]
  return record
}

function checked(entry: LogEntry): LogEntry | undefined {
  const { channel, id, body } = entry
  return channel !== '' && (id === undefined || faultOfId(id) === undefined) && isBody(body) ? entry : undefined
}

/** Whether it is made of whole lines, each of a field that `encodeBody` writes: no blank line, no ID, no `sse-` event. */
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
