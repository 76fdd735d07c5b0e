/** Writes the next events of one connection: those after the cursors of its subscriptions, lowest position first. */
import type { Output } from '../http/output.js'
import type { Stream } from '../http/stream.js'
import type { Log } from '../log/log.js'
import type { Counters } from '../stats.js'
import { BatchBuilder, type Batch } from '../wire/batch.js'
import type { ControlEvents } from './control-events.js'
import { PAGE } from './filtered-batches.js'
import { mergeInto } from './merge.js'
import { takeBatch } from './shared-batch.js'
import type { SharedBatches } from './shared-batches.js'
import type { SubscriptionList } from './subscription-list.js'
import type { Subscription } from './subscription.js'
import type { UpdateWindow } from './update-window.js'

export interface WriterContext {
  readonly log: Log
  readonly counters: Counters
  readonly batches: SharedBatches
}

export class EventWriter {
  /** Undefined before the first `subscribe`. */
  window: UpdateWindow | undefined
  /** Whether the socket was full. Keyed events are then conflated until the connection has caught up. */
  isLate = false
  readonly #stream: Stream
  /** Kept here, because a look at the stream would be a cache miss for each connection and pass. */
  readonly #output: Output
  readonly #context: WriterContext
  readonly #controlEvents: ControlEvents

  constructor(stream: Stream, context: WriterContext, controlEvents: ControlEvents) {
    this.#stream = stream
    this.#output = stream.output
    this.#context = context
    this.#controlEvents = controlEvents
  }

  /** Writes the next batch. Returns false if nothing is left to write. */
  writeNext(subscriptions: SubscriptionList): boolean {
    let behind: Subscription | undefined
    for (let each = subscriptions.first; each !== undefined; each = each.next) {
      if (!each.isBehind) continue
      if (behind !== undefined) return this.#writeMerged(subscriptions)
      behind = each
    }
    if (behind === undefined) return false
    if (behind.filter === undefined) return this.#writeShared(behind)
    return this.#isPaged(behind) ? this.#writeFiltered(behind) : this.#writeMerged(subscriptions)
  }

  /** Connections with an update window always conflate: while they resume, too. */
  get #conflates(): boolean {
    return this.isLate || this.window?.clock !== undefined
  }

  #writeShared(subscription: Subscription): boolean {
    const { batches } = this.#context
    const isAlone = subscription.subscribers.all.size === 1
    const taken = isAlone ? takeBatch(subscription, this.#conflates) : batches.take(subscription, this.#conflates)
    this.#write(taken.batch, taken.conflated)
    return subscription.isBehind
  }

  /** Whether a subscription with a filter is at a place that others probably are at too: it has kept up. */
  #isPaged({ channel, offset, latestUpTo, subscribers }: Subscription): boolean {
    return !this.#conflates && offset >= latestUpTo && channel.tail - offset <= PAGE && subscribers.all.size > 1
  }

  #writeFiltered(subscription: Subscription): boolean {
    const { batches, log } = this.#context
    const batch = batches.takeFiltered(subscription, log.epoch)
    // A filter may have closed the stream.
    if (!this.#stream.closed) this.#write(batch, 0)
    return true
  }

  #writeMerged(subscriptions: SubscriptionList): boolean {
    const { batches, log } = this.#context
    const shared = batches.merges.take(subscriptions, log, this.#conflates)
    if (shared !== undefined) {
      this.#write(shared.batch, shared.conflated)
      return true
    }
    const builder = new BatchBuilder({ conflates: this.#conflates })
    mergeInto(builder, subscriptions.toArray(), { log, views: batches.views, isClosed: () => this.#stream.closed })
    // A filter may have closed the stream.
    if (!this.#stream.closed) this.#write(builder.build(), builder.conflated)
    return true
  }

  #write(batch: Batch | undefined, conflated: number): void {
    const { counters } = this.#context
    counters.conflated += conflated
    if (batch === undefined) return
    counters.delivered += batch.events
    const { measurements } = counters
    // Not while the connection catches up: these events are old.
    if (measurements !== undefined && !this.#controlEvents.isReadyDue) measurements.wrote(batch.publishedAt)
    this.#controlEvents.wrote(batch.events)
    this.#output.write(batch)
    this.window?.written()
  }
}
