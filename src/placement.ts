/**
 * Where subscriptions of one connection begin: after the client's last event ID, or as `from` says, or, when the log
 * has begun anew under them, at its beginning. It waits where the log is still to be filled, or behind the client's ID.
 */
import type { StartFrom } from './cursor.js'
import type { Log } from './log.js'
import type { Report } from './report.js'
import { isAhead, locate } from './resume.js'
import type { Counters, GapReason } from './stats.js'
import type { Subscription } from './subscription.js'

/** Events that are missing from some subscriptions, to be announced. */
export interface Gap {
  readonly reason: GapReason
  readonly lost: readonly Subscription[]
}

export interface PlacementHost {
  readonly log: Log
  readonly counters: Counters
  /** Where the log may be behind what clients bring: settles when it has caught up. */
  catchUp?: (() => Promise<void>) | undefined
  readonly report: Report
}

/** What is known of the connection. */
export interface PlacementOptions {
  /** An empty string when the client brought none. */
  lastEventId: string
  /** The log's, that the cursors placed before stand in. */
  generation: number
  /** Whether the log has been caught up with the last event ID before. */
  hasCaughtUp: boolean
  /** Told when there is nothing to wait for any more. */
  onCaughtUp: () => void
}

export class Placement {
  readonly #host: PlacementHost
  readonly #lastEventId: string
  readonly #generation: number
  readonly #onCaughtUp: () => void
  /** Subscriptions that have not been told yet where the client's last event ID takes them. */
  #resuming: Subscription[] = []
  #catchUp: 'due' | 'waiting' | 'done'

  constructor(host: PlacementHost, { lastEventId, generation, hasCaughtUp, onCaughtUp }: PlacementOptions) {
    this.#host = host
    this.#lastEventId = lastEventId
    this.#generation = generation
    this.#catchUp = hasCaughtUp ? 'done' : 'due'
    this.#onCaughtUp = onCaughtUp
  }

  /** Whether nothing can be read yet. */
  get isWaiting(): boolean {
    return this.#host.log.isPending || (this.#resuming.length > 0 && this.#mustCatchUp())
  }

  add(subscriptions: readonly Subscription[], from: StartFrom): void {
    if (this.#lastEventId !== '') this.#resuming = this.#resuming.concat(subscriptions)
    else for (const subscription of subscriptions) this.#start(subscription, from)
  }

  remove(subscriptions: ReadonlySet<Subscription>): void {
    this.#resuming = this.#resuming.filter((each) => !subscriptions.has(each))
  }

  /** Places the cursors that have to be; returns the gaps in which they stand. */
  place(subscriptions: readonly Subscription[]): Gap[] {
    const gaps = [this.#restart(subscriptions), this.#resume()]
    return gaps.filter((gap) => gap.lost.length > 0)
  }

  #start(subscription: Subscription, from: StartFrom): void {
    const { log } = this.#host
    if (log.isPending) {
      subscription.waitsFor = from
      return
    }
    if (from === 'start') log.trimAge(log.now)
    subscription.startFrom(from, log.bounds.replay)
  }

  /** The log has begun: for the first time, or anew because the store has lost what it held. */
  #restart(subscriptions: readonly Subscription[]): Gap {
    const { log } = this.#host
    const lost: Subscription[] = []
    if (this.#generation === log.generation) return { reason: 'restarted', lost }
    for (const subscription of subscriptions) {
      if (this.#resuming.includes(subscription)) continue
      if (subscription.waitsFor !== undefined) {
        subscription.startFrom(subscription.waitsFor, log.bounds.replay)
        subscription.waitsFor = undefined
      } else {
        subscription.restart()
        lost.push(subscription)
      }
    }
    return { reason: 'restarted', lost }
  }

  #resume(): Gap {
    const { log, counters } = this.#host
    const subscriptions = this.#resuming
    this.#resuming = []
    if (subscriptions.length === 0) return { reason: 'evicted', lost: [] }
    log.trimAge(log.now)
    const channels = subscriptions.map(({ channel }) => channel)
    const place = locate(this.#lastEventId, channels, log)
    const reason = typeof place === 'string' ? place : 'evicted'
    const lost = subscriptions.filter((subscription) => {
      if (typeof place !== 'string') return !subscription.resumeAfter(place, log.bounds.replay)
      subscription.startOver()
      return true
    })
    counters.resumes[lost.length === 0 ? 'resumed' : reason]++
    return { reason, lost }
  }

  /** A client that comes from another process may be ahead of this one's log, by the milliseconds that a store takes. */
  #mustCatchUp(): boolean {
    const { log, catchUp } = this.#host
    if (this.#catchUp === 'waiting') return true
    if (this.#catchUp === 'done' || catchUp === undefined || !isAhead(this.#lastEventId, log)) return false
    this.#catchUp = 'waiting'
    void catchUp()
      .catch(this.#host.report)
      .finally(() => {
        this.#catchUp = 'done'
        this.#onCaughtUp()
      })
    return true
  }
}
