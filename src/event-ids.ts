/** The event IDs of one log: positions under its epoch. Many in a row share their milliseconds, and these are written out once. */
import { formatId, writeMs, type Position } from './position.js'

export class EventIds {
  readonly epoch: string
  #ms = NaN
  #writtenMs = ''

  constructor(epoch: string) {
    this.epoch = epoch
  }

  /** The ID of the event at a position. */
  of(position: Position): string {
    const { ms } = position
    if (ms !== this.#ms) {
      this.#ms = ms
      this.#writtenMs = writeMs(ms)
    }
    return formatId(position, this.epoch, this.#writtenMs)
  }
}
