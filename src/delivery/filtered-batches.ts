/**
 * Batches of connections whose filters accept the same events. Each filter is asked about each event, but events are decoded
 * once for all filters, and joined, encoded and framed once for all connections with the same answers.
 */
import type { ChannelLog, LogEvent } from '../log/channel-log.js'
import type { PublishedEvent } from '../log/published-event.js'
import { BatchBuilder, type Batch } from '../wire/batch.js'
import type { EventViews } from './event-views.js'
import type { SharedBatch } from './shared-batch.js'
import type { Subscription } from './subscription.js'

/** The most events of a page: the answers of a filter are the bits of one small integer. */
export const PAGE = 30
/** The answers of a filter that rejects all events. */
const NONE = 0
/** The most batches that a page keeps. Filters with random answers would make very many. */
const MOST = 64

/** Events that connections at the same place are asked about, and the batches of those that were asked. */
class Page {
  /** The batch for a filter that accepts all events. */
  readonly all: SharedBatch
  readonly #items: { readonly event: LogEvent; readonly view: PublishedEvent }[] = []
  /** By answers: bit `i` is set if the filter accepted event `i`. */
  readonly #byAnswers = new Map<number, Batch | undefined>()

  constructor(all: SharedBatch, views: EventViews, epoch: string) {
    this.all = all
    for (let offset = all.from + 1; offset <= all.to; offset++) {
      const event = all.channel.at(offset)
      if (event !== undefined) this.#items.push({ event, view: views.of(event, epoch) })
    }
    this.#byAnswers.set(NONE, undefined)
    this.#byAnswers.set(2 ** this.#items.length - 1, all.batch)
  }

  /** Asks the filter of a subscription about each event, and moves its cursor past them. Returns the answers. */
  ask(subscription: Subscription): number {
    let answers = 0
    let bit = 1
    for (const { event, view } of this.#items) {
      subscription.offset = event.offset
      const isWanted = subscription.accepts(view)
      // A filter may unsubscribe its channel. The current event is then not sent.
      if (subscription.hasEnded) break
      if (isWanted) answers |= bit
      bit <<= 1
    }
    return answers
  }

  /** Returns the batch of the accepted events; undefined without any. */
  batch(answers: number): Batch | undefined {
    if (this.#byAnswers.has(answers)) return this.#byAnswers.get(answers)
    const builder = new BatchBuilder({ conflates: false })
    for (const [i, { event }] of this.#items.entries()) if ((answers & (1 << i)) !== 0) builder.add(event)
    const batch = builder.build()
    if (batch !== undefined && this.#byAnswers.size < MOST) {
      batch.isShared = true
      this.#byAnswers.set(answers, batch)
    }
    return batch
  }
}

export class FilteredBatches {
  /** The newest page of each channel. */
  readonly #pages = new Map<ChannelLog, Page>()
  readonly #views: EventViews

  constructor(views: EventViews) {
    this.#views = views
  }

  /**
   * Asks the filter of a subscription about the next events, and moves its cursor past them. `all` is the batch that the
   * subscription would get without a filter: of at most `PAGE` events of history. Returns the batch of the accepted events;
   * undefined without any.
   */
  take(subscription: Subscription, all: SharedBatch, epoch: string): Batch | undefined {
    let page = this.#pages.get(all.channel)
    if (page?.all !== all) this.#pages.set(all.channel, (page = new Page(all, this.#views, epoch)))
    return page.batch(page.ask(subscription))
  }

  /** Drops all batches. Sockets keep a batch while they write it. */
  clear(): void {
    if (this.#pages.size > 0) this.#pages.clear()
  }
}
