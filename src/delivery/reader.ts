/**
 * Reads the log for one connection: writes the events after the cursors of its subscriptions, lowest position first, until
 * the socket is full. Live delivery, replay, catching up and the first events of a new subscriber are this one operation.
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
  /** Set while cursors must be placed. */
  #resumption: Resumption | undefined
  /** Generation of the log that the cursors belong to. */
  #generation: number
  /** Whether the socket was full. Keyed events are then conflated until the connection has caught up. */
  #isLate = false
  #isServing = false
  /** Whether the store has caught up once. The last event ID does not change, so once is enough. */
  #hasCaughtUp = false

  constructor(stream: Stream, context: ReaderContext) {
    this.#stream = stream
    this.#output = stream.output
    this.#context = context
    this.#generation = context.log.generation
    stream.reader = this
  }

  get channels(): string[] {
    return this.#subscriptions.toArray().map(({ channel }) => channel.name)
  }

  /** The ID up to which everything was written; an empty string while cursors must be placed. */
  get sentUpTo(): string {
    const { log } = this.#context
    const isPlaced =
      this.#subscriptions.size > 0 && this.#resumption === undefined && this.#generation === log.generation
    return isPlaced ? log.ids.of(this.#subscriptions.readUpTo() ?? log.last) : ''
  }

  /**
   * Returns the names that are not subscribed yet.
   *
   * @throws `ERR_SSE_LIMIT` for more than `maxSubscriptions`
   */
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
      // If the connection has read and left the channel, the last event ID may be older than what it has read.
      if (isResuming && !this.#subscriptions.hasLeft(name)) resumption.resume(subscription)
      else resumption.begin(subscription, from)
      return subscription
    })
    if (isResuming || added.some((subscription) => subscription.isBehind)) this.#readyNotice.wentBack()
    this.#context.scheduler.enqueue(this)
    return () => this.#unsubscribe(added)
  }

  /** Writes the events that are due, until the socket is full. */
  serve(): void {
    // A filter that calls `send` or `close` calls `serve` again, while the cursors are in the middle of a batch.
    if (this.#isServing) return
    this.#isServing = true
    try {
      if (this.#placeDue()) this.#writeDue()
    } catch (error) {
      // A filter threw, or the response cannot be written. Only this connection ends.
      this.#context.report(error)
      this.#stream.destroy('error')
    } finally {
      this.#isServing = false
    }
  }

  /** Called when the socket has drained. Waits for the next pass, in which readers at the same place share batches. */
  onWritable(): void {
    this.#context.scheduler.enqueue(this)
  }

  /** Ends all subscriptions. A pass then writes nothing, so it need not check whether the stream is closed. */
  close(): void {
    this.#resumption?.cancel()
    for (const subscription of this.#subscriptions.toArray()) this.#end(subscription)
  }

  /** Places cursors if necessary. Returns false if this has to wait. */
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
    // A filter has subscribed. The next pass places the new cursors.
    if (this.#resumption !== undefined) return
    this.#isLate = false
    if (!this.#readyNotice.isTold) this.#tellReady()
  }

  /** Returns false if nothing is left to write, or if cursors must be placed first. */
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
      // A filter may unsubscribe its channel. The current event is then not sent.
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

  /** Announces gaps: those of placed cursors, and those of cursors that the log has overtaken. */
  #announce(placed: readonly Gap[]): void {
    const overtaken = this.#subscriptions.skipOvertaken()
    const gaps = overtaken === undefined ? placed : [...placed, { reason: 'slow' as const, lost: overtaken }]
    gaps.forEach(({ reason, lost }, i) => {
      this.#context.counters.gaps[reason]++
      this.#readyNotice.gap()
      const channels = lost.map(({ channel }) => channel.name)
      // Only the last one has an ID. Otherwise, a client that disconnects between two would resume after an unread gap.
      const position = i === gaps.length - 1 ? (this.#subscriptions.readUpTo() ?? this.#context.log.last) : undefined
      this.#sendControl('sse-gap', { channels, reason }, position)
    })
  }

  /** Sends a control event with an ID of the log. Clients can resume after it, even if the app gives its events own IDs. */
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
      // Only so many names are kept: a forgotten one may cause events to be sent twice, but none to be lost.
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
