/**
 * Reads the log for one connection: writes what lies after the cursors of its subscriptions, the lowest position first,
 * until the socket is full. Live delivery, replay, catching up and a newcomer's first events are all this operation.
 */
import type { Output } from '../http/output.js'
import type { Stream, StreamReader } from '../http/stream.js'
import type { Position } from '../log/position.js'
import type { Report } from '../report.js'
import type { SubscribeOptions } from '../subscribe-options.js'
import { BatchBuilder, type Batch } from '../wire/batch.js'
import { encodeControl } from '../wire/format.js'
import type { Gap } from './gap.js'
import { merge } from './merge.js'
import { ReadyNotice } from './ready-notice.js'
import { Resumption, type ResumptionContext } from './resumption.js'
import type { Scheduler } from './scheduler.js'
import { takeBatch } from './shared-batches.js'
import type { Subscriber } from './subscribers.js'
import { SubscriptionList } from './subscription-list.js'
import { bindFilter, Subscription } from './subscription.js'

/** What the readers of a registry share. */
export interface ReaderContext extends ResumptionContext {
  readonly scheduler: Scheduler
  readonly report: Report
}

export class Reader implements Subscriber, StreamReader {
  isQueued = false
  readonly #stream: Stream
  readonly #output: Output
  readonly #context: ReaderContext
  readonly #subscriptions = new SubscriptionList()
  readonly #readyNotice = new ReadyNotice()
  /** Set as long as there are cursors to be placed. */
  #resumption: Resumption | undefined
  /** Generation of the log that the cursors stand in. */
  #generation: number
  /** Whether the socket was full, so that keyed events conflate until the connection has caught up. */
  #isLate = false
  #isServing = false
  /** Whether the store was asked to catch up with the client's last event ID, which does not change. */
  #hasCaughtUp = false

  constructor(stream: Stream, context: ReaderContext) {
    this.#stream = stream
    this.#output = stream.output
    this.#context = context
    this.#generation = context.log.generation
    stream.reader = this
  }

  /** The names that are not subscribed to yet. Throws an `SseError` when they are too many. */
  select(channels: string | readonly string[]): ReadonlySet<string> {
    return this.#subscriptions.select([channels].flat(), this.#stream.route.options.maxSubscriptions)
  }

  /** Subscribes to channels that `select` returned. Returns the function that unsubscribes. */
  subscribe(names: ReadonlySet<string>, { from = 'latest', filter, resume = true }: SubscribeOptions): () => void {
    const bound = bindFilter(filter)
    const resumption = (this.#resumption ??= this.#newResumption())
    const isResuming = resume && this.#stream.lastEventId !== ''
    const added = Array.from(names, (name) => {
      const subscription = new Subscription(this.#context.scheduler.join(name, this), bound)
      this.#subscriptions.add(subscription)
      // The last event ID is older than what the connection itself has read of a channel.
      if (isResuming && !this.#subscriptions.hasLeft(name)) resumption.resume(subscription)
      else resumption.begin(subscription, from)
      return subscription
    })
    if (isResuming || added.some((subscription) => subscription.isBehind)) this.#readyNotice.wentBack()
    this.#context.scheduler.enqueue(this)
    return () => this.#unsubscribe(added)
  }

  /** Writes what is due, as far as the socket takes it. */
  serve(): void {
    // A filter that sends or closes comes back here, with the cursors in the middle of a batch.
    if (this.#isServing) return
    this.#isServing = true
    try {
      if (this.#placeDue()) this.#writeDue()
    } catch (error) {
      // A filter threw, or the response cannot be written: that ends this connection and no other.
      this.#context.report(error)
      this.#stream.destroy('error')
    } finally {
      this.#isServing = false
    }
  }

  /** The socket takes more. Served in the next pass, so that readers whose sockets drain together share batches. */
  onWritable(): void {
    this.#context.scheduler.enqueue(this)
  }

  /** Ends all subscriptions: without any, a pass writes nothing and need not ask whether the stream is closed. */
  close(): void {
    this.#resumption?.cancel()
    for (const subscription of this.#subscriptions.toArray()) this.#end(subscription)
  }

  /** Places the cursors that have to be. Returns false when that has to wait. */
  #placeDue(): boolean {
    const { generation } = this.#context.log
    if (this.#generation !== generation) this.#resumption ??= this.#newResumption()
    const resumption = this.#resumption
    if (resumption === undefined) return true
    if (resumption.wait()) return false
    this.#resumption = undefined
    this.#generation = generation
    this.#hasCaughtUp = true
    this.#announce(resumption.place())
    return true
  }

  #newResumption(): Resumption {
    const context = this.#context
    return new Resumption(context, {
      lastEventId: this.#stream.lastEventId,
      subscriptions: this.#subscriptions,
      generation: this.#generation,
      hasCaughtUp: this.#hasCaughtUp,
      onCaughtUp: () => context.scheduler.enqueue(this),
    })
  }

  #writeDue(): void {
    do {
      if (!this.#output.isWritable) {
        this.#isLate = true
        return
      }
      this.#announce([])
    } while (this.#writeNext())
    // A filter has subscribed: the next pass places those cursors.
    if (this.#resumption !== undefined) return
    this.#isLate = false
    if (!this.#readyNotice.isTold) this.#tellReady()
  }

  /** Returns false when nothing is left to write, or cursors have to be placed first. */
  #writeNext(): boolean {
    if (this.#resumption !== undefined) return false
    let behind: Subscription | undefined
    for (let each = this.#subscriptions.first; each !== undefined; each = each.next) {
      if (!each.isBehind) continue
      if (behind !== undefined) return this.#writeMerged()
      behind = each
    }
    if (behind === undefined) return false
    return behind.filter === undefined ? this.#writeShared(behind) : this.#writeMerged()
  }

  #writeShared(subscription: Subscription): boolean {
    const { batches } = this.#context.scheduler
    const isAlone = subscription.subscribers.all.size === 1
    const taken = isAlone ? takeBatch(subscription, this.#isLate) : batches.take(subscription, this.#isLate)
    this.#write(taken.batch, taken.conflated)
    return subscription.isBehind
  }

  #writeMerged(): boolean {
    const { epoch, last } = this.#context.log
    const builder = new BatchBuilder({ conflates: this.#isLate })
    for (const { subscription, event } of merge(this.#subscriptions.toArray(), last)) {
      // A filter may unsubscribe: then not even the event that it was asked about is sent.
      const isWanted = builder.skips(event) || (subscription.wants(event, epoch) && !subscription.hasEnded)
      if (isWanted) builder.add(event)
      if (builder.isFull || this.#stream.closed) break
    }
    // A filter may have closed the stream.
    if (!this.#stream.closed) this.#write(builder.build(), builder.conflated)
    return true
  }

  #write(batch: Batch | undefined, conflated: number): void {
    const { counters } = this.#context
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
    const resumed = this.#stream.lastEventId !== '' && !hasGap
    this.#sendControl('sse-ready', { resumed, replayed }, this.#context.log.last)
  }

  /** Announces gaps, and those in which subscriptions are that were overtaken. */
  #announce(placed: readonly Gap[]): void {
    const overtaken = this.#subscriptions.skipOvertaken()
    const gaps = overtaken === undefined ? placed : [...placed, { reason: 'slow' as const, lost: overtaken }]
    gaps.forEach(({ reason, lost }, i) => {
      this.#context.counters.gaps[reason]++
      this.#readyNotice.gap()
      const channels = lost.map(({ channel }) => channel.name)
      // Only the last has an ID: a client that drops before it would resume behind a gap that it has not read of.
      const position = i === gaps.length - 1 ? (this.#subscriptions.readUpTo() ?? this.#context.log.last) : undefined
      this.#sendControl('sse-gap', { channels, reason }, position)
    })
  }

  /** Sends a control event. It carries the package's ID also where the app has IDs of its own: either of them resumes. */
  #sendControl(event: string, data: object, position: Position | undefined): void {
    if (!this.#stream.route.options.controlEvents) return
    const id = position && this.#context.log.ids.of(position)
    this.#stream.writeText(encodeControl(event, data, id))
  }

  #unsubscribe(subscriptions: readonly Subscription[]): void {
    const { lastEventId, route } = this.#stream
    for (const subscription of subscriptions) {
      if (subscription.hasEnded) continue
      const isPlaced = this.#resumption?.delete(subscription) !== true
      // Forgetting a name costs events that come twice, and loses none.
      if (isPlaced && lastEventId !== '') {
        this.#subscriptions.leave(subscription.channel.name, route.options.maxSubscriptions)
      }
      this.#end(subscription)
    }
  }

  #end(subscription: Subscription): void {
    subscription.hasEnded = true
    this.#subscriptions.delete(subscription)
    this.#context.scheduler.leave(subscription.subscribers, this)
  }
}
