/** What the log still knows about the channels that it has dropped. */
import { ChannelLog } from './channel-log.js'
import { comparePositions, ORIGIN, type Position } from './position.js'
import { RecentHashes } from './recent-hashes.js'

/** 320 KiB, some 8,000 names of channels. */
const MAX_INCOMPLETE_BYTES = 320 * 1024

export class DroppedChannels {
  /** The highest floor of a dropped channel. A new channel, under any name, begins with this floor. */
  floor: Position = ORIGIN
  /** Names of dropped channels that were incomplete. */
  readonly #incomplete: RecentHashes
  /** Whether each dropped channel counts as incomplete, because the store does not know which are. */
  #areAllIncomplete = false

  /** `logBytes` is the bound on the whole log, in bytes. */
  constructor(logBytes: number) {
    this.#incomplete = new RecentHashes(Math.min(MAX_INCOMPLETE_BYTES, logBytes / 16))
  }

  get bytes(): number {
    return this.#incomplete.bytes
  }

  add({ name, floor, isIncomplete }: ChannelLog): void {
    if (isIncomplete) this.markIncomplete(name)
    if (comparePositions(floor, this.floor) > 0) this.floor = floor
  }

  /** The empty name stands for all channels. */
  markIncomplete(name: string): void {
    if (name === '') this.#areAllIncomplete = true
    else this.#incomplete.add(name)
  }

  /** Makes a channel, which may have been dropped before. */
  create(name: string): ChannelLog {
    // Too many names: a gap too many does no harm, and a missing one loses an update silently.
    const isUnknown = this.#areAllIncomplete || this.#incomplete.hasForgotten
    return new ChannelLog(name, this.floor, isUnknown || this.#incomplete.has(name))
  }
}
