/**
 * Maps event IDs of the app to positions.
 *
 * An ID that was used twice has no position, because a client that resumes after it could skip events. A second use is
 * detected in any channel, even after the first event was evicted.
 */
import { comparePositions, type Position } from './position.js'
import { RecentHashes } from './recent-hashes.js'

/** The use of one ID by an event in the log. */
interface Use {
  readonly channel: string
  readonly position: Position
  isReused: boolean
  /** How many events in the log have this ID. */
  events: number
}

/** Bytes for evicted IDs: about 65,000 IDs, or fewer if the log is small. */
const MAX_EVICTED_BYTES = 2.5 * 1024 * 1024
const SHARE_OF_LOG = 1 / 16

export class OwnIds {
  readonly #uses = new Map<string, Use>()
  readonly #evicted: RecentHashes

  /** `logBytes` is the bound on the whole log, in bytes. */
  constructor(logBytes: number) {
    this.#evicted = new RecentHashes(Math.min(MAX_EVICTED_BYTES, logBytes * SHARE_OF_LOG))
  }

  /** Bytes of the evicted IDs. IDs of events in the log count with their events. */
  get bytes(): number {
    return this.#evicted.bytes
  }

  add(id: string, channel: string, position: Position): void {
    const use = this.#uses.get(id)
    if (use === undefined) {
      this.#uses.set(id, { channel, position, isReused: this.#evicted.has(id), events: 1 })
      return
    }
    use.events++
    // A log that begins again may get the same events as before.
    if (comparePositions(use.position, position) !== 0) use.isReused = true
  }

  /** Call this when the event with this ID leaves the log. */
  remove(id: string): void {
    const use = this.#uses.get(id)
    if (use === undefined || --use.events > 0) return
    this.#uses.delete(id)
    this.#evicted.add(id)
  }

  /** Calls `fill`, which fills the log again. IDs of events that do not return count as evicted. */
  refill(fill: () => void): void {
    for (const use of this.#uses.values()) use.events = 0
    fill()
    for (const [id, use] of this.#uses) {
      if (use.events > 0) continue
      use.events = 1
      this.remove(id)
    }
  }

  /** Whether an event in the log has this ID. */
  has(id: string): boolean {
    return this.#uses.has(id)
  }

  /**
   * Returns the position of the event with this ID. Undefined if `reads` is false for its channel, or if no event or more
   * than one has the ID.
   */
  find(id: string, reads: (channel: string) => boolean): Position | undefined {
    const use = this.#uses.get(id)
    return use !== undefined && !use.isReused && reads(use.channel) ? use.position : undefined
  }
}
