/**
 * Where subscriptions of one connection begin: after the client's last event ID, or as `from` says, or, when the log
 * has begun anew under them, at its beginning. It waits while the log is still to be filled, or behind the client's ID.
 */
import type { CatchUp } from './catch-up.js'
import type { StartFrom } from './cursor.js'
import type { Log } from './log.js'
import { isAhead, locate } from './resume.js'
import type { Counters, GapReason } from './stats.js'
import type { Subscription } from './subscription.js'
import type { SubscriptionList } from './subscription-list.js'

/** Events that are missing from some subscriptions, to be announced. */
export interface Gap {
  readonly reason: GapReason
  readonly lost: readonly Subscription[]
}

export interface PlacementHost {
  readonly log: Log
  readonly counters: Counters
  /** Where the log may be behind what clients bring. */
  readonly catchUp?: CatchUp | undefined
}

/** What is known of the connection. */
export interface PlacementOptions {
  /** An empty string when the client brought none. */
  lastEventId: string
  subscriptions: SubscriptionList
  /** The log's, that the cursors placed before stand in. */
  generation: number
  /** Whether the log has been caught up with the last event ID before. */
  hasCaughtUp: boolean
  /** Told when there is nothing to wait for any more. */
  onCaughtUp: () => void
}

export class Placement {
  readonly #host: PlacementHost
  readonly #options: PlacementOptions
  /** Subscriptions still to be resolved from the last event ID. */
  readonly #resuming = new Set<Subscription>()
  /** Newcomers' subscriptions of channels that lack the latest event of some key. */
  readonly #incomplete = new Set<Subscription>()
  #catchUp: 'due' | 'waiting' | 'done'

  constructor(host: PlacementHost, options: PlacementOptions) {
    this.#host = host
    this.#options = options
    this.#catchUp = options.hasCaughtUp ? 'done' : 'due'
  }

  /** Whether nothing can be read yet. */
  get isWaiting(): boolean {
    return this.#host.log.isPending || (this.#resuming.size > 0 && this.#mustCatchUp())
  }

  /** Begins after the client's last event ID. */
  resume(subscription: Subscription): void {
    this.#resuming.add(subscription)
  }

  /** Begins as `from` says. */
  start(subscription: Subscription, from: StartFrom): void {
    const { log } = this.#host
    if (log.isPending) {
      subscription.waitsFor = from
      return
    }
    if (from === 'start') log.trimAge()
    subscription.startFrom(from, log.bounds.replay)
    if (from === 'latest' && subscription.channel.isIncomplete) this.#incomplete.add(subscription)
  }

  /** Takes back a subscription; returns whether it was still to be resumed. */
  delete(subscription: Subscription): boolean {
    this.#incomplete.delete(subscription)
    return this.#resuming.delete(subscription)
  }

  /** Waits for nothing any more. */
  cancel(): void {
    this.#host.catchUp?.delete(this.#onCaughtUp)
  }

  /** Places the cursors that have to be; returns the gaps in which they stand. */
  place(): Gap[] {
    const gaps = [this.#restart(), this.#resume(), this.#tellIncomplete()]
    return gaps.filter((gap) => gap.lost.length > 0)
  }

  /** The log has begun: for the first time, or anew because the store has lost what it held. */
  #restart(): Gap {
    const { log } = this.#host
    const { generation, subscriptions } = this.#options
    const lost: Subscription[] = []
    if (generation === log.generation) return { reason: 'restarted', lost }
    for (const subscription of subscriptions.toArray()) {
      const { waitsFor } = subscription
      if (this.#resuming.has(subscription)) continue
      if (waitsFor !== undefined) {
        subscription.waitsFor = undefined
        this.start(subscription, waitsFor)
      } else {
        subscription.restart()
        lost.push(subscription)
      }
    }
    return { reason: 'restarted', lost }
  }

  #resume(): Gap {
    const { log, counters } = this.#host
    const { lastEventId, subscriptions } = this.#options
    if (this.#resuming.size === 0) return { reason: 'evicted', lost: [] }
    log.trimAge()
    const place = locate(lastEventId, log, (channel) => subscriptions.has(channel))
    const reason = typeof place === 'string' ? place : 'evicted'
    const lost = [...this.#resuming].filter((subscription) => {
      if (typeof place !== 'string') return !subscription.resumeAfter(place, log.bounds.replay)
      subscription.startOver()
      return true
    })
    counters.resumes[lost.length === 0 ? 'resumed' : reason]++
    return { reason, lost }
  }

  /** Newcomers do not get the latest event of every key: `keys` or `bytes` has evicted some. */
  #tellIncomplete(): Gap {
    return { reason: 'evicted', lost: [...this.#incomplete] }
  }

  /** A client that comes from another process may be ahead of this one's log, by the milliseconds that a store takes. */
  #mustCatchUp(): boolean {
    const { log, catchUp } = this.#host
    if (this.#catchUp === 'waiting') return true
    if (this.#catchUp === 'done' || catchUp === undefined || !isAhead(this.#options.lastEventId, log)) return false
    this.#catchUp = 'waiting'
    catchUp.add(this.#onCaughtUp)
    return true
  }

  readonly #onCaughtUp = (): void => {
    this.#catchUp = 'done'
    this.#options.onCaughtUp()
  }
}
