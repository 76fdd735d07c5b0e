/** Where a client with a last event ID goes on. Pure. */
import type { Log } from './log.js'
import { UNKNOWN_ID } from './negotiation.js'
import { comparePositions, parseId, type Position } from './position.js'

/**
 * The position that an ID stands for, or why it stands for none: a log that is gone gave it out (`restarted`), or no log
 * is known to have given it out, or the app used it twice (`unknown`). An ID of the app's own counts only in a channel
 * that the connection reads, so that it shows nothing of others.
 */
export function locate(id: string, log: Log, reads: (channel: string) => boolean): Position | 'restarted' | 'unknown' {
  const own = log.ownIds.find(id, reads)
  if (own !== undefined) return own
  const parsed = parseId(id)
  if (parsed === undefined) return 'unknown'
  if (parsed.epoch !== log.epoch) return 'restarted'
  return comparePositions(parsed.position, log.last) > 0 ? 'unknown' : parsed.position
}

/** Whether an ID may be one that this log has not reached yet, if it is filled by a store that others append to. */
export function isAhead(id: string, log: Log): boolean {
  const parsed = parseId(id)
  if (parsed === undefined) return id !== UNKNOWN_ID && !log.ownIds.has(id)
  return parsed.epoch !== log.epoch || comparePositions(parsed.position, log.last) > 0
}
