/**
 * Keeps the log of one process equal to the stream in Redis: loads it, reads on, and notices when it does not fit any
 * more. All processes append the same entries in the same order, those that they have published themselves included.
 *
 * Every entry names the one before it. Where the chain breaks, or after a new connection the newest entry known is not
 * there any more, one of two things has happened. Events were trimmed before this process came to read them: the log
 * skips them. Or Redis has lost events that it had confirmed, by a restart, a fail-over or `FLUSHALL`: then a new epoch
 * begins, so that no ID given out before is taken for one of what came in their place.
 */
import { SseError } from '../errors.js'
import { createEpoch } from '../log/position.js'
import type { StoreLog } from '../log/store.js'
import { Backoff } from './backoff.js'
import type { Database, State } from './database.js'
import { decodeEntry, type RawEntry, type StreamEntry } from './entry.js'
import { findHole } from './hole.js'
import { loadLatest } from './latest.js'
import type { Link } from './link.js'
import { load } from './load.js'
import { Outage } from './outage.js'
import { compareIds, ORIGIN_ID, positionOf } from './stream-id.js'

/** Milliseconds for which Redis holds a read that finds nothing; then the state is looked at, in case all is gone. */
export const BLOCK = 1000

export class Mirror {
  readonly #log: StoreLog
  readonly #link: Link
  readonly #database: Database
  readonly #outage: Outage
  readonly #backoff = new Backoff()
  /** For looking at the state because Redis has answered with another epoch, which may come with every publish. */
  readonly #checks = new Backoff()
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
  #hasReportedRefused = false
  /** Whether the state is to be looked at because Redis has answered with another epoch. */
  #isChecking = false
  /** Whether the connection was ended for that. */
  #isInterrupted = false

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
    this.#isChecking = this.#isInterrupted = true
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
    while (!this.isClosed) {
      const { entries, isAll } = await this.#database.read(this.#read, BLOCK)
      if (entries.length === 0) await this.#compare()
      else await this.#take(entries, isAll)
      this.#outage.ended()
      this.#changed()
    }
  }

  /** Takes in what was read, and where there is more, all of that, page by page. */
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
    this.#link.reset()
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
    this.#changed()
  }

  async #checkPermissions(): Promise<void> {
    const { reading, publishing } = await this.#database.refused()
    if (reading.length > 0) throw new SseError('ERR_SSE_STORE', refusal(reading))
    if (publishing.length === 0 || this.#hasReportedRefused) return
    this.#hasReportedRefused = true
    this.#outage.report(`${refusal(publishing)}; publishing will be rejected`)
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
    this.#isChecking = false
    if (state.epoch !== this.#epoch) return this.#load()
    if (state.last !== known && (await this.#isLost(known, state))) return this.#break(state.epoch)
    // Reading went past somebody else's entry under an ID that had to be taken back.
    const isAhead = compareIds(this.#read, state.last) > 0 && compareIds(state.last, this.#last) > 0
    if (isAhead) this.#read = this.#last
  }

  async #break(epoch: string): Promise<void> {
    await this.#database.break(epoch, createEpoch())
    await this.#load()
  }

  /** Goes on behind entries that are missing, or that somebody else has written. */
  async #mend(): Promise<void> {
    const epoch = this.#epoch
    await this.#compare()
    if (epoch === undefined || this.#epoch !== epoch) return this.#backoff.wait(this.#closed.signal)
    const hole = await findHole(this.#database, { epoch, last: this.#last }, this.#read)
    if (hole === undefined) return this.#backoff.wait(this.#closed.signal)
    if (hole.next !== undefined) return this.#skip(epoch, hole.next.previous)
    this.#read = hole.foreign ?? this.#read
    this.#stranger(this.#read)
  }

  /** Goes on behind an entry, as what stands between it and the log is gone. */
  async #skip(epoch: string, upTo: string): Promise<void> {
    if (compareIds(upTo, this.#last) < 0) return this.#break(epoch)
    const { bytes, keys } = this.#log.bounds
    const range = { after: positionOf(this.#last), upTo: positionOf(upTo), bytes: bytes / 2, keys }
    const { events } = await loadLatest(this.#database, range)
    this.#log.skip(positionOf(upTo), events)
    this.#last = upTo
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

function refusal(commands: readonly string[]): string {
  return `the user of Redis may not run ${commands.join(', ')}`
}
