/**
 * Reads the log for one connection: writes what lies after the cursors of its subscriptions, the lowest position first,
 * until the socket says stop. Live delivery, replay, catching up and a newcomer's first events are all this one thing.
 */
import { type Batch, BatchBuilder } from './batch.js'
import type { ConnectionReader, StreamConnection } from './connection.js'
import type { Delivery } from './delivery.js'
import { encodeControl, type AnyEvents } from './event-stream.js'
import { merge } from './merge.js'
import type { Output } from './output.js'
import { Placement, type Gap, type PlacementHost } from './placement.js'
import { comparePositions, positionBefore, type Position } from './position.js'
import { ReadyNotice } from './ready-notice.js'
import type { Report } from './report.js'
import { read } from './shared-batches.js'
import type { SubscribeOptions } from './subscribe-options.js'
import { bindFilter, Subscription } from './subscription.js'
import { SubscriptionList } from './subscription-list.js'

/** What the readers of a registry share. */
export interface ReaderHost extends PlacementHost {
  readonly delivery: Delivery
  readonly report: Report
}

type Connection = StreamConnection<AnyEvents, unknown>

export class Reader implements ConnectionReader {
  isDue = false
  readonly #connection: Connection
  readonly #output: Output
  readonly #host: ReaderHost
  readonly #subscriptions = new SubscriptionList()
  /** Set as long as there are cursors to be placed. */
  #placement: Placement | undefined
  /** The log's generation that the cursors stand in. */
  #generation: number
  /** Whether the socket has kept it waiting, so that keyed events conflate until it has caught up. */
  #isLate = false
  #isServing = false
  readonly #readyNotice = new ReadyNotice()
  /** Whether the store was asked once to catch up with the client's last event ID, which does not change. */
  #hasCaughtUp = false

  constructor(connection: Connection, host: ReaderHost) {
    this.#connection = connection
    this.#output = connection.output
    this.#host = host
    this.#generation = host.log.generation
  }

  select(channels: string | readonly string[]): ReadonlySet<string> {
    return this.#subscriptions.select([channels].flat(), this.#connection.origin.options.maxSubscriptions)
  }

  subscribe(names: ReadonlySet<string>, { from = 'latest', filter, resume = true }: SubscribeOptions): () => void {
    const bound = bindFilter(filter)
    const placement = (this.#placement ??= this.#newPlacement())
    const isResuming = resume && this.#connection.lastEventId !== ''
    const added = Array.from(names, (name) => {
      const subscription = new Subscription(this.#host.delivery.join(name, this), bound)
      this.#subscriptions.add(subscription)
      // The last event ID says nothing about a channel that was read since.
      if (isResuming && !this.#subscriptions.hasLeft(name)) placement.resume(subscription)
      else placement.start(subscription, from)
      return subscription
    })
    if (isResuming || added.some((subscription) => subscription.isBehind)) this.#readyNotice.wentBack()
    this.#host.delivery.due(this)
    return () => this.#unsubscribe(added)
  }

  serve(): void {
    // A filter that sends or closes would come back here, with the cursors in the middle of a batch.
    if (this.#isServing) return
    this.#isServing = true
    try {
      if (this.#placeDue()) this.#writeDue()
    } catch (error) {
      // A filter that threw, or a response that cannot be written: this connection's affair, and nobody else's.
      this.#host.report(error)
      this.#connection.destroy('error')
    } finally {
      this.#isServing = false
    }
  }

  /** In the next pass, and not at once: many that drain in one turn share their batches, and none holds up the loop. */
  goOn(): void {
    this.#host.delivery.due(this)
  }

  /** With nothing subscribed nothing is written any more: a pass does not ask whether the connection is closed. */
  close(): void {
    this.#placement?.cancel()
    for (const subscription of this.#subscriptions.toArray()) this.#remove(subscription)
  }

  /** Places the cursors that have to be; returns false when there is something to wait for. */
  #placeDue(): boolean {
    const { generation } = this.#host.log
    if (this.#generation !== generation) this.#placement ??= this.#newPlacement()
    const placement = this.#placement
    if (placement === undefined) return true
    if (placement.isWaiting) return false
    this.#placement = undefined
    this.#generation = generation
    this.#hasCaughtUp = true
    for (const gap of placement.place()) this.#announce(gap)
    return true
  }

  #newPlacement(): Placement {
    const host = this.#host
    return new Placement(host, {
      lastEventId: this.#connection.lastEventId,
      subscriptions: this.#subscriptions,
      generation: this.#generation,
      hasCaughtUp: this.#hasCaughtUp,
      onCaughtUp: () => host.delivery.due(this),
    })
  }

  #writeDue(): void {
    do {
      if (!this.#output.isWritable) {
        this.#isLate = true
        return
      }
      this.#skipGaps()
    } while (this.#writeNext())
    // A filter may have subscribed: the cursors of that are placed in the next pass.
    if (this.#placement !== undefined) return
    this.#isLate = false
    if (!this.#readyNotice.isTold) this.#tellReady()
  }

  #skipGaps(): void {
    let overtaken: Subscription[] | undefined
    for (let each = this.#subscriptions.first; each !== undefined; each = each.following) {
      if (!each.isOvertaken) continue
      each.skipGap()
      ;(overtaken ??= []).push(each)
    }
    if (overtaken !== undefined) this.#announce({ reason: 'slow', lost: overtaken })
  }

  /** Returns false when nothing is left to be written, or cursors have to be placed first. */
  #writeNext(): boolean {
    if (this.#placement !== undefined) return false
    let behind: Subscription | undefined
    for (let each = this.#subscriptions.first; each !== undefined; each = each.following) {
      if (!each.isBehind) continue
      if (behind !== undefined) return this.#writeMerged()
      behind = each
    }
    if (behind === undefined) return false
    return behind.filter === undefined ? this.#writeShared(behind) : this.#writeMerged()
  }

  #writeShared(subscription: Subscription): boolean {
    const { batches } = this.#host.delivery
    const isAlone = subscription.feed.readers.size === 1
    const { batch, conflated } = isAlone ? read(subscription, this.#isLate) : batches.read(subscription, this.#isLate)
    this.#write(batch, conflated)
    return subscription.isBehind
  }

  #writeMerged(): boolean {
    const builder = new BatchBuilder()
    for (const { subscription, event } of merge(this.#subscriptions.toArray())) {
      if (this.#isLate && event.replaced) builder.conflated++
      // A filter may unsubscribe: then not even the event that it was asked about is sent.
      else if (subscription.wants(event, this.#host.log.epoch) && !subscription.hasLeft) builder.add(event)
      if (builder.isFull || this.#connection.closed) break
    }
    // A filter may have closed the connection.
    if (!this.#connection.closed) this.#write(builder.build(), builder.conflated)
    return true
  }

  #write(batch: Batch | undefined, conflated: number): void {
    const { counters } = this.#host
    counters.conflated += conflated
    if (batch === undefined) return
    counters.delivered += batch.events
    this.#readyNotice.wrote(batch.events)
    this.#output.write(batch)
  }

  #tellReady(): void {
    if (this.#subscriptions.size === 0) return
    const notice = this.#readyNotice.caughtUp()
    if (notice === undefined) return
    const { hasGap, replayed } = notice
    const resumed = this.#connection.lastEventId !== '' && !hasGap
    this.#control('sse-ready', { resumed, replayed }, this.#host.log.last)
  }

  #announce({ reason, lost }: Gap): void {
    this.#host.counters.gaps[reason]++
    this.#readyNotice.gap()
    const channels = lost.map(({ channel }) => channel.name)
    this.#control('sse-gap', { channels, reason }, this.#readUpTo())
  }

  /** A control event, with the package's own ID also where the app has IDs of its own: either of them resumes. */
  #control(event: string, data: object, position: Position): void {
    if (!this.#connection.origin.options.controlEvents) return
    this.#connection.writeText(encodeControl(event, data, this.#host.log.ids.of(position)))
  }

  /** A position at which a client that breaks off here can go on without missing what it was about to be sent. */
  #readUpTo(): Position {
    let lowest: Position | undefined
    for (let each = this.#subscriptions.first; each !== undefined; each = each.following) {
      const position = each.next()?.position
      if (position !== undefined && (lowest === undefined || comparePositions(position, lowest) < 0)) lowest = position
    }
    return lowest === undefined ? this.#host.log.last : positionBefore(lowest)
  }

  #unsubscribe(subscriptions: readonly Subscription[]): void {
    const { lastEventId, origin } = this.#connection
    for (const subscription of subscriptions) {
      if (subscription.hasLeft) continue
      const isPlaced = this.#placement?.delete(subscription) !== true
      // A name that is forgotten again costs events that come twice, and loses none.
      if (isPlaced && lastEventId !== '') {
        this.#subscriptions.leave(subscription.channel.name, origin.options.maxSubscriptions)
      }
      this.#remove(subscription)
    }
  }

  #remove(subscription: Subscription): void {
    subscription.hasLeft = true
    this.#subscriptions.delete(subscription)
    this.#host.delivery.leave(subscription.feed, this)
  }
}
