/** What the inspector reads of a log, beyond the public members of its registry. */
import type { ChannelLog } from './log/channel-log.js'
import type { Log } from './log/log.js'
import { publishedEvent, type PublishedEvent } from './log/published-event.js'
import type { Publisher } from './publisher.js'

/** The state of one channel. */
export interface ChannelState {
  readonly name: string
  readonly subscribers: number
  readonly keys: number
  /** The number of events in history. */
  readonly history: number
  /** The number of events that were ever published, as far as this process knows: two samples give the rate. */
  readonly offset: number
}

/**
 * The property where the inspector finds the `Inspection` of a registry. The symbol is shared by the whole process, because
 * one app may load two installed copies of the package.
 */
const INSPECTION = Symbol.for('express-sse-channels.inspection')

/** Lets the inspector read a registry. Hidden from apps. */
export function publishInspection(registry: object, log: Log, publisher: Publisher): void {
  Object.defineProperty(registry, INSPECTION, { value: new Inspection(log, publisher) })
}

/** Returns the `Inspection` of a registry; undefined for anything else. */
export function inspectionOf(registry: object): Inspection | undefined {
  return (registry as { [INSPECTION]?: Inspection })[INSPECTION]
}

export class Inspection {
  readonly #log: Log
  readonly #publisher: Publisher

  constructor(log: Log, publisher: Publisher) {
    this.#log = log
    this.#publisher = publisher
  }

  /** Whether the registry was closed. */
  get isClosed(): boolean {
    return this.#publisher.isClosed
  }

  /** Whether the store can be read, as it says. */
  get isStoreAvailable(): boolean {
    return this.#publisher.isStoreAvailable
  }

  /** Yields the state of every channel. */
  *channels(): Generator<ChannelState, void> {
    for (const channel of this.#log.channels.values()) yield stateOf(channel)
  }

  /** Returns the state of one channel; undefined if there is none of this name. */
  channel(name: string): ChannelState | undefined {
    const channel = this.#log.channels.get(name)
    return channel && stateOf(channel)
  }

  /** Returns the newest events of a channel after an offset that history holds, oldest first, and at most `limit`. */
  eventsAfter(name: string, offset: number, limit: number): PublishedEvent[] {
    const channel = this.#log.channels.get(name)
    if (channel === undefined) return []
    const events: PublishedEvent[] = []
    const first = Math.max(offset, channel.historyStart, channel.tail - limit) + 1
    for (let at = first; at <= channel.tail; at++) {
      const event = channel.at(at)
      if (event !== undefined) events.push(publishedEvent(event, this.#log.epoch))
    }
    return events
  }
}

function stateOf({ name, readers, keys, historyLength, tail }: ChannelLog): ChannelState {
  return { name, subscribers: readers, keys, history: historyLength, offset: tail }
}
