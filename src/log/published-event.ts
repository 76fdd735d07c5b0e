/** An event of the log as the app sees it: in a filter, and as the latest event of a key. */
import type { LogEvent } from './channel-log.js'
import { decodeBody } from '../wire/format.js'
import { formatId } from './position.js'

export class PublishedEvent {
  readonly #event: LogEvent
  readonly #epoch: string
  #decoded: ReturnType<typeof decodeBody> | undefined

  /** @internal */
  constructor(event: LogEvent, epoch: string) {
    this.#event = event
    this.#epoch = epoch
  }

  /** The name of the channel. */
  get channel(): string {
    return this.#event.channel.name
  }

  /** The event ID, as clients see it. */
  get id(): string {
    return this.#event.ownId ?? formatId(this.#event.position, this.#epoch)
  }

  /** The key of the event; undefined without one. */
  get key(): string | undefined {
    return this.#event.key
  }

  /** The event type; undefined if the message had none. Clients then use `message`. */
  get event(): string | undefined {
    return this.#decode().event
  }

  /** The data as clients get it: the string that was published, or JSON. Undefined without data. */
  get data(): string | undefined {
    return this.#decode().data
  }

  /**
   * Parses the data as JSON.
   *
   * @throws a `SyntaxError` if the data is not JSON
   */
  json(): unknown {
    return JSON.parse(this.data ?? 'null')
  }

  #decode(): ReturnType<typeof decodeBody> {
    return (this.#decoded ??= decodeBody(this.#event.text))
  }
}

/** Decides whether one connection gets an event. If the filter throws, the connection is closed. */
export type EventFilter = (event: PublishedEvent) => boolean
