/** An event of the log, as filters and `channel.latest()` give it to the app. */
import { decodeBody } from '../wire/format.js'
import { formatId, type Position } from './position.js'

/**
 * An event of the log, in a filter or from `channel.latest()`. `event` and `data` are decoded when they are first read.
 *
 * @example
 * ```ts
 * import { createRegistry } from 'express-sse-channels'
 *
 * const game = createRegistry().channel('game:42')
 * await game.publish({ event: 'score', data: { home: 2, away: 1 }, key: 'score' })
 * const latest = game.latest('score')
 * if (latest) console.log(latest.id, latest.event, latest.json())
 * ```
 */
export interface PublishedEvent {
  /** The name of the channel that it was published to. */
  readonly channel: string
  /** The event ID, as clients see it: the app's own, or else the ID of its position. */
  readonly id: string
  /** The key of the event; undefined without one. */
  readonly key: string | undefined
  /** The event type; undefined if the message had none. Clients then use `message`. */
  readonly event: string | undefined
  /** The data as clients get it: the string that was published, or JSON. Undefined without data. */
  readonly data: string | undefined
  /**
   * Parses the data as JSON. Returns null without data. In a filter the value is frozen, because the filters of all
   * connections get the same one.
   *
   * @throws a `SyntaxError` if the data is not JSON
   */
  json(): unknown
}

/**
 * Decides whether one connection gets an event: option `filter` of `subscribe`. If it throws or returns a promise, the
 * connection is closed.
 */
export type EventFilter = (event: PublishedEvent) => boolean

/** The part of an event that the app can see. Messages of snapshots have it too. */
export interface ViewedEvent {
  readonly channel: { readonly name: string }
  readonly position: Position
  readonly key: string | undefined
  readonly ownId: string | undefined
  readonly text: string
}

/** Wraps an event of the log for filters: it is parsed once for all of them. */
export function sharedEvent(event: ViewedEvent, epoch: string): PublishedEvent {
  return new SharedEventView(event, epoch)
}

/** Wraps an event of the log for the app. */
export function publishedEvent(event: ViewedEvent, epoch: string): PublishedEvent {
  return new EventView(event, epoch)
}

class EventView implements PublishedEvent {
  readonly #event: ViewedEvent
  readonly #epoch: string
  #decoded: ReturnType<typeof decodeBody> | undefined

  constructor(event: ViewedEvent, epoch: string) {
    this.#event = event
    this.#epoch = epoch
  }

  get channel(): string {
    return this.#event.channel.name
  }

  get id(): string {
    return this.#event.ownId ?? formatId(this.#event.position, this.#epoch)
  }

  get key(): string | undefined {
    return this.#event.key
  }

  get event(): string | undefined {
    return this.#decode().event
  }

  get data(): string | undefined {
    return this.#decode().data
  }

  json(): unknown {
    return JSON.parse(this.data ?? 'null')
  }

  #decode(): ReturnType<typeof decodeBody> {
    return (this.#decoded ??= decodeBody(this.#event.text))
  }
}

class SharedEventView extends EventView {
  /** Undefined until it is first read; JSON has no such value. */
  #json: unknown

  override json(): unknown {
    return (this.#json ??= deepFreeze(super.json()))
  }
}

/** Freezes what `JSON.parse` returned. */
function deepFreeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
