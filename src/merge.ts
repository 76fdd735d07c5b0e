/** Reads several subscriptions of one connection as one stream: the event with the lowest position always comes next. */
import { countWhile } from './binary-search.js'
import type { LogEvent } from './channel-log.js'
import { comparePositions } from './position.js'
import type { Subscription } from './subscription.js'

interface Head {
  readonly subscription: Subscription
  readonly event: LogEvent
}

/**
 * Moves each cursor over its event as it yields it, and passes over subscriptions that leave meanwhile. It ends early where one of them meets a gap: what lies behind that
 * may have a lower position than anything the others have left, and is to be announced first.
 */
export function* merge(subscriptions: readonly Subscription[]): Generator<Head, void> {
  const heads: Head[] = []
  for (const subscription of subscriptions) {
    if (subscription.isBehind && !insert(heads, subscription)) return
  }
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    const { subscription, event } = head
    if (subscription.hasLeft) continue
    subscription.number = event.number
    yield head
    if (subscription.isBehind && !insert(heads, subscription)) return
  }
}

/** Keeps the heads in falling order, so that the lowest is popped. Returns false at a gap. */
function insert(heads: Head[], subscription: Subscription): boolean {
  if (subscription.hasLeft) return true
  const event = subscription.next()
  // To look for the next event may have moved the cursor to the end, over latest events that are no more.
  if (event === undefined) return !subscription.isBehind
  const isHigher = (i: number) => comparePositions(heads[i]?.event.position ?? event.position, event.position) > 0
  heads.splice(countWhile(heads.length, isHigher), 0, { subscription, event })
  return true
}
