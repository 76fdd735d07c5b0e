// Says in words why a connection was lost or refused.
import { STATUS_CODES } from 'node:http'
import type { Reason } from 'express-sse-channels/client'

export function inWords({ code, status, contentType, error }: Reason): string {
  switch (code) {
    case 'failed':
      return `the connection failed: ${causeOf(error)}`
    case 'status':
      return `the server answers ${status} ${STATUS_CODES[Number(status)] ?? ''}`.trim()
    case 'content-type':
      return `the server answers with ${contentType ?? 'no content type'}, which is no event stream`
    case 'silent':
      return 'nothing arrived for too long'
    case 'ended':
      return 'the server has ended the response'
    case 'finished':
      return 'the server has finished the stream'
    case 'too-large':
      return 'an event is too large'
    default:
      return code
  }
}

/** `fetch` hides the reason in `cause`. An AggregateError, such as for localhost, has an empty message. */
function causeOf(error: unknown): string {
  const { cause = error } = error as { cause?: unknown }
  const { message, code, errors } = cause as { message?: string; code?: string; errors?: Error[] }
  const all = [message, errors?.map((each) => each.message).join(', '), code, String(cause)]
  return all.find((text) => text) ?? ''
}
