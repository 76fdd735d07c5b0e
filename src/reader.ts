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
import { read } from './shared-batches.js'
import type { SubscribeOptions } from './subscribe-options.js'
import { Subscription } from './subscription.js'

/** What the readers of a registry share. */
export interface ReaderHost extends PlacementHost {
  readonly delivery: Delivery
}

type Connection = StreamConnection<AnyEvents, unknown>

export class Reader implements ConnectionReader {
  isDue = false
  readonly #connection: Connection
  readonly #output: Output
  readonly #host: ReaderHost
  /** Set as long as there are cursors to be placed. */
  #placement: Placement | undefined
  /** The log's generation that the cursors stand in. */
  #generation: number
  /** Where the chain of subscriptions begins. */
  #first: Subscription | undefined
  /** Whether the socket has kept it waiting, so that keyed events conflate until it has caught up. */
  #isLate = false
  #isServing = false
  #isReady = false
  /** Whether a gap was announced where its cursors were placed. */
  #hasGap = false
  /** Whether the store was asked once to catch up with the client's last event ID, which does not change. */
  #hasCaughtUp = false
  #replayed = 0

  constructor(connection: Connection, host: ReaderHost) {
    this.#connection = connection
    this.#output = connection.output
    this.#host = host
    this.#generation = host.log.generation
  }

  subscribe(channels: string | readonly string[], { from = 'latest', filter }: SubscribeOptions): () => void {
    const names = new Set([channels].flat())
    const subscriptions = this.#listSubscriptions()
    for (const { channel } of subscriptions) names.delete(channel.name)
    const added = Array.from(names, (name) => new Subscription(this.#host.delivery.join(name, this), filter))
    this.#chain(subscriptions.concat(added))
    this.#placement ??= this.#newPlacement()
    this.#placement.add(added, from)
    this.#host.delivery.due(this)
    return () => this.#unsubscribe(new Set(added))
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
    this.#unsubscribe(new Set(this.#listSubscriptions()))
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
    for (const gap of placement.place(this.#listSubscriptions())) {
      this.#hasGap = true
      this.#announce(gap)
    }
    return true
  }

  #newPlacement(): Placement {
    const host = this.#host
    return new Placement(host, {
      lastEventId: this.#connection.lastEventId,
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
    this.#isLate = false
    if (!this.#isReady) this.#ready()
  }

  #skipGaps(): void {
    let overtaken: Subscription[] | undefined
    for (let each = this.#first; each !== undefined; each = each.following) {
      if (!each.isOvertaken) continue
      each.skipGap()
      ;(overtaken ??= []).push(each)
    }
    if (overtaken !== undefined) this.#announce({ reason: 'slow', lost: overtaken })
  }

  /** Returns false when nothing is left to be written. */
  #writeNext(): boolean {
    let behind: Subscription | undefined
    for (let each = this.#first; each !== undefined; each = each.following) {
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
    for (const { subscription, event } of merge(this.#listSubscriptions())) {
      if (this.#isLate && event.replaced) builder.conflated++
      else if (subscription.wants(event, this.#host.log.epoch)) builder.add(event)
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
    if (!this.#isReady) this.#replayed += batch.events
    this.#output.write(batch)
  }

  #ready(): void {
    if (this.#first === undefined) return
    this.#isReady = true
    const resumed = this.#connection.lastEventId !== '' && !this.#hasGap
    this.#control('sse-ready', { resumed, replayed: this.#replayed }, this.#host.log.last)
  }

  #announce({ reason, lost }: Gap): void {
    this.#host.counters.gaps[reason]++
    const channels = lost.map(({ channel }) => channel.name)
    this.#control('sse-gap', { channels, reason }, this.#readUpTo())
  }

  /** An event of the package's own; without an ID where the app gives out its own, which it would displace. */
  #control(event: string, data: object, position: Position): void {
    const { log } = this.#host
    this.#connection.writeText(encodeControl(event, data, log.hasOwnIds ? undefined : log.ids.of(position)))
  }

  /** A position at which a client that breaks off here can go on without missing what it was about to be sent. */
  #readUpTo(): Position {
    const next = this.#listSubscriptions().map((subscription) => subscription.next()?.position)
    const lowest = next.filter((position) => position !== undefined).sort(comparePositions)[0]
    return lowest === undefined ? this.#host.log.last : positionBefore(lowest)
  }

  #unsubscribe(leaving: ReadonlySet<Subscription>): void {
    const subscriptions = this.#listSubscriptions()
    this.#chain(subscriptions.filter((each) => !leaving.has(each)))
    this.#placement?.remove(leaving)
    for (const each of subscriptions) if (leaving.has(each)) this.#host.delivery.leave(each.feed, this)
  }

  #listSubscriptions(): Subscription[] {
    const subscriptions: Subscription[] = []
    for (let each = this.#first; each !== undefined; each = each.following) subscriptions.push(each)
    return subscriptions
  }

  #chain(subscriptions: readonly Subscription[]): void {
    this.#first = subscriptions[0]
    subscriptions.forEach((each, i) => (each.following = subscriptions[i + 1]))
  }
}
