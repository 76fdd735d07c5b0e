/**
 * Batches that readers share. Readers at the same place of a channel get the same bytes, so that events are joined, encoded
 * and framed once for all of them.
 */
import type { ChannelLog } from '../log/channel-log.js'
import type { Batch } from '../wire/batch.js'
import type { Cursor } from './cursor.js'
import { EventViews } from './event-views.js'
import { FilteredBatches } from './filtered-batches.js'
import { fits, takeBatch, type SharedBatch } from './shared-batch.js'
import { SharedMerges } from './shared-merges.js'
import type { Subscription } from './subscription.js'

/** 16 MiB. After an outage, readers may be at very many places, and each place makes a batch. */
const MAX_BYTES = 16 * 1024 * 1024

export class SharedBatches {
  /** Those of connections that are behind in several channels. */
  readonly merges: SharedMerges
  readonly views = new EventViews()
  /** Those of connections with a filter. */
  readonly #filtered: FilteredBatches
  /** By channel and `from`. */
  readonly #byPlace = new Map<ChannelLog, Map<number, SharedBatch>>()
  #newest: SharedBatch | undefined
  #bytes = 0

  constructor() {
    this.merges = new SharedMerges(this.views)
    this.#filtered = new FilteredBatches(this.views)
  }

  /** Returns the next events of a cursor, up to the size of one write. Moves the cursor past them. */
  take(cursor: Cursor, conflates: boolean): SharedBatch {
    let shared = this.#newest
    if (!fits(shared, cursor, conflates)) shared = this.#byPlace.get(cursor.channel)?.get(cursor.offset)
    if (!fits(shared, cursor, conflates)) shared = this.#share(takeBatch(cursor, conflates))
    cursor.offset = shared.to
    return shared
  }

  /**
   * Does the same for a subscription with a filter: of at most `PAGE` events of history, those that the filter accepts.
   * Undefined without any.
   */
  takeFiltered(subscription: Subscription, epoch: string): Batch | undefined {
    const { offset } = subscription
    const all = this.take(subscription, false)
    subscription.offset = offset
    return this.#filtered.take(subscription, all, epoch)
  }

  /** Drops all batches. Sockets keep a batch while they write it. */
  clear(): void {
    this.#newest = undefined
    // Hot path: each pass ends with this, and clearing a map allocates a new table, even if the map is empty.
    if (this.#byPlace.size > 0) this.#byPlace.clear()
    this.merges.clear()
    this.#filtered.clear()
    this.views.clear()
    this.#bytes = 0
  }

  #share(shared: SharedBatch): SharedBatch {
    if (this.#bytes > MAX_BYTES) this.clear()
    if (shared.batch !== undefined) shared.batch.isShared = true
    this.#bytes += shared.batch?.chunk.length ?? 0
    let places = this.#byPlace.get(shared.channel)
    if (places === undefined) this.#byPlace.set(shared.channel, (places = new Map<number, SharedBatch>()))
    places.set(shared.from, shared)
    this.#newest = shared
    return shared
  }
}
