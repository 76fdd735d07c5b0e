/** Where a client with a last event ID goes on. Pure. */
import { UNKNOWN_ID } from '../http/request.js'
import type { Log } from '../log/log.js'
import { comparePositions, parseId, type Position } from '../log/position.js'

/**
 * The position that an ID leads to, or why it leads to none: `restarted` when another log gave it out, `unknown` when no
 * log is known to have given it out or the app used it twice. An ID of the app's own counts only in a channel that the
 * connection reads, so that it shows nothing of other channels.
 */
export function locate(id: string, log: Log, reads: (channel: string) => boolean): Position | 'restarted' | 'unknown' {
  const own = log.ownIds.find(id, reads)
  if (own !== undefined) return own
  const parsed = parseId(id)
  if (parsed === undefined) return 'unknown'
  if (parsed.epoch !== log.epoch) return 'restarted'
  return comparePositions(parsed.position, log.last) > 0 ? 'unknown' : parsed.position
}

/** Whether this log may still reach the ID, if it is filled by a store that others append to. */
export function isAhead(id: string, log: Log): boolean {
  const parsed = parseId(id)
  if (parsed === undefined) return id !== UNKNOWN_ID && !log.ownIds.has(id)
  return parsed.epoch !== log.epoch || comparePositions(parsed.position, log.last) > 0
}
