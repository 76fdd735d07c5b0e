/** Reads a request: whether it asks for an event stream, and its last event ID. Pure. */
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { isForgedId } from '../wire/id-form.js'

/** The part of a request that is read here. Node's HTTP/1 and HTTP/2 requests both fit. */
export interface RequestHead {
  url?: string | undefined
  headers: IncomingHttpHeaders
}

export const EVENT_STREAM = 'text/event-stream'

/**
 * Replaces a last event ID that no log can have given out: it is too long, or has invalid characters. The app never sees
 * the original, because it may write the ID to a log, a header or a query.
 */
export const UNKNOWN_ID = '\uFFFD'

/** Query parameters for the last event ID, from polyfills that cannot set a header. */
const QUERY_PARAMETERS = ['lastEventId', 'last_event_id', 'evs_last_event_id']
/** What a query has that may hold one of them. Parsing takes longer than this. */
const MAY_HOLD_ID = /last_?event_?id|%/i

/** Whether `Accept` names `text/event-stream` with a quality above 0. With `any`: whether it allows that type. */
export function acceptsEventStream(request: RequestHead, accept: 'explicit' | 'any'): boolean {
  // What an EventSource sends. Parsing it would take longer.
  if (request.headers.accept === EVENT_STREAM) return true
  const negotiator = new Negotiator(request)
  if (negotiator.mediaTypes().some((type) => type.toLowerCase() === EVENT_STREAM)) return true
  return accept === 'any' && negotiator.mediaType([EVENT_STREAM]) !== undefined
}

/** Whether `Accept-Encoding` allows gzip, and does not prefer no encoding. */
export function acceptsGzip(request: RequestHead): boolean {
  return new Negotiator(request).encoding(['gzip', 'identity']) === 'gzip'
}

/** Returns the last event ID of a request; an empty string without one. Never throws. */
export function readLastEventId({ headers, url }: RequestHead): string {
  const header = headers['last-event-id']
  const id = decodeHeader(Array.isArray(header) ? header.join(', ') : header) || readQuery(url)
  return isForgedId(id) ? UNKNOWN_ID : id
}

/**
 * Browsers send the ID as UTF-8, which Node decodes as latin1. Most other clients really send latin1.
 *
 * [spec] "If es's last event ID string is not the empty string, then: let lastEventIDValue be the EventSource object's
 * last event ID string, encoded as UTF-8."
 */
function decodeHeader(header = ''): string {
  if (header === '') return ''
  const bytes = Buffer.from(header, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : header
}

/** Parses only the query, because `URL` throws for some paths, such as `//`. */
function readQuery(url = ''): string {
  const start = url.indexOf('?')
  if (start < 0 || !MAY_HOLD_ID.test(url)) return ''
  const query = new URLSearchParams(url.slice(start + 1))
  return QUERY_PARAMETERS.map((name) => query.get(name)).find(Boolean) ?? ''
}
