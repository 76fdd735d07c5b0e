/** What a request says of itself: whether it asks for an event stream, and after which event. Pure. */
import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import Negotiator from 'negotiator'
import { isForgedId } from '../wire/id-form.js'

/** As much of a request as is looked at here; Node's HTTP/1 and HTTP/2 requests both are one. */
export interface RequestHead {
  url?: string | undefined
  headers: IncomingHttpHeaders
}

export const EVENT_STREAM = 'text/event-stream'

/**
 * Stands for a last event ID that no log could have given out, because it is too long or holds what an ID cannot hold.
 * What was really sent is not handed on: an app may well write it to a log, a header or a query.
 */
export const UNKNOWN_ID = '\uFFFD'

/** Query parameters in which polyfills that cannot set a header send the last event ID. */
const QUERY_PARAMETERS = ['lastEventId', 'last_event_id', 'evs_last_event_id']

/** Whether `Accept` names `text/event-stream` with a quality above 0; with `any`, whether it would take it. */
export function acceptsEventStream(request: RequestHead, accept: 'explicit' | 'any'): boolean {
  const negotiator = new Negotiator(request)
  if (negotiator.mediaTypes().some((type) => type.toLowerCase() === EVENT_STREAM)) return true
  return accept === 'any' && negotiator.mediaType([EVENT_STREAM]) !== undefined
}

/** The last event ID of a request; an empty string when it has none. Never throws. */
export function readLastEventId({ headers, url }: RequestHead): string {
  const header = headers['last-event-id']
  const id = decodeHeader(Array.isArray(header) ? header.join(', ') : header) || readQuery(url)
  return isForgedId(id) ? UNKNOWN_ID : id
}

/**
 * Browsers send the ID as UTF-8, which Node hands over as if it were latin1; most other clients really send latin1.
 *
 * [spec] "If es's last event ID string is not the empty string, then: let lastEventIDValue be the EventSource object's
 * last event ID string, encoded as UTF-8."
 */
function decodeHeader(header = ''): string {
  const bytes = Buffer.from(header, 'latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : header
}

/** The path in front may be anything, such as `//`; so the query is cut off by hand and only that is parsed. */
function readQuery(url = ''): string {
  const start = url.indexOf('?')
  if (start < 0) return ''
  const query = new URLSearchParams(url.slice(start + 1))
  return QUERY_PARAMETERS.map((name) => query.get(name)).find(Boolean) ?? ''
}
