/** What an app sees of an event in the log: in a filter, and as the latest of a key. */
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

  /** Name of the channel it was published to. */
  get channel(): string {
    return this.#event.channel.name
  }

  /** The event ID, as clients see it. */
  get id(): string {
    return this.#event.ownId ?? formatId(this.#event.position, this.#epoch)
  }

  /** The key it was published with. */
  get key(): string | undefined {
    return this.#event.key
  }

  /** The event type; undefined for one without a name, which clients know as `message`. */
  get event(): string | undefined {
    return this.#decode().event
  }

  /** The data as clients read it: text, where an object was published its JSON. Undefined when there was none. */
  get data(): string | undefined {
    return this.#decode().data
  }

  /** The data, parsed as JSON. Throws a `SyntaxError` when it is not JSON. */
  json(): unknown {
    return JSON.parse(this.data ?? 'null')
  }

  #decode(): ReturnType<typeof decodeBody> {
    return (this.#decoded ??= decodeBody(this.#event.text))
  }
}

/** Decides for one connection whether it is sent an event. One that throws closes the connection. */
export type EventFilter = (event: PublishedEvent) => boolean
