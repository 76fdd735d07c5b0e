/** The control event `sse-end`: the client has received everything, and need not come back. */
import type { Log } from '../log/log.js'
import { encodeControl } from '../wire/format.js'
import { END_SUFFIX } from '../wire/id-form.js'

/** Encodes the event for a connection that has caught up. It has data, because some clients ignore the ID of events without. */
export function encodeEnd({ ids, last }: Log): string {
  return encodeControl('sse-end', {}, ids.of(last) + END_SUFFIX)
}
