/** The channels of a registry, the busiest first: subscribers, rate and last event. */
import type { ChannelState, Inspection } from '../inspection.js'
import { now } from '../timers.js'
import { beginningOf } from './beginning.js'
import { Largest } from './largest.js'
import { short } from './short.js'
import type { Source } from './source.js'

/** The most channels in one sample. */
export const MAX_CHANNELS = 100

/** The most characters of data that the page shows of a last event. */
const PREVIEW = 120

interface Row extends ChannelState {
  /** Events in a second; undefined in the first sample. */
  readonly rate: number | undefined
}

/** First the fastest, then those with most subscribers. */
const byLife = (a: Row, b: Row) => (b.rate ?? 0) - (a.rate ?? 0) || b.subscribers - a.subscribers

export class ChannelRows implements Source {
  readonly isState = true
  readonly #inspection: Inspection
  readonly #filter: string
  /** The offsets of the sample before, by channel. */
  #before: ReadonlyMap<string, number> | undefined
  #sampledAt = 0

  /** `filter`: a part of the channel names that are read; an empty string for all. */
  constructor(inspection: Inspection, filter: string) {
    this.#inspection = inspection
    this.#filter = filter
  }

  sample(): object {
    const at = now()
    const seconds = (at - this.#sampledAt) / 1000
    const before = this.#before
    const offsets = new Map<string, number>()
    const largest = new Largest(MAX_CHANNELS, byLife)
    for (const state of this.#inspection.channels()) {
      if (this.#filter !== '' && !state.name.includes(this.#filter)) continue
      offsets.set(state.name, state.offset)
      const rate = before && Math.max(0, state.offset - (before.get(state.name) ?? 0)) / seconds
      largest.offer({ ...state, rate })
    }
    this.#before = offsets
    this.#sampledAt = at
    return { total: offsets.size, rows: largest.items.map((row) => this.#describe(row)) }
  }

  #describe({ name, offset, rate, ...counts }: Row) {
    const [event] = this.#inspection.eventsAfter(name, offset - 1, 1)
    const last = event && lastOf(event.text)
    return { name: short(name), ...counts, rate: rate === undefined ? null : Math.round(rate * 10) / 10, last }
  }
}

function lastOf(text: string) {
  const { type, data = { text: '' } } = beginningOf(text, PREVIEW)
  return { type, data }
}
