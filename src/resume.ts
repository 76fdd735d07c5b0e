/** Where a client with a last event ID goes on. Pure. */
import type { ChannelLog } from './channel-log.js'
import type { Log } from './log.js'
import { comparePositions, parseId, type Position } from './position.js'

/**
 * The position that an ID stands for in these channels, or why it stands for none: it was given out by a log that is
 * gone, or it was never given out.
 */
export function locate(id: string, channels: readonly ChannelLog[], log: Log): Position | 'restarted' | 'unknown' {
  return locateOwn(id, channels, log) ?? locateOurs(id, log)
}

/** Whether an ID may be one that this log has not reached yet, if it is filled by a store that others append to. */
export function isAhead(id: string, log: Log): boolean {
  const parsed = parseId(id)
  return parsed !== undefined && (parsed.epoch !== log.epoch || comparePositions(parsed.position, log.last) > 0)
}

function locateOurs(id: string, log: Log): Position | 'restarted' | 'unknown' {
  const parsed = parseId(id)
  if (parsed === undefined) return 'unknown'
  if (parsed.epoch !== log.epoch) return 'restarted'
  return comparePositions(parsed.position, log.last) > 0 ? 'unknown' : parsed.position
}

/** An ID of the app's own may stand in several channels; going on after the oldest skips nothing in any of them. */
function locateOwn(id: string, channels: readonly ChannelLog[], log: Log): Position | undefined {
  if (!log.hasOwnIds) return undefined
  const positions = channels.map((channel) => channel.ownId(id)?.position).filter((position) => position !== undefined)
  return positions.sort(comparePositions)[0]
}
