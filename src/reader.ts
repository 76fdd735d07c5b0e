/**
 * Reads the log for one connection: writes what lies after the cursors of its subscriptions, the lowest position first,
 * until the socket says stop. Live delivery, replay, catching up and a newcomer's first events are all this one thing.
 */
import { type Batch, BatchBuilder } from './batch.js'
import type { ConnectionReader, StreamConnection, SubscribeOptions } from './connection.js'
import type { StartFrom } from './cursor.js'
import type { Delivery } from './delivery.js'
import { encodeControl, type AnyEvents } from './event-stream.js'
import type { Log } from './log.js'
import { merge } from './merge.js'
import { comparePositions, formatId, positionBefore, type Position } from './position.js'
import { isAhead, locate } from './resume.js'
import type { Counters, GapReason } from './stats.js'
import { Subscription } from './subscription.js'

/** What the readers of a registry share. */
export interface ReaderHost {
  readonly log: Log
  readonly counters: Counters
  readonly delivery: Delivery
  /** Where the log may be behind what clients bring: settles when it has caught up. */
  catchUp?: (() => Promise<void>) | undefined
  report(error: unknown): void
}

type Connection = StreamConnection<AnyEvents, unknown>

export class Reader implements ConnectionReader {
  readonly #connection: Connection
  readonly #host: ReaderHost
  #subscriptions: Subscription[] = []
  /** Subscriptions that have not been told yet where the client's last event ID takes them. */
  #resuming: Subscription[] = []
  /** Whether the socket has kept it waiting, so that keyed events conflate until it has caught up. */
  #isLate = false
  #isServing = false
  #isReady = false
  #hasResumed = false
  #replayed = 0
  #catchUp: 'due' | 'waiting' | 'done' = 'due'
  #generation: number

  constructor(connection: Connection, host: ReaderHost) {
    this.#connection = connection
    this.#host = host
    this.#generation = host.log.generation
  }

  subscribe(channels: string | readonly string[], { from = 'latest', filter }: SubscribeOptions): () => void {
    const names = new Set([channels].flat())
    for (const { channel } of this.#subscriptions) names.delete(channel.name)
    const added = Array.from(names, (name) => new Subscription(this.#host.delivery.join(name, this), filter))
    this.#subscriptions.push(...added)
    if (this.#connection.lastEventId !== '') this.#resuming.push(...added)
    else for (const subscription of added) this.#start(subscription, from)
    this.#host.delivery.due(this)
    return () => added.forEach((subscription) => this.#unsubscribe(subscription))
  }

  serve(): void {
    // A filter that sends or closes would come back here, with the cursors in the middle of a batch.
    if (this.#isServing) return
    this.#isServing = true
    try {
      if (this.#host.log.isPending) return
      if (this.#generation !== this.#host.log.generation) this.#restart()
      if (this.#resuming.length > 0 && !this.#resume()) return
      while (this.#connection.isWritable) {
        this.#skipGaps()
        if (!this.#writeNext()) return this.#caughtUp()
      }
      this.#isLate = true
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

  close(): void {
    for (const subscription of this.#subscriptions) this.#host.delivery.leave(subscription.feed, this)
    this.#subscriptions = []
    this.#resuming = []
  }

  #start(subscription: Subscription, from: StartFrom): void {
    const { log } = this.#host
    if (log.isPending) {
      subscription.waitsFor = from
      return
    }
    if (from === 'start') log.trimAge(log.now)
    subscription.startFrom(from, log.bounds.replay)
  }

  /** The log has begun: for the first time, or anew because the store has lost what it held. */
  #restart(): void {
    const { log } = this.#host
    this.#generation = log.generation
    const lost: Subscription[] = []
    for (const subscription of this.#subscriptions) {
      if (this.#resuming.includes(subscription)) continue
      if (subscription.waitsFor !== undefined) {
        subscription.startFrom(subscription.waitsFor, log.bounds.replay)
        subscription.waitsFor = undefined
      } else {
        subscription.restart()
        lost.push(subscription)
      }
    }
    this.#announce('restarted', lost)
  }

  /** Returns false when it has to wait for the log to catch up with the ID. */
  #resume(): boolean {
    const { log, counters } = this.#host
    if (this.#mustCatchUp()) return false
    const subscriptions = this.#resuming
    this.#resuming = []
    log.trimAge(log.now)
    const channels = subscriptions.map(({ channel }) => channel)
    const place = locate(this.#connection.lastEventId, channels, log)
    const reason = typeof place === 'string' ? place : 'evicted'
    const lost = subscriptions.filter((subscription) => {
      if (typeof place !== 'string') return !subscription.resumeAfter(place, log.bounds.replay)
      subscription.startOver()
      return true
    })
    this.#hasResumed = lost.length === 0
    counters.resumes[lost.length === 0 ? 'resumed' : reason]++
    this.#announce(reason, lost)
    return true
  }

  /** A client that comes from another process may be ahead of this one's log, by the milliseconds that a store takes. */
  #mustCatchUp(): boolean {
    const { log, catchUp, delivery } = this.#host
    if (this.#catchUp === 'waiting') return true
    if (this.#catchUp === 'done' || catchUp === undefined || !isAhead(this.#connection.lastEventId, log)) return false
    this.#catchUp = 'waiting'
    void catchUp().finally(() => {
      this.#catchUp = 'done'
      delivery.due(this)
    })
    return true
  }

  #skipGaps(): void {
    let overtaken: Subscription[] | undefined
    for (const subscription of this.#subscriptions) {
      if (!subscription.isOvertaken) continue
      subscription.skipGap()
      ;(overtaken ??= []).push(subscription)
    }
    if (overtaken !== undefined) this.#announce('slow', overtaken)
  }

  /** Returns false when there is nothing to be written. */
  #writeNext(): boolean {
    let behind: Subscription | undefined
    for (const subscription of this.#subscriptions) {
      if (!subscription.isBehind) continue
      if (behind !== undefined) return this.#writeMerged()
      behind = subscription
    }
    if (behind === undefined) return false
    return behind.filter === undefined ? this.#writeShared(behind) : this.#writeMerged()
  }

  #writeShared(subscription: Subscription): true {
    const { batch, conflated } = this.#host.delivery.batches.read(subscription, this.#isLate)
    this.#write(batch, conflated)
    return true
  }

  #writeMerged(): true {
    const builder = new BatchBuilder()
    for (const { subscription, event } of merge(this.#subscriptions)) {
      if (this.#isLate && event.replaced) builder.conflated++
      else if (subscription.wants(event, this.#host.log.epoch)) builder.add(event)
      if (builder.isFull) break
    }
    this.#write(builder.build(), builder.conflated)
    return true
  }

  #write(batch: Batch | undefined, conflated: number): void {
    const { counters } = this.#host
    counters.conflated += conflated
    if (batch === undefined) return
    counters.delivered += batch.events
    if (!this.#isReady) this.#replayed += batch.events
    this.#connection.write(batch)
  }

  #caughtUp(): void {
    this.#isLate = false
    if (this.#isReady || this.#subscriptions.length === 0) return
    this.#isReady = true
    this.#control('sse-ready', { resumed: this.#hasResumed, replayed: this.#replayed }, this.#host.log.last)
  }

  #announce(reason: GapReason, lost: readonly Subscription[]): void {
    if (lost.length === 0) return
    this.#host.counters.gaps[reason]++
    const channels = lost.map(({ channel }) => channel.name)
    this.#control('sse-gap', { channels, reason }, this.#readUpTo())
  }

  /** An event of the package's own; without an ID where the app gives out its own, which it would displace. */
  #control(event: string, data: object, position: Position): void {
    const { log } = this.#host
    this.#connection.writeText(encodeControl(event, data, log.hasOwnIds ? undefined : formatId(position, log.epoch)))
  }

  /** A position at which a client that breaks off here can go on without missing what it was about to be sent. */
  #readUpTo(): Position {
    const next = this.#subscriptions.map((subscription) => subscription.next()?.position)
    const lowest = next.filter((position) => position !== undefined).sort(comparePositions)[0]
    return lowest === undefined ? this.#host.log.last : positionBefore(lowest)
  }

  #unsubscribe(subscription: Subscription): void {
    if (!this.#subscriptions.includes(subscription)) return
    this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription)
    this.#resuming = this.#resuming.filter((other) => other !== subscription)
    this.#host.delivery.leave(subscription.feed, this)
  }
}
