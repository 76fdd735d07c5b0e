import { textOf } from './events.js'
import { HISTORY } from './limits.js'

/** What an event counts for beyond its text, at most: the rest of its encoding, and the log's own 256 bytes. */
const OVERHEAD = 512

/**
 * Tells whether a gap was called for: whether the history can have let go, by then, of what a client lost to it. It knows
 * how much had been published from samples, so it is wrong in the package's favour by up to the time between two.
 */
export class Losses {
  #samples = []

  /** How many events of each channel had been published at a time. */
  note(at, counts) {
    this.#samples.push({ at, counts: { ...counts } })
  }

  /** What is wrong with a loss, in words; undefined when nothing is. */
  complaint({ channel, first, last, at }) {
    const { counts } = this.#samples.find((sample) => sample.at >= at) ?? this.#samples.at(-1)
    if (isPushedOut(channel, last, counts[channel])) return undefined
    const before = this.#samples.findLast(({ counts }) => counts[channel] < last)
    if (before !== undefined && at - before.at >= HISTORY.age) return undefined
    return `was told that events ${first} to ${last} of ${channel} are lost, which history still held`
  }
}

/** Whether an event and those published after it are more than history holds. */
function isPushedOut(channel, number, published) {
  if (published - number >= HISTORY.events) return true
  let bytes = 0
  for (let n = number; n <= published; n++) bytes += Buffer.byteLength(textOf(channel, n)) + OVERHEAD
  return bytes > HISTORY.bytes
}
