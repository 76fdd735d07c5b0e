/**
 * The snapshots that one connection still needs. Until all are written, no event of the log is written. Otherwise, the
 * client's last event ID would be ahead of a snapshot that it has not got.
 */
import type { Stream } from '../http/stream.js'
import type { Log } from '../log/log.js'
import type { ControlEvents } from './control-events.js'
import { MOST_REPEATED } from './cursor.js'
import { joinTexts, type Snapshot } from './snapshot.js'
import type { LoadedSnapshot, Snapshots, SnapshotWaiter } from './snapshots.js'
import type { Subscription } from './subscription.js'
import type { EventViews } from './event-views.js'

export interface SnapshotWaitOptions {
  readonly log: Log
  readonly stream: Stream
  readonly controlEvents: ControlEvents
  readonly views: EventViews
  /** Called when a snapshot was loaded or is no longer needed, so that something can be written. */
  readonly onLoaded: () => void
}

interface Wait {
  readonly waiter: SnapshotWaiter
  /** Undefined while the snapshot is loaded. */
  loaded: LoadedSnapshot | undefined
  /** Bytes that had been written to the client when the snapshot was asked for. */
  readonly written: number
}

export class SnapshotWait {
  readonly #snapshots: Snapshots
  readonly #options: SnapshotWaitOptions
  /** Subscriptions whose snapshot is not written yet. Undefined until the snapshot was looked for. */
  readonly #waits = new Map<Subscription, Wait | undefined>()

  constructor(snapshots: Snapshots, options: SnapshotWaitOptions) {
    this.#snapshots = snapshots
    this.#options = options
  }

  /** Whether snapshots are missing. */
  get isWaiting(): boolean {
    return this.#waits.size > 0
  }

  /** Lets a subscription begin with a snapshot. */
  add(subscription: Subscription): void {
    if (subscription.awaitsSnapshot) return
    subscription.awaitsSnapshot = true
    this.#waits.set(subscription, undefined)
  }

  /** Drops a subscription that has ended. The others may have waited for its snapshot. */
  delete(subscription: Subscription): void {
    if (!subscription.awaitsSnapshot) return
    this.#stopWaiting(subscription)
    this.#options.onLoaded()
  }

  #stopWaiting(subscription: Subscription): void {
    const wait = this.#waits.get(subscription)
    if (wait !== undefined) this.#snapshots.cancel(subscription.channel, wait.waiter)
    this.#waits.delete(subscription)
    subscription.awaitsSnapshot = false
  }

  /** Writes the snapshots that are loaded, until the socket is full. Returns whether all are written. */
  write(): boolean {
    const { output } = this.#options.stream
    for (const [subscription, wait] of this.#waits) {
      if (!output.isWritable) return false
      const loaded = wait === undefined ? this.#snapshots.get(subscription.channel) : wait.loaded
      const isOutdated = wait !== undefined && this.#isOutdated(subscription, wait)
      if (loaded !== undefined && !isOutdated) {
        this.#stopWaiting(subscription)
        this.#begin(subscription, loaded)
      } else if (wait === undefined || isOutdated) this.#load(subscription)
    }
    return !this.isWaiting
  }

  /**
   * Whether history has evicted events after a loaded snapshot while other bytes filled the socket. If nothing was written
   * meanwhile, history moves faster than snapshots can be written, so another one would be of no use.
   */
  #isOutdated({ channel }: Subscription, { loaded, written }: Wait): boolean {
    if (typeof loaded !== 'object' || this.#snapshots.isCovered(loaded, channel)) return false
    return this.#options.stream.output.written > written
  }

  /** Has the snapshot loaded. `onLoaded` is called when it can be written. */
  #load(subscription: Subscription): void {
    const wait: Wait = {
      loaded: undefined,
      written: this.#options.stream.output.written,
      waiter: (loaded) => {
        wait.loaded = loaded
        this.#options.onLoaded()
      },
    }
    this.#waits.set(subscription, wait)
    this.#snapshots.load(subscription.channel, wait.waiter)
  }

  /**
   * Begins a subscription with its snapshot, or with the latest events if there is none: after a gap too, because the client
   * may have dropped what it had.
   */
  #begin(subscription: Subscription, loaded: LoadedSnapshot): void {
    const { controlEvents } = this.#options
    const { channel } = subscription
    if (loaded === 'none') {
      if (channel.isIncomplete) controlEvents.gaps([{ reason: 'evicted', lost: [subscription] }])
      this.#repeatLatest(subscription)
    } else if (loaded === 'failed' || !this.#snapshots.isCovered(loaded, channel)) {
      controlEvents.gaps([{ reason: 'snapshot', lost: [subscription] }])
      if (subscription.isOvertaken) subscription.skipGap()
      this.#repeatLatest(subscription)
    } else {
      this.#write(subscription, loaded)
      if (subscription.resumeAfter(loaded.position, true) || subscription.hasEnded) return
      // A filter has published so much meanwhile that history no longer covers the snapshot.
      controlEvents.gaps([{ reason: 'slow', lost: [subscription] }])
      this.add(subscription)
    }
  }

  #repeatLatest(subscription: Subscription): void {
    if (subscription.repeatable <= MOST_REPEATED) subscription.repeatLatest()
  }

  #write(subscription: Subscription, { batch, messages }: Snapshot): void {
    const { log, stream, views } = this.#options
    const wanted =
      subscription.filter === undefined
        ? batch
        : joinTexts(messages.filter((message) => subscription.wants(message, views, log.epoch)))
    // A filter may have unsubscribed, or closed the stream.
    if (wanted !== undefined && !subscription.hasEnded && !stream.closed) stream.output.write(wanted)
  }
}
