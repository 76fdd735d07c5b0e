/**
 * Reads the log for one connection: writes the events after the cursors of its subscriptions, lowest position first, until
 * the socket is full. Live delivery, replay, catching up and the first events of a new subscriber are this one operation.
 */
import type { Output } from '../http/output.js'
import type { Stream, StreamReader } from '../http/stream.js'
import type { Report } from '../report.js'
import type { SubscribeOptions } from '../subscribe-options.js'
import { BatchBuilder, type Batch } from '../wire/batch.js'
import { ControlEvents } from './control-events.js'
import type { Gap } from './gap.js'
import { mergeInto } from './merge.js'
import { Resumption, type ResumptionContext } from './resumption.js'
import type { Scheduler } from './scheduler.js'
import { takeBatch } from './shared-batches.js'
import type { Subscriber, Subscribers } from './subscribers.js'
import { SubscriptionList } from './subscription-list.js'
import { bindFilter, Subscription } from './subscription.js'
import { UpdateWindow } from './update-window.js'

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
  readonly #controlEvents: ControlEvents
  /** Set while cursors must be placed. */
  #resumption: Resumption | undefined
  /** Generation of the log that the cursors belong to. */
  #generation: number
  /** Undefined before the first `subscribe`. */
  #window: UpdateWindow | undefined
  /** Whether the socket was full. Keyed events are then conflated until the connection has caught up. */
  #isLate = false
  #isServing = false
  /** Whether the store has caught up once. The last event ID does not change, so once is enough. */
  #hasCaughtUp = false

  constructor(stream: Stream, context: ReaderContext) {
    this.#stream = stream
    this.#output = stream.output
    this.#context = context
    this.#controlEvents = new ControlEvents(stream, context)
    this.#generation = context.log.generation
    stream.reader = this
  }

  /**
   * Returns the names that are not subscribed yet.
   *
   * @throws `ERR_SSE_LIMIT` for more than `maxSubscriptions`
   */
  select(channels: string | readonly string[]): ReadonlySet<string> {
    return this.#subscriptions.select([channels].flat(), this.#stream.route.options.maxSubscriptions)
  }

  /** @throws `ERR_SSE_OPTION` for another update window than that of the first call */
  setWindow(conflate: number | false | undefined): void {
    if (this.#window !== undefined) return this.#window.require(conflate)
    this.#window = conflate ? new UpdateWindow(conflate, this.#context.scheduler.window(conflate)) : UpdateWindow.NONE
  }

  /** Subscribes to channels that `select` returned. Returns the function that unsubscribes. */
  subscribe(names: ReadonlySet<string>, { from = 'latest', filter, resume = true }: SubscribeOptions): () => void {
    const bound = bindFilter(filter)
    const resumption = (this.#resumption ??= this.#newResumption())
    const isResuming = resume && this.#stream.lastEventId !== ''
    const added = Array.from(names, (name) => {
      const subscription = new Subscription(this.#join(name, bound !== undefined), bound)
      this.#subscriptions.add(subscription)
      // If the connection has read and left the channel, the last event ID may be older than what it has read.
      if (isResuming && !this.#subscriptions.hasLeft(name)) resumption.resume(subscription)
      else resumption.begin(subscription, from)
      return subscription
    })
    if (isResuming || added.some((subscription) => subscription.isBehind)) this.#controlEvents.wentBack()
    this.#context.scheduler.enqueue(this)
    return () => this.#unsubscribe(added)
  }

  /** Whether the events after the cursors wait for the next update window: only events with a key wait. */
  isHeld(): boolean {
    if (this.#window?.isClosed !== true || this.#isServing) return false
    const { epoch, generation } = this.#context.log
    if (this.#resumption !== undefined || this.#generation !== generation) return false
    this.#isServing = true
    try {
      return !this.#subscriptions.hasNewUnkeyed(epoch)
    } catch (error) {
      this.#fail(error)
      return true
    } finally {
      this.#isServing = false
    }
  }

  /** Writes the events that are due, until the socket is full. Does not wait for the next update window. */
  serve(): void {
    // A filter that calls `send` or `close` calls `serve` again, while the cursors are in the middle of a batch.
    if (this.#isServing) return
    this.#isServing = true
    try {
      if (this.#placeDue()) this.#writeDue()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isServing = false
    }
  }

  /** Called when the socket has drained. Waits for the next pass, in which readers at the same place share batches. */
  onWritable(): void {
    if (this.#isLate || !this.isHeld()) this.#context.scheduler.enqueue(this)
  }

  /** Ends all subscriptions. A pass then writes nothing, so it need not check whether the stream is closed. */
  close(): void {
    this.#resumption?.cancel()
    for (const subscription of this.#subscriptions.toArray()) this.#end(subscription)
  }

  /** A filter threw, or the response cannot be written. Only this connection ends. */
  #fail(error: unknown): void {
    this.#context.report(error)
    this.#stream.destroy('error')
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
    if (!this.#controlEvents.isReadyTold && this.#subscriptions.size > 0) this.#controlEvents.caughtUp()
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
    const taken = isAlone ? takeBatch(subscription, this.#conflates) : batches.take(subscription, this.#conflates)
    this.#write(taken.batch, taken.conflated)
    return subscription.isBehind
  }

  #writeMerged(): boolean {
    const { log } = this.#context
    const builder = new BatchBuilder({ conflates: this.#conflates })
    mergeInto(builder, this.#subscriptions.toArray(), log, () => this.#stream.closed)
    // A filter may have closed the stream.
    if (!this.#stream.closed) this.#write(builder.build(), builder.conflated)
    return true
  }

  /** Connections with an update window always conflate: while they resume, too. */
  get #conflates(): boolean {
    return this.#isLate || this.#window?.clock !== undefined
  }

  #join(name: string, isFiltered: boolean): Subscribers {
    const { scheduler } = this.#context
    const clock = this.#window?.clock
    return clock === undefined ? scheduler.join(name, this) : scheduler.joinWindow(name, this, clock, { isFiltered })
  }

  #write(batch: Batch | undefined, conflated: number): void {
    const { counters } = this.#context
    counters.conflated += conflated
    if (batch === undefined) return
    counters.delivered += batch.events
    this.#controlEvents.wrote(batch.events)
    this.#output.write(batch)
    this.#window?.written()
  }

  /** Announces gaps: those of placed cursors, and those of cursors that the log has overtaken. */
  #announce(placed: readonly Gap[]): void {
    const overtaken = this.#subscriptions.skipOvertaken()
    const gaps = overtaken === undefined ? placed : [...placed, { reason: 'slow' as const, lost: overtaken }]
    if (gaps.length > 0) this.#controlEvents.gaps(gaps, this.#subscriptions.readUpTo())
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
