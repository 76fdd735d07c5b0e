/** A gap: events are missing from some subscriptions, and the client has to be told. */
import type { GapReason } from '../stats.js'
import type { Subscription } from './subscription.js'

export interface Gap {
  readonly reason: GapReason
  /** The subscriptions that lack events. */
  readonly lost: readonly Subscription[]
}
