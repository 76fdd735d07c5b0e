/** Merges the subscriptions of one connection: the event with the lowest position comes next. */
import { countWhile } from '../log/binary-search.js'
import type { LogEvent } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import { comparePositions, type Position } from '../log/position.js'
import type { BatchBuilder } from '../wire/batch.js'
import type { EventViews } from './event-views.js'
import type { Subscription } from './subscription.js'

/** The next event of a subscription. */
interface Head {
  readonly subscription: Subscription
  readonly event: LogEvent
}

interface MergeContext {
  readonly log: Pick<Log, 'epoch' | 'last'>
  readonly views: EventViews
  /** Whether the stream is closed: a filter may do that. */
  readonly isClosed: () => boolean
}

/** Adds the next events to a batch: those that filters accept, until the batch is full or `isClosed` returns true. */
export function mergeInto(
  builder: BatchBuilder,
  subscriptions: readonly Subscription[],
  { log, views, isClosed }: MergeContext,
): void {
  for (const { subscription, event } of merge(subscriptions, log.last)) {
    // A filter may unsubscribe its channel. The current event is then not sent.
    const isWanted = builder.skips(event) || (subscription.wants(event, views, log.epoch) && !subscription.hasEnded)
    if (isWanted) builder.add(event)
    if (builder.isFull || isClosed()) return
  }
}

/**
 * Moves the cursor of each event before it yields the event, and skips subscriptions that end meanwhile. Ends early at a
 * gap, which must be announced first. Events after the gap may have lower positions than all others.
 *
 * Leaves out events after `upTo`, the newest position of the log at the beginning. A filter may publish to a channel that
 * had nothing to read. Without the limit, newer events of other channels would be sent before that event.
 */
export function* merge(subscriptions: readonly Subscription[], upTo: Position): Generator<Head, void> {
  /** In descending order of position. */
  const heads: Head[] = []
  for (const subscription of subscriptions) {
    if (subscription.isBehind && !insert(heads, subscription, upTo)) return
  }
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    const { subscription, event } = head
    if (subscription.hasEnded) continue
    subscription.advance(event)
    yield head
    if (subscription.isBehind && !insert(heads, subscription, upTo)) return
  }
}

/** Inserts the next event of a subscription, so that `pop` returns the lowest one. Returns false at a gap. */
function insert(heads: Head[], subscription: Subscription, upTo: Position): boolean {
  if (subscription.hasEnded) return true
  const event = subscription.peek()
  if (event === undefined) {
    subscription.advance(event)
    return !subscription.isBehind
  }
  if (comparePositions(event.position, upTo) > 0) return true
  const isHigher = (i: number) => comparePositions(heads[i]?.event.position ?? event.position, event.position) > 0
  heads.splice(countWhile(heads.length, isHigher), 0, { subscription, event })
  return true
}
