/** Reads the new events of one channel. */
import type { HistoryEvent, Inspection } from '../inspection.js'
import { beginningOf } from './beginning.js'
import { short } from './short.js'
import type { Source } from './source.js'

/** The most events in one sample. */
export const MAX_EVENTS = 100

/** The most earlier events in the first sample. */
const EARLIER = 20

/** The most characters of data that the page shows of an event. */
const DATA = 2000

export class ChannelEvents implements Source {
  readonly isState = false
  readonly #inspection: Inspection
  readonly #channel: string
  /** Offset of the newest event that was shown. */
  #shownUpTo: number

  constructor(inspection: Inspection, channel: string) {
    this.#inspection = inspection
    this.#channel = channel
    const { offset, history } = inspection.channel(channel) ?? { offset: 0, history: 0 }
    this.#shownUpTo = offset - Math.min(history, EARLIER)
  }

  sample(): object | undefined {
    const tail = this.#tail
    // The channel was removed, and made again.
    if (tail < this.#shownUpTo) this.#shownUpTo = 0
    const after = this.#shownUpTo
    if (tail === after) return undefined
    this.#shownUpTo = tail
    const events = this.#inspection.eventsAfter(this.#channel, after, MAX_EVENTS)
    return { at: Date.now(), omitted: tail - after - events.length, events: events.map(describe) }
  }

  get #tail(): number {
    return this.#inspection.channel(this.#channel)?.offset ?? 0
  }
}

/** `number` counts the events of the channel, and `position` tells which of two events is newer, also in another process. */
function describe({ offset: number, position, id, key, text }: HistoryEvent) {
  const { type, data } = beginningOf(text, DATA)
  return { number, position, id: short(id), type, key: key === undefined ? undefined : short(key), data }
}
