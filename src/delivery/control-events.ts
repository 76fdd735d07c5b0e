/**
 * Sends the control events of one connection: `sse-gap`, and `sse-ready` when it has caught up. That is at its beginning,
 * after each gap, and after a later `subscribe` that wrote older events, because these moved the last event ID back.
 */
import { diagnostics } from '../diagnostics.js'
import type { Stream } from '../http/stream.js'
import type { Log } from '../log/log.js'
import type { Position } from '../log/position.js'
import type { Counters } from '../stats.js'
import { encodeControl } from '../wire/format.js'
import type { Gap } from './gap.js'
import type { Snapshots } from './snapshots.js'
import type { SubscriptionList } from './subscription-list.js'

export interface ControlContext {
  readonly log: Log
  readonly counters: Counters
  /** Undefined without the option `snapshot`. */
  readonly snapshots: Snapshots | undefined
}

export class ControlEvents {
  readonly #stream: Stream
  readonly #context: ControlContext
  /**
   * Whether to send `sse-ready` when the connection has caught up. `always`: at the beginning and after a gap. `ifWritten`:
   * only if events are written until then.
   */
  #ready: 'always' | 'ifWritten' | 'notDue' = 'always'
  /** Whether a gap was sent since the last `sse-ready`. */
  #hasGap = false
  /** The number of events that were written while `sse-ready` was due. */
  #replayed = 0

  constructor(stream: Stream, context: ControlContext) {
    this.#stream = stream
    this.#context = context
  }

  /** Whether `sse-ready` may be due when the connection has caught up. */
  get isReadyDue(): boolean {
    return this.#ready !== 'notDue'
  }

  /** Call this when a later subscription begins at older events. */
  wentBack(): void {
    if (!this.isReadyDue) this.#expect('ifWritten')
  }

  /** Call this when events of the log were written. */
  wrote(events: number): void {
    if (this.isReadyDue) this.#replayed += events
  }

  /**
   * Sends gaps. Before that, makes the subscriptions read the latest event of every key again, so that a client that keeps
   * state drops what the server no longer has. With snapshots, a snapshot follows instead, and `subscriptions` is not used.
   */
  gaps(gaps: readonly Gap[], subscriptions?: SubscriptionList): void {
    const { counters, log, snapshots } = this.#context
    // A slow client would never catch up if each gap began this again. So it begins once until `sse-ready`.
    const isNew = !this.#hasGap || gaps.some(({ reason }) => reason === 'restarted')
    const isKeyed = snapshots === undefined && subscriptions !== undefined
    const complete = isKeyed && isNew && subscriptions.repeatLatest()
    const readUpTo = isKeyed ? (subscriptions.readUpTo() ?? log.last) : undefined
    this.#expect('always')
    this.#hasGap = true
    gaps.forEach(({ reason, lost }, i) => {
      counters.gaps[reason]++
      const channels = lost.map(({ channel }) => channel.name)
      if (diagnostics.gap.hasSubscribers) {
        diagnostics.gap.publish({ connection: this.#stream.connection, channels, reason })
      }
      // Only the last one has an ID. Otherwise, a client that disconnects between two would resume after an unread gap.
      // With snapshots, none has an ID, because a snapshot may follow, which must be read too.
      this.#send('sse-gap', { channels, reason, complete }, i === gaps.length - 1 ? readUpTo : undefined)
    })
  }

  /** Call this when the connection has caught up. Sends `sse-ready` if it is due. */
  caughtUp(): void {
    const resumed = this.#stream.lastEventId !== '' && !this.#hasGap
    const replayed = this.#replayed
    const isDue = this.#ready === 'always' || (this.#ready === 'ifWritten' && replayed > 0)
    this.#ready = 'notDue'
    this.#hasGap = false
    if (isDue) this.#send('sse-ready', { resumed, replayed }, this.#context.log.last)
  }

  #expect(when: 'always' | 'ifWritten'): void {
    if (!this.isReadyDue) this.#replayed = 0
    this.#ready = when
  }

  /** Gives the event an ID of the log. Clients can resume after it, even if the app gives its events own IDs. */
  #send(event: string, data: object, position: Position | undefined): void {
    if (!this.#stream.route.options.controlEvents) return
    const id = position && this.#context.log.ids.of(position)
    this.#stream.writeText(encodeControl(event, data, id))
  }
}
