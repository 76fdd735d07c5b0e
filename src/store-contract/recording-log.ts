/** A `StoreLog` that records the calls of a store. */
import type { HeldEvents, LogBounds, LogEntry, StoredEvent } from '../log/store.js'
import { comparePositions, type Position } from '../log/position.js'
import type { StoreLog } from '../log/store.js'

export class RecordingLog implements StoreLog {
  readonly bounds: LogBounds = {
    history: { events: 1000, bytes: 4 * 1024 * 1024, age: 300_000 },
    replay: true,
    bytes: 64 * 1024 * 1024,
    keys: 10_000,
  }
  epoch: string | undefined
  /** The position where the log began. */
  floor: Position | undefined
  latest: readonly StoredEvent[] = []
  /** All events since the log last began. */
  events: StoredEvent[] = []
  /** The number of calls of `begin`. */
  begun = 0
  /** The number of calls of `skip`. */
  skipped = 0
  readonly errors: unknown[] = []
  #waiting: { isDone: () => boolean; settle: () => void }[] = []

  begin(epoch: string, position: Position, held?: HeldEvents): void {
    this.begun++
    this.epoch = epoch
    this.floor = position
    this.latest = held?.latest ?? []
    this.events = [...(held?.events ?? [])]
    this.#changed()
  }

  append(position: Position, entry: LogEntry): void {
    this.events.push({ position, entry })
    this.#changed()
  }

  skip(): void {
    this.skipped++
    this.#changed()
  }

  report(error: unknown): void {
    this.errors.push(error)
  }

  get bodies(): string[] {
    return this.events.map(({ entry }) => entry.body)
  }

  /** Returns the event at a position. Waits until the store has appended the event. */
  async at(position: Position): Promise<LogEntry | undefined> {
    const find = () => this.events.find((event) => comparePositions(event.position, position) === 0)
    await this.until(() => find() !== undefined)
    return find()?.entry
  }

  /** Settles when a condition on this log holds. */
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
