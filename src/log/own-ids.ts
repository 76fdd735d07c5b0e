/**
 * The app's own event IDs, and the one position that each stands for.
 *
 * An ID that was used twice stands for no position: to resume after either of the two could skip events. So a second use
 * has to be noticed, in whichever channel it is, and also when the first event has been evicted.
 */
import { comparePositions, type Position } from './position.js'
import { RecentHashes } from './recent-hashes.js'

interface Use {
  readonly channel: string
  readonly position: Position
  isReused: boolean
  /** How many events in the log have this ID. */
  events: number
}

/** 2.5 MiB, some 65,000 IDs; less where the log itself is small. */
const MAX_EVICTED_BYTES = 2.5 * 1024 * 1024
const SHARE_OF_LOG = 1 / 16

export class OwnIds {
  readonly #uses = new Map<string, Use>()
  readonly #evicted: RecentHashes

  /** `logBytes` is the bound on the whole log. */
  constructor(logBytes: number) {
    this.#evicted = new RecentHashes(Math.min(MAX_EVICTED_BYTES, logBytes * SHARE_OF_LOG))
  }

  /** What is kept of evicted IDs; those of events in the log count with their events. */
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
    // A log that begins anew may be given the events that it held before.
    if (comparePositions(use.position, position) !== 0) use.isReused = true
  }

  /** The event with this ID is no longer in the log. */
  remove(id: string): void {
    const use = this.#uses.get(id)
    if (use === undefined || --use.events > 0) return
    this.#uses.delete(id)
    this.#evicted.add(id)
  }

  /** The log is filled anew by `fill`; IDs of events that do not come back count as evicted. */
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

  /** The position of the event with this ID, where its channel is read; undefined when there is none, or more than one. */
  find(id: string, reads: (channel: string) => boolean): Position | undefined {
    const use = this.#uses.get(id)
    return use !== undefined && !use.isReused && reads(use.channel) ? use.position : undefined
  }
}
