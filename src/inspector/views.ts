/** The channels of the inspector's own registry: one for each thing that a page can watch. Pure. */

/** The views of a page. `events` shows one channel, and only if the page has chosen one. */
export type ViewName = 'stats' | 'channels' | 'connections' | 'activity' | 'events'

/** A channel of the inspector's own registry. `of`: a part of a channel name, an owner, or the name of a channel. */
export interface View {
  readonly name: ViewName
  readonly of: string
}

/**
 * The channels that a request of the page subscribes to. States are replaced by newer ones. Lists grow.
 *
 * - `?filter=`: only channels whose name contains this text
 * - `?owner=`: only connections of this owner
 * - `?channel=`: also the events of this channel
 */
export function viewsOf(query: URLSearchParams): { states: string[]; lists: string[] } {
  const get = (name: string) => query.get(name) ?? ''
  const channel = get('channel')
  return {
    states: ['stats:', `channels:${get('filter')}`, `connections:${get('owner')}`],
    lists: ['activity:', ...(channel === '' ? [] : [`events:${channel}`])],
  }
}

/** Reads the name of a channel that `viewsOf` made. */
export function parseView(channel: string): View {
  const end = channel.indexOf(':')
  return { name: channel.slice(0, end) as ViewName, of: channel.slice(end + 1) }
}
