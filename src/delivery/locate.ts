/** Finds the position after which a client resumes. Pure. */
import { UNKNOWN_ID } from '../http/request.js'
import type { Log } from '../log/log.js'
import { comparePositions, parseId, type Position } from '../log/position.js'

/**
 * Returns the position of an ID, or the reason why it has none:
 * - `restarted`: the ID belongs to another log.
 * - `unknown`: the ID was never given out, or the app used it twice.
 *
 * An own ID of the app counts only if the connection reads its channel. Otherwise, it would reveal events of other channels.
 */
export function locate(id: string, log: Log, reads: (channel: string) => boolean): Position | 'restarted' | 'unknown' {
  const own = log.ownIds.find(id, reads)
  if (own !== undefined) return own
  const parsed = parseId(id)
  if (parsed === undefined) return 'unknown'
  if (parsed.epoch !== log.epoch) return 'restarted'
  return comparePositions(parsed.position, log.last) > 0 ? 'unknown' : parsed.position
}

/** Whether other processes may have given out the ID, so that this log may still reach it. */
export function isAhead(id: string, log: Log): boolean {
  const parsed = parseId(id)
  if (parsed === undefined) return id !== UNKNOWN_ID && !log.ownIds.has(id)
  return parsed.epoch !== log.epoch || comparePositions(parsed.position, log.last) > 0
}
