/**
 * Places the cursors of new subscriptions: after the client's last event ID, or as `from` says. Places all cursors again
 * after the log was replaced. Waits while the log is being filled, or has not reached the client's ID.
 */
import type { Log } from '../log/log.js'
import type { Counters } from '../stats.js'
import type { StartFrom } from '../subscribe-options.js'
import type { CatchUp } from './catch-up.js'
import type { Gap } from './gap.js'
import { isAhead, locate } from './locate.js'
import type { SubscriptionList } from './subscription-list.js'
import type { Subscription } from './subscription.js'

/** What all resumptions of a registry share. */
export interface ResumptionContext {
  readonly log: Log
  readonly counters: Counters
  /** Undefined if the log is never behind its store. */
  readonly catchUp: CatchUp | undefined
}

/** The part of a connection that a resumption uses. */
export interface ResumingConnection {
  /** An empty string if the client sent none. */
  readonly lastEventId: string
  readonly subscriptions: SubscriptionList
  /** Generation of the log that the placed cursors belong to. */
  readonly generation: number
  /** Whether cursors were placed before. The log then need not catch up again. */
  readonly hasPlaced: boolean
  /** Called when the log has caught up with the store, so that the cursors can be placed. */
  readonly onLogCaughtUp: () => void
}

export class Resumption {
  readonly #context: ResumptionContext
  readonly #connection: ResumingConnection
  /** Subscriptions still to be resolved from the last event ID. New clients have none, so the sets are made when needed. */
  #resuming: Set<Subscription> | undefined
  /** New subscriptions of channels that lack the latest event of some key. */
  #incomplete: Set<Subscription> | undefined
  /** Whether the log must catch up with the store first, if the client is ahead of the log. */
  #catchUp: 'due' | 'waiting' | 'done'

  constructor(context: ResumptionContext, connection: ResumingConnection) {
    this.#context = context
    this.#connection = connection
    this.#catchUp = connection.hasPlaced ? 'done' : 'due'
  }

  /** Returns whether to wait before `place`. Lets the log catch up with the store if the client is ahead of the log. */
  wait(): boolean {
    return this.#context.log.isPending || ((this.#resuming?.size ?? 0) > 0 && this.#waitForStore())
  }

  /** Begins a subscription after the client's last event ID. */
  resume(subscription: Subscription): void {
    ;(this.#resuming ??= new Set()).add(subscription)
  }

  /** Begins a subscription as `from` says. */
  begin(subscription: Subscription, from: StartFrom): void {
    const { log } = this.#context
    if (log.isPending) {
      subscription.startFrom = from
      return
    }
    if (from === 'start') log.trimAge()
    subscription.begin(from, log.bounds.replay)
    if (from === 'now' || !subscription.channel.isIncomplete) return
    // A snapshot has all keys.
    if (!subscription.awaitsSnapshot) (this.#incomplete ??= new Set()).add(subscription)
  }

  /** Drops a subscription that has ended. Returns whether it was still to be resumed. */
  delete(subscription: Subscription): boolean {
    this.#incomplete?.delete(subscription)
    return this.#resuming?.delete(subscription) === true
  }

  /** Stops waiting. */
  cancel(): void {
    this.#context.catchUp?.delete(this.#onLogCaughtUp)
  }

  /** Places the cursors. Returns the gaps to announce. */
  place(): Gap[] {
    return [...this.#restart(), ...this.#resumeAll(), ...this.#tellIncomplete()]
  }

  /** Handles a log that has begun: for the first time, or again because the store lost events. */
  #restart(): Gap[] {
    const { log } = this.#context
    const { generation, subscriptions } = this.#connection
    if (generation === log.generation) return []
    const lost: Subscription[] = []
    for (const subscription of subscriptions.toArray()) {
      const { startFrom } = subscription
      if (this.#resuming?.has(subscription) === true) continue
      if (startFrom !== undefined) {
        subscription.startFrom = undefined
        this.begin(subscription, startFrom)
      } else {
        subscription.restart()
        lost.push(subscription)
      }
    }
    return lost.length === 0 ? [] : [{ reason: 'restarted', lost }]
  }

  /** Resumes after the last event ID. Without a position for it, subscriptions start over. */
  #resumeAll(): Gap[] {
    const { log, counters } = this.#context
    const { lastEventId, subscriptions } = this.#connection
    const resuming = [...(this.#resuming ?? [])]
    if (resuming.length === 0) return []
    log.trimAge()
    const place = locate(lastEventId, log, (channel) => subscriptions.has(channel))
    const reason = typeof place === 'string' ? place : 'evicted'
    const lost = resuming.filter((subscription) => {
      if (typeof place !== 'string') return !subscription.resumeAfter(place, log.bounds.replay)
      subscription.startOver()
      return true
    })
    // A stream counts once, although a handler may subscribe in several turns.
    if (!subscriptions.hasResumed) counters.resumes[lost.length === 0 ? 'resumed' : reason]++
    subscriptions.hasResumed = true
    return lost.length === 0 ? [] : [{ reason, lost }]
  }

  /** New subscriptions get a gap if `keys` or `bytes` has evicted the latest event of some key. */
  #tellIncomplete(): Gap[] {
    const lost = [...(this.#incomplete ?? [])]
    return lost.length === 0 ? [] : [{ reason: 'evicted', lost }]
  }

  /** A client that was connected to another process may be a few milliseconds ahead of this log. */
  #waitForStore(): boolean {
    const { log, catchUp } = this.#context
    if (this.#catchUp === 'waiting') return true
    if (this.#catchUp === 'done' || catchUp === undefined || !isAhead(this.#connection.lastEventId, log)) return false
    this.#catchUp = 'waiting'
    catchUp.add(this.#onLogCaughtUp)
    return true
  }

  readonly #onLogCaughtUp = (): void => {
    this.#catchUp = 'done'
    this.#connection.onLogCaughtUp()
  }
}
