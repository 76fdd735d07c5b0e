/** A gap: some subscriptions lack events, and the client must be told. */
import type { GapReason } from '../stats.js'
import type { Subscription } from './subscription.js'

export interface Gap {
  readonly reason: GapReason
  /** The subscriptions that lack events. */
  readonly lost: readonly Subscription[]
}
