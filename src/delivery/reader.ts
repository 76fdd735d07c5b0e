/**
 * Reads the log for one connection: writes the events after the cursors of its subscriptions, lowest position first, until
 * the socket is full. Live delivery, replay, catching up and the first events of a new subscriber are this one operation.
 */
import type { Output } from '../http/output.js'
import type { StreamReader } from '../http/stream-reader.js'
import type { Stream } from '../http/stream.js'
import type { Report } from '../report.js'
import type { SubscribeOptions } from '../subscribe-options.js'
import { ControlEvents, type ControlContext } from './control-events.js'
import { EventWriter, type WriterContext } from './event-writer.js'
import type { Gap } from './gap.js'
import { Resumption, type ResumptionContext } from './resumption.js'
import type { Scheduler } from './scheduler.js'
import { SnapshotWait } from './snapshot-wait.js'
import type { Subscriber, Subscribers } from './subscribers.js'
import { SubscriptionList } from './subscription-list.js'
import { bindFilter, Subscription } from './subscription.js'
import { UpdateWindow } from './update-window.js'

/** What the readers of a registry share. */
export interface ReaderContext extends ResumptionContext, ControlContext, WriterContext {
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
  readonly #writer: EventWriter
  /** Undefined without the option `snapshot`. */
  readonly #snapshots: SnapshotWait | undefined
  /** Set while cursors must be placed. */
  #resumption: Resumption | undefined
  /** Generation of the log that the cursors belong to. */
  #generation: number
  #isServing = false
  /** Set when the stream ends as soon as the connection has caught up. Until then, no subscription may end. */
  #onCaughtUp: (() => void) | undefined
  /** Whether cursors were placed before. The last event ID does not change, so the log need not catch up again. */
  #hasPlaced = false

  constructor(stream: Stream, context: ReaderContext) {
    this.#stream = stream
    this.#output = stream.output
    this.#context = context
    const controlEvents = (this.#controlEvents = new ControlEvents(stream, context))
    this.#writer = new EventWriter(stream, context, controlEvents)
    const onLoaded = () => context.scheduler.enqueue(this)
    const { snapshots } = context
    this.#snapshots =
      snapshots &&
      new SnapshotWait(snapshots, { stream, controlEvents, log: context.log, views: context.batches.views, onLoaded })
    this.#generation = context.log.generation
    stream.reader = this
  }

  get channels(): string[] {
    return this.#subscriptions.toArray().map(({ channel }) => channel.name)
  }

  /** The ID up to which everything was written; an empty string while cursors must be placed or snapshots are missing. */
  get sentUpTo(): string {
    const { log } = this.#context
    if (this.#subscriptions.size === 0 || this.#snapshots?.isWaiting === true) return ''
    const isPlaced = this.#resumption === undefined && this.#generation === log.generation
    return isPlaced ? log.ids.of(this.#subscriptions.readUpTo() ?? log.last) : ''
  }

  /**
   * Returns the names that are not subscribed yet.
   *
   * @throws `ERR_SSE_LIMIT` for more than `maxSubscriptions`
   */
  select(names: readonly string[]): ReadonlySet<string> {
    return this.#subscriptions.select(names, this.#stream.route.options.maxSubscriptions)
  }

  /**
   * Sets the update window at the first call.
   *
   * @throws `ERR_SSE_OPTION` for another update window than that of the first call
   */
  setWindow(conflate: number | false | undefined): void {
    if (this.#writer.window !== undefined) return this.#writer.window.requireSame(conflate)
    this.#writer.window = conflate
      ? new UpdateWindow(conflate, this.#context.scheduler.windowClock(conflate))
      : UpdateWindow.NONE
  }

  /** Subscribes to channels that `select` returned. Returns the function that unsubscribes. */
  subscribe(names: ReadonlySet<string>, { from = 'latest', filter, resume = true }: SubscribeOptions): () => void {
    const bound = bindFilter(filter)
    const resumption = (this.#resumption ??= this.#newResumption())
    const isResuming = resume && this.#stream.lastEventId !== ''
    const added = Array.from(names, (name) => {
      const subscription = new Subscription(this.#join(name, bound !== undefined), bound)
      this.#subscriptions.add(subscription)
      // If the connection has read the channel and unsubscribed, the last event ID may be older than what it has read.
      if (isResuming && !this.#subscriptions.wasUnsubscribed(name)) resumption.resume(subscription)
      else {
        if (from === 'latest') this.#snapshots?.add(subscription)
        resumption.begin(subscription, from)
      }
      return subscription
    })
    if (isResuming || added.some((subscription) => subscription.isBehind)) this.#controlEvents.wentBack()
    this.#context.scheduler.enqueue(this)
    return () => this.#unsubscribe(added)
  }

  /** Whether the events after the cursors wait for the next update window: only events with a key wait. */
  isHeld(): boolean {
    if (this.#writer.window?.isClosed !== true || this.#isServing) return false
    const { epoch, generation } = this.#context.log
    if (this.#resumption !== undefined || this.#generation !== generation) return false
    if (this.#snapshots?.isWaiting === true) return false
    this.#isServing = true
    try {
      return !this.#subscriptions.hasNewUnkeyed(this.#context.batches.views, epoch)
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

  /** Calls back when the connection has caught up, but not within a filter. The callback must end the stream. */
  whenCaughtUp(callback: () => void): void {
    this.#onCaughtUp = callback
    if (this.#isServing) this.#context.scheduler.enqueue(this)
    else if (this.#subscriptions.size === 0) callback()
    else this.serve()
  }

  /** Called when the socket has drained. Waits for the next pass, in which readers at the same place share batches. */
  onWritable(): void {
    if (this.#writer.isLate || !this.isHeld()) this.#context.scheduler.enqueue(this)
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
    this.#hasPlaced = true
    this.#announce(resumption.place())
    return true
  }

  #newResumption(): Resumption {
    const context = this.#context
    return new Resumption(context, {
      lastEventId: this.#stream.lastEventId,
      subscriptions: this.#subscriptions,
      generation: this.#generation,
      hasPlaced: this.#hasPlaced,
      onLogCaughtUp: () => context.scheduler.enqueue(this),
    })
  }

  /** Writes batch after batch, until the socket is full or the connection has caught up. */
  #writeDue(): void {
    do {
      if (!this.#output.isWritable) {
        this.#writer.isLate = true
        return
      }
      this.#announce([])
      if (this.#snapshots?.write() === false) return
      // A filter may have subscribed. The next pass places the new cursors.
    } while (this.#resumption === undefined && this.#writer.writeNext(this.#subscriptions))
    if (this.#resumption !== undefined) return
    this.#writer.isLate = false
    if (this.#controlEvents.isReadyDue && this.#subscriptions.size > 0) this.#controlEvents.caughtUp()
    this.#onCaughtUp?.()
  }

  /** Joins a channel at the scheduler. Returns the group of its subscribers. */
  #join(name: string, isFiltered: boolean): Subscribers {
    const { scheduler } = this.#context
    const clock = this.#writer.window?.clock
    return clock === undefined ? scheduler.join(name, this) : scheduler.joinWindow(name, this, clock, { isFiltered })
  }

  /** Announces gaps: those of placed cursors, and those of cursors that the log has overtaken. */
  #announce(placed: readonly Gap[]): void {
    const overtaken = this.#subscriptions.skipOvertaken()
    const gaps = overtaken === undefined ? placed : [...placed, { reason: 'slow' as const, lost: overtaken }]
    if (gaps.length === 0) return
    this.#controlEvents.gaps(gaps, this.#subscriptions)
    for (const { lost } of gaps) for (const subscription of lost) this.#snapshots?.add(subscription)
  }

  #unsubscribe(subscriptions: readonly Subscription[]): void {
    const { lastEventId, route } = this.#stream
    for (const subscription of subscriptions) {
      if (subscription.hasEnded || this.#onCaughtUp !== undefined) continue
      const isPlaced = this.#resumption?.delete(subscription) !== true
      // Only so many names are kept: a forgotten one may cause events to be sent twice, but none to be lost.
      if (isPlaced && lastEventId !== '') {
        this.#subscriptions.rememberUnsubscribed(subscription.channel.name, route.options.maxSubscriptions)
      }
      this.#end(subscription)
    }
  }

  /** Ends one subscription: nothing more is written for it. */
  #end(subscription: Subscription): void {
    subscription.hasEnded = true
    this.#snapshots?.delete(subscription)
    this.#subscriptions.delete(subscription)
    this.#context.scheduler.leave(subscription.subscribers, this)
  }
}
