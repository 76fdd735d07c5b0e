/**
 * Keeps the log of one process equal to the stream in Redis: loads it, reads on, and notices when it does not fit any
 * more. All processes append the same entries in the same order, those that they have published themselves included.
 *
 * Every entry names the one before it. Where the chain breaks, or after a new connection the newest entry known is not
 * there any more, one of two things has happened. Events were trimmed before this process came to read them: the log
 * skips them. Or Redis has lost events that it had confirmed, by a restart, a fail-over or `FLUSHALL`: then a new epoch
 * begins, so that no ID given out before is taken for one of what came in their place.
 */
import { createEpoch } from '../position.js'
import type { StoreLog } from '../store.js'
import { Backoff } from './backoff.js'
import type { Database, State } from './database.js'
import { decodeEntry, type RawEntry, type StreamEntry } from './entry.js'
import type { Link } from './link.js'
import { load, loadLatestBetween } from './load.js'
import { Outage } from './outage.js'
import { compareIds, ORIGIN_ID, positionOf } from './stream-id.js'

/** Milliseconds for which Redis holds a read that finds nothing; then the state is looked at, in case all is gone. */
const BLOCK = 1000

export class Mirror {
  readonly #log: StoreLog
  readonly #link: Link
  readonly #database: Database
  readonly #outage: Outage
  readonly #backoff = new Backoff()
  readonly #closed = new AbortController()
  readonly #listeners = new Set<() => void>()
  #epoch: string | undefined
  /** ID from which Redis is asked to go on. */
  #read = ORIGIN_ID
  /** ID of the newest of our entries in the log, which the next one has to name. */
  #last = ORIGIN_ID
  /** ID of the newest entry that Redis has confirmed to this process, read or not. */
  #confirmed = ORIGIN_ID
  #hasReportedStranger = false
  /** Whether the connection was ended on purpose, to look at the state at once. */
  #isChecking = false

  constructor(log: StoreLog, link: Link, database: Database) {
    this.#log = log
    this.#link = link
    this.#database = database
    this.#outage = new Outage(log)
  }

  /** Undefined until the log has been loaded. */
  get state(): State | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, last: this.#last }
  }

  async run(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      await this.#follow().catch((error: unknown) => (signal.aborted ? undefined : this.#recover(error)))
    }
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted
  }

  /** Aborted when it is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Calls back whenever the log has moved on. Returns the function that takes it back. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Takes note of what Redis has confirmed to this process; it must come by, or it has been lost. */
  confirmed({ epoch, last }: State): void {
    if (epoch !== this.#epoch) this.check(epoch)
    else if (compareIds(last, this.#confirmed) > 0) this.#confirmed = last
  }

  /** Looks at once whether the log still fits, because Redis has answered with another epoch. */
  check(epoch: string): void {
    if (this.#epoch === undefined || epoch === this.#epoch || this.#isChecking) return
    this.#isChecking = true
    this.#link.reset()
  }

  close(): void {
    this.#closed.abort()
    this.#link.reset()
    this.#changed()
  }

  async #follow(): Promise<void> {
    if (this.#epoch === undefined) await this.#load()
    else await this.#compare()
    this.#isChecking = false
    while (!this.isClosed) {
      const entries = await this.#database.read(this.#read, BLOCK)
      this.#outage.ended()
      this.#backoff.reset()
      if (entries.length === 0) await this.#compare()
      else if (!this.#append(entries)) await this.#mend()
      this.#changed()
    }
  }

  async #recover(error: unknown): Promise<void> {
    if (this.#isChecking) return
    this.#outage.began(error)
    this.#link.reset()
    await this.#backoff.wait(this.#closed.signal)
  }

  async #load(): Promise<void> {
    const from = { epoch: createEpoch(), read: this.#last }
    const { epoch, last, floor, held } = await load(this.#database, this.#log.bounds, from)
    this.#epoch = epoch
    this.#last = this.#read = this.#confirmed = last
    this.#log.begin(epoch, positionOf(floor), held)
    this.#changed()
  }

  /** Returns false at an entry that does not follow the one before. */
  #append(entries: readonly RawEntry[]): boolean {
    for (const raw of entries) {
      const entry = decodeEntry(raw)
      if (entry === undefined) this.#stranger(raw[0])
      else if (!this.#appendOne(entry)) return false
      this.#read = raw[0]
    }
    return true
  }

  #appendOne({ id, position, previous, epoch, event }: StreamEntry): boolean {
    if (previous !== this.#last || (epoch !== undefined && epoch !== this.#epoch)) return false
    this.#last = id
    if (event !== undefined) this.#log.append(position, event)
    return true
  }

  /** Whether all that was read or confirmed is still there; begins anew if not. */
  async #compare(): Promise<void> {
    // Taken first: what is confirmed from here on may be newer than the state that is about to be read.
    const known = compareIds(this.#confirmed, this.#last) > 0 ? this.#confirmed : this.#last
    const state = await this.#database.open(createEpoch())
    if (state.epoch !== this.#epoch) return this.#load()
    if (state.last !== known && (await this.#isLost(known, state))) await this.#break(state.epoch)
  }

  async #break(epoch: string): Promise<void> {
    await this.#database.break(epoch, createEpoch())
    await this.#load()
  }

  /** Goes on behind entries that are missing. */
  async #mend(): Promise<void> {
    const epoch = this.#epoch
    await this.#compare()
    if (this.#epoch !== epoch) return
    const first = await this.#database.next(this.#read)
    const next = first && decodeEntry(first)
    if (next === undefined || next.previous === this.#last) return
    if (compareIds(next.previous, this.#last) < 0) return this.#break(epoch ?? '')
    const latest = await loadLatestBetween(this.#database, this.#last, next.previous)
    this.#log.skip(positionOf(next.previous), latest)
    this.#last = next.previous
  }

  /** Whether an entry that was there is not, though older ones are, or none as new as it. */
  async #isLost(id: string, state: State): Promise<boolean> {
    if (compareIds(state.last, id) < 0) return true
    if (id === ORIGIN_ID || (await this.#database.has(id))) return false
    const oldest = await this.#database.next(ORIGIN_ID)
    return oldest !== undefined && compareIds(oldest[0], id) < 0
  }

  #stranger(id: string): void {
    if (this.#hasReportedStranger) return
    this.#hasReportedStranger = true
    this.#outage.report(`entry ${id} of ${this.#database.keys.events} was not written by this package; it is left out`)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
