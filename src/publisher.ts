/** Publishing: a message is encoded once, stored, and answered with its event's ID. */
import type { Delivery } from './delivery.js'
import { SseError } from './errors.js'
import { encodeBody, lacksData, type Message } from './event-stream.js'
import type { Log } from './log.js'
import type { LogEntry } from './store.js'
import { formatId } from './position.js'
import { ReportedPromise } from './reported-promise.js'
import type { Counters } from './stats.js'
import type { Store, StoredPosition } from './store.js'
import { nextTurn } from './timers.js'
import type { Warn } from './warnings.js'

export interface PublisherOptions {
  store: Store
  log: Log
  delivery: Delivery
  counters: Counters
  /** Gets the rejections that nobody awaits. */
  report: (error: unknown) => void
  warn: Warn
}

export class Publisher {
  readonly #options: PublisherOptions
  #isClosed = false

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  publish(channel: string, message: Message): Promise<string> {
    const { store, delivery, report } = this.#options
    try {
      const entry = this.#encode(channel, message)
      const position = store.append(entry)
      if (position instanceof Promise)
        return ReportedPromise.from(
          position.then((p) => this.#published(p, entry)),
          report,
        )
      const id = this.#published(position, entry)
      return delivery.isPressed ? inNextTurn(id) : Promise.resolve(id)
    } catch (error) {
      return ReportedPromise.from(Promise.reject(error as Error), report)
    }
  }

  close(): void {
    this.#isClosed = true
  }

  #encode(channel: string, message: Message): LogEntry {
    if (this.#isClosed)
      throw new SseError('ERR_SSE_CLOSED', `channel "${channel}" belongs to a registry that is closed`)
    const body = encodeBody(message)
    const { key, id } = message
    if (lacksData(message)) this.#options.warn('SSE_NO_DATA')
    if (id === '') throw new SseError('ERR_SSE_MESSAGE', 'id must not be empty: no client could resume after it')
    return { channel, key, id, body }
  }

  #published(position: StoredPosition, { id }: LogEntry): string {
    this.#options.counters.published++
    if (id !== undefined) return id
    return position.epoch === undefined ? this.#options.log.ids.of(position) : formatId(position, position.epoch)
  }
}

/** So that a loop that awaits every publish lets the sockets have their turn; else it would run ahead of its readers. */
function inNextTurn(id: string): Promise<string> {
  return new Promise((resolve) => nextTurn(() => resolve(id)))
}
