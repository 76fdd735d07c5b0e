/**
 * Keeps the log of one process equal to the stream in Redis. Loads the log, follows the stream, and notices when both
 * differ. All processes append the same entries in the same order, including entries that they published.
 *
 * Each entry names the previous one. A broken chain, or a missing newest entry after a reconnect, has one of two causes:
 * - Events were trimmed before this process read them. The log skips them.
 * - Redis lost confirmed events by a restart, a failover or `FLUSHALL`. A new epoch begins, so that IDs of lost events
 *   never match new events.
 */
import { SseError } from '../errors.js'
import { createEpoch } from '../log/position.js'
import type { StoreLog } from '../log/store.js'
import { Backoff } from './backoff.js'
import type { Database, State } from './database.js'
import { decodeEntry, type RawEntry, type StreamEntry } from './entry.js'
import { findHole } from './hole.js'
import { loadLatest } from './latest.js'
import type { RedisConnection } from './connection.js'
import { load } from './load.js'
import { Outage } from './outage.js'
import { compareIds, ORIGIN_ID, positionOf } from './stream-id.js'

/** Milliseconds that a read waits for entries in Redis. After an empty read, the state is compared, in case Redis lost data. */
export const BLOCK = 1000

export class Mirror {
  readonly #log: StoreLog
  readonly #connection: RedisConnection
  readonly #database: Database
  readonly #outage: Outage
  readonly #backoff = new Backoff()
  /** Limits checks of the epoch, because each publish may trigger one. */
  readonly #checks = new Backoff()
  readonly #closed = new AbortController()
  readonly #listeners = new Set<() => void>()
  #epoch: string | undefined
  /** ID after which the next read begins. */
  #read = ORIGIN_ID
  /** ID of the newest entry in the log. The next entry must name it. */
  #last = ORIGIN_ID
  /** ID of the newest entry that Redis has confirmed to this process, by a read or a publish. */
  #confirmed = ORIGIN_ID
  #hasReportedForeign = false
  #hasReportedNewer = false
  #hasReportedRefused = false
  /** Whether the state must be compared, because Redis has replied with another epoch. */
  #isChecking = false
  /** Whether the connection was ended for such a check, and not by an outage. */
  #isInterrupted = false

  constructor(log: StoreLog, connection: RedisConnection, database: Database) {
    this.#log = log
    this.#connection = connection
    this.#database = database
    this.#outage = new Outage(log)
  }

  /** Undefined until the log has been loaded. */
  get state(): State | undefined {
    return this.#epoch === undefined ? undefined : { epoch: this.#epoch, last: this.#last }
  }

  /** Follows the stream until `close` is called. */
  async run(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      await this.#follow().catch((error: unknown) => (signal.aborted ? undefined : this.#recover(error)))
    }
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted
  }

  /** Aborted when the mirror is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Calls `listener` after each change of the log. Returns a function that removes the listener. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Records what Redis has confirmed to this process. Confirmed entries that never arrive are lost. */
  confirmed({ epoch, last }: State): void {
    if (epoch !== this.#epoch) this.check(epoch)
    else if (compareIds(last, this.#confirmed) > 0) this.#confirmed = last
  }

  /** Compares the state at once, because Redis has replied with another epoch. */
  check(epoch: string): void {
    if (this.#epoch === undefined || epoch === this.#epoch || this.#isChecking) return
    this.#isChecking = this.#isInterrupted = true
    this.#connection.reset()
  }

  close(): void {
    this.#closed.abort()
    this.#connection.reset()
    this.#changed()
  }

  async #follow(): Promise<void> {
    if (this.#epoch === undefined) await this.#load()
    else await this.#compare()
    while (!this.isClosed) {
      const { entries, isAll } = await this.#database.read(this.#read, BLOCK)
      if (entries.length === 0) await this.#compare()
      else await this.#take(entries, isAll)
      this.#outage.ended()
      this.#changed()
    }
  }

  /** Appends the entries, and then all further ones, page by page. */
  async #take(entries: readonly RawEntry[], isAll: boolean): Promise<void> {
    if (!this.#append(entries)) return this.#mend()
    this.#backoff.reset()
    if (isAll) return
    for await (const page of this.#database.after(this.#read)) {
      if (!this.#append(page)) return this.#mend()
      this.#changed()
    }
  }

  async #recover(error: unknown): Promise<void> {
    const backoff = this.#isInterrupted ? this.#checks : this.#backoff
    if (!this.#isInterrupted) this.#outage.began(error)
    this.#isInterrupted = false
    this.#connection.reset()
    await backoff.wait(this.#closed.signal)
  }

  async #load(): Promise<void> {
    await this.#checkPermissions()
    const from = { epoch: createEpoch(), read: this.#last }
    const { epoch, last, floor, held } = await load(this.#database, this.#log.bounds, from)
    this.#epoch = epoch
    this.#last = this.#read = this.#confirmed = last
    this.#isChecking = false
    this.#checks.reset()
    this.#log.begin(epoch, positionOf(floor), held)
    for (const { entry } of held.events) if (entry.kind === 'unknown') this.#reportNewer()
    this.#changed()
  }

  async #checkPermissions(): Promise<void> {
    const { reading, publishing } = await this.#database.refused()
    if (reading.length > 0) throw new SseError('ERR_SSE_STORE', refusal(reading))
    if (publishing.length === 0 || this.#hasReportedRefused) return
    this.#hasReportedRefused = true
    this.#outage.report(`${refusal(publishing)}; publishing will be rejected`)
  }

  /** Returns false if an entry does not follow the previous one. */
  #append(entries: readonly RawEntry[]): boolean {
    for (const raw of entries) {
      const entry = decodeEntry(raw)
      if (entry === undefined) this.#reportForeign(raw[0])
      else if (!this.#appendOne(entry)) return false
      this.#read = raw[0]
    }
    return true
  }

  #appendOne({ id, position, previous, epoch, entry }: StreamEntry): boolean {
    if (previous !== this.#last || (epoch !== undefined && epoch !== this.#epoch)) return false
    this.#last = id
    if (entry !== undefined) this.#log.append(position, entry)
    if (entry?.kind === 'unknown') this.#reportNewer()
    return true
  }

  /** Checks that Redis still has everything that was read or confirmed. Otherwise, begins a new epoch and loads again. */
  async #compare(): Promise<void> {
    // Read before the state: entries that are confirmed later may be newer than that state.
    const known = compareIds(this.#confirmed, this.#last) > 0 ? this.#confirmed : this.#last
    const state = await this.#database.open(createEpoch())
    this.#isChecking = false
    if (state.epoch !== this.#epoch) return this.#load()
    if (state.last !== known && (await this.#isLost(known, state))) return this.#break(state.epoch)
    // Reading passed an entry of another program, whose ID a publish has removed.
    const isAhead = compareIds(this.#read, state.last) > 0 && compareIds(state.last, this.#last) > 0
    if (isAhead) this.#read = this.#last
  }

  async #break(epoch: string): Promise<void> {
    await this.#database.break(epoch, createEpoch())
    await this.#load()
  }

  /** Continues after missing entries, or after entries of other programs. */
  async #mend(): Promise<void> {
    const epoch = this.#epoch
    await this.#compare()
    if (epoch === undefined || this.#epoch !== epoch) return this.#backoff.wait(this.#closed.signal)
    const hole = await findHole(this.#database, { epoch, last: this.#last }, this.#read)
    if (hole === undefined) return this.#backoff.wait(this.#closed.signal)
    if (hole.next !== undefined) return this.#skip(epoch, hole.next.previous)
    this.#read = hole.foreign ?? this.#read
    this.#reportForeign(this.#read)
  }

  /** Continues after the entry `upTo`, because the entries before it are gone. */
  async #skip(epoch: string, upTo: string): Promise<void> {
    if (compareIds(upTo, this.#last) < 0) return this.#break(epoch)
    const { bytes, keys } = this.#log.bounds
    // All of them, because entries that forget keys may be among the missing ones.
    const { events, incomplete } = await loadLatest(this.#database, { upTo: positionOf(upTo), bytes, keys })
    this.#log.skip(positionOf(upTo), events, [...incomplete])
    this.#last = upTo
  }

  /** Whether Redis lost an entry: the entry is gone, and the state is older, or older entries still exist. */
  async #isLost(id: string, state: State): Promise<boolean> {
    if (compareIds(state.last, id) < 0) return true
    if (id === ORIGIN_ID || (await this.#database.has(id))) return false
    const oldest = await this.#database.next(ORIGIN_ID)
    return oldest !== undefined && compareIds(oldest[0], id) < 0
  }

  #reportForeign(id: string): void {
    if (this.#hasReportedForeign) return
    this.#hasReportedForeign = true
    this.#outage.report(`entry ${id} of ${this.#database.keys.events} was not written by this package; it is left out`)
  }

  #reportNewer(): void {
    if (this.#hasReportedNewer) return
    this.#hasReportedNewer = true
    const { events } = this.#database.keys
    this.#outage.report(
      `a newer version of this package writes entries to ${events} that this version cannot read; update this process`,
    )
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

function refusal(commands: readonly string[]): string {
  return `the user of Redis may not run ${commands.join(', ')}`
}
