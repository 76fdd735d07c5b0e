/**
 * Merged batches that connections share. Connections that stand at the same place in the same channels get the same events
 * in the same order, so these are merged, encoded and framed once for all of them.
 */
import type { ChannelLog } from '../log/channel-log.js'
import type { Log } from '../log/log.js'
import type { Position } from '../log/position.js'
import { BatchBuilder, type Batch } from '../wire/batch.js'
import type { EventViews } from './event-views.js'
import { mergeInto } from './merge.js'
import type { SubscriptionList } from './subscription-list.js'
import type { Subscription } from './subscription.js'

/** Where a subscription that is behind stands before the batch, and after it. */
interface Passage {
  readonly channel: ChannelLog
  readonly from: number
  readonly to: number
}

/** A merged batch, and the conditions under which a connection can use it. */
interface SharedMerge {
  /** One for each subscription that is behind, in the order of the connection's list. */
  readonly passages: readonly Passage[]
  /** The newest position of the log when the batch was made. Later events may belong into the batch. */
  readonly last: Position
  readonly conflates: boolean
  /** Undefined if all events were left out. */
  readonly batch: Batch | undefined
  readonly conflated: number
}

/** So many merges that begin with the same channel are kept. Connections at random places would make very many. */
const MOST = 8
/** 16 MiB, for the same reason. */
const MAX_BYTES = 16 * 1024 * 1024

export class SharedMerges {
  readonly #views: EventViews
  /** By the channel of the first subscription that is behind. */
  readonly #byFirst = new Map<ChannelLog, SharedMerge[]>()
  #newest: SharedMerge | undefined
  #bytes = 0

  constructor(views: EventViews) {
    this.#views = views
  }

  /**
   * Returns the next events of a connection, up to the size of one write, and moves its cursors past them. Returns undefined
   * if they cannot be shared: there is a filter, or a subscription still reads latest events.
   */
  take(subscriptions: SubscriptionList, log: Log, conflates: boolean): SharedMerge | undefined {
    const first = firstShareable(subscriptions)
    if (first === undefined) return undefined
    let merge = this.#newest
    if (!fits(merge, first, log, conflates)) {
      merge = this.#byFirst.get(first.channel)?.find((each) => fits(each, first, log, conflates))
    }
    if (merge === undefined) return this.#share(first, subscriptions, log, conflates)
    this.#newest = merge
    let i = 0
    for (let each: Subscription | undefined = first; each !== undefined; each = each.next) {
      if (each.isBehind) each.offset = merge.passages[i++]?.to ?? each.offset
    }
    return merge
  }

  /** Drops all batches. Sockets keep a batch while they write it. */
  clear(): void {
    this.#newest = undefined
    if (this.#byFirst.size > 0) this.#byFirst.clear()
    this.#bytes = 0
  }

  #share(first: Subscription, subscriptions: SubscriptionList, log: Log, conflates: boolean): SharedMerge {
    const behind = subscriptions.toArray().filter((each) => each.isBehind)
    const starts = behind.map(({ offset }) => offset)
    const { last } = log
    const builder = new BatchBuilder({ conflates })
    mergeInto(builder, behind, { log, views: this.#views, isClosed: () => false })
    const passages = behind.map(({ channel, offset: to }, i): Passage => ({ channel, from: starts[i] ?? to, to }))
    const batch = builder.build()
    if (batch !== undefined) batch.isShared = true
    if (this.#bytes > MAX_BYTES) this.clear()
    this.#bytes += batch?.chunk.length ?? 0
    const merge = { passages, last, conflates, batch, conflated: builder.conflated }
    let merges = this.#byFirst.get(first.channel)
    if (merges === undefined) this.#byFirst.set(first.channel, (merges = []))
    if (merges.length >= MOST) merges.shift()
    merges.push(merge)
    this.#newest = merge
    return merge
  }
}

/** Returns the first subscription that is behind; undefined if the events of some one cannot be shared. */
function firstShareable({ first }: SubscriptionList): Subscription | undefined {
  let behind: Subscription | undefined
  for (let each = first; each !== undefined; each = each.next) {
    if (!each.isBehind) continue
    if (each.filter !== undefined || each.offset < each.latestUpTo) return undefined
    behind ??= each
  }
  return behind
}

/** Whether a connection whose first subscription behind is `first` can use a merge. */
function fits(merge: SharedMerge | undefined, first: Subscription, log: Log, conflates: boolean): merge is SharedMerge {
  if (merge?.last !== log.last || merge.conflates !== conflates) return false
  const { passages } = merge
  let i = 0
  for (let each: Subscription | undefined = first; each !== undefined; each = each.next) {
    if (!each.isBehind) continue
    const passage = passages[i++]
    if (passage?.channel !== each.channel || passage.from !== each.offset) return false
  }
  return i === passages.length
}
