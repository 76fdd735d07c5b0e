/** A log for tests of stores. */
import type { HeldEvents, LogBounds, LogEntry, StoredEntry, StoredEvent } from '../log/store.js'
import { comparePositions, type Position } from '../log/position.js'
import type { StoreLog } from '../log/store.js'

/**
 * A `StoreLog` that records what a store calls, for tests of stores.
 *
 * @example
 * ```ts
 * import { memoryStore } from 'express-sse-channels'
 * import { RecordingLog } from 'express-sse-channels/store-contract'
 *
 * const store = memoryStore()
 * const log = new RecordingLog()
 * await store.start(log)
 * const position = await store.append({ channel: 'a', body: 'data: hello\n' })
 * console.log(await log.at(position), log.bodies)
 * await log.until(() => log.events.length === 1)
 * ```
 */
export class RecordingLog implements StoreLog {
  /** The default bounds of a registry. */
  readonly bounds: LogBounds = {
    history: { events: 1000, bytes: 4 * 1024 * 1024, age: 300_000 },
    replay: true,
    bytes: 64 * 1024 * 1024,
    keys: 10_000,
  }
  /** The epoch of the last `begin`; undefined before. */
  epoch: string | undefined
  /** The position where the log began; undefined before. */
  floor: Position | undefined
  /** The latest events of the last `begin` or `skip`. */
  latest: readonly StoredEvent[] = []
  /** All entries since the log last began. */
  events: StoredEntry[] = []
  /** Whether the store can be read, as it says. */
  isAvailable = true
  /** The number of calls of `begin`. */
  begun = 0
  /** The number of calls of `skip`. */
  skipped = 0
  /** The errors that the store reported. */
  readonly errors: unknown[] = []
  #waiting: { isDone: () => boolean; settle: () => void }[] = []

  /** Called by the store: records where the log begins, and forgets earlier events. */
  begin(epoch: string, position: Position, held?: HeldEvents): void {
    this.begun++
    this.epoch = epoch
    this.floor = position
    this.latest = held?.latest ?? []
    this.events = [...(held?.events ?? [])]
    this.#changed()
  }

  /** Called by the store: records an entry. */
  append(position: Position, entry: LogEntry): void {
    this.events.push({ position, entry })
    this.#changed()
  }

  /** Called by the store: counts the call, and records the latest events that remain. */
  skip(_position: Position, latest: readonly StoredEvent[]): void {
    this.skipped++
    this.latest = latest
    this.#changed()
  }

  /** Called by the store: records that it cannot be read. */
  unavailable(): void {
    this.isAvailable = false
  }

  /** Called by the store: records that it can be read again. */
  available(): void {
    this.isAvailable = true
  }

  /** Called by the store: records an error. */
  report(error: unknown): void {
    this.errors.push(error)
  }

  /** The bodies of all events, in order. */
  get bodies(): string[] {
    return this.events.flatMap(({ entry }) => ('body' in entry ? entry.body : []))
  }

  /** Settles with the entry at a position when the store has appended it. Waits forever if it never does. */
  async at(position: Position): Promise<LogEntry | undefined> {
    const find = () => this.events.find((event) => comparePositions(event.position, position) === 0)
    await this.until(() => find() !== undefined)
    return find()?.entry
  }

  /** Settles when a condition on this log holds. The condition is checked after each call of the store. */
  async until(isDone: () => boolean): Promise<void> {
    if (isDone()) return
    await new Promise<void>((settle) => this.#waiting.push({ isDone, settle }))
  }

  #changed(): void {
    const done = this.#waiting.filter(({ isDone }) => isDone())
    this.#waiting = this.#waiting.filter((one) => !done.includes(one))
    for (const { settle } of done) settle()
  }
}
