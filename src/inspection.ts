/** What the inspector does with a log, beyond the public members of its registry. */
import type { ChannelLog } from './log/channel-log.js'
import type { Log } from './log/log.js'
import { formatId, type Position } from './log/position.js'
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

/** An event in history, still encoded: events may be long, and the inspector shows only their beginning. */
export interface HistoryEvent {
  /** The number of the event within its channel, from 1. */
  readonly offset: number
  readonly position: Position
  /** The event ID, as clients see it. */
  readonly id: string
  readonly key: string | undefined
  /** The encoded event. */
  readonly text: string
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
  eventsAfter(name: string, offset: number, limit: number): HistoryEvent[] {
    const channel = this.#log.channels.get(name)
    if (channel === undefined) return []
    const events: HistoryEvent[] = []
    const first = Math.max(offset, channel.historyStart, channel.tail - limit) + 1
    for (let at = first; at <= channel.tail; at++) {
      const event = channel.at(at)
      if (event === undefined) continue
      const { offset, position, ownId, key, text } = event
      events.push({ offset, position, id: ownId ?? formatId(position, this.#log.epoch), key, text })
    }
    return events
  }

  /** Drops the history of a channel without subscribers. Latest events stay. */
  dropHistory(name: string): void {
    const channel = this.#log.channels.get(name)
    if (channel !== undefined) this.#log.dropIfUnused(channel, false)
  }
}

function stateOf({ name, readers, keys, historyLength, tail }: ChannelLog): ChannelState {
  return { name, subscribers: readers, keys, history: historyLength, offset: tail }
}
