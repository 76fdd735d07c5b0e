/** The subscription of one connection to one channel: a cursor and a filter. */
import { AsyncResource } from 'node:async_hooks'
import { isPromise } from '../callback.js'
import { SseError } from '../errors.js'
import type { EventFilter, PublishedEvent, ViewedEvent } from '../log/published-event.js'
import type { StartFrom } from '../subscribe-options.js'
import { Cursor } from './cursor.js'
import type { EventViews } from './event-views.js'
import type { Subscribers } from './subscribers.js'

export class Subscription extends Cursor {
  readonly subscribers: Subscribers
  readonly filter: EventFilter | undefined
  /** Where to begin when the log has been filled. */
  startFrom: StartFrom | undefined
  /** Whether a snapshot must be written before any event. */
  awaitsSnapshot = false
  /** Whether it was unsubscribed, so that nothing more may be written for it. */
  hasEnded = false
  /** Offset up to which the filter was asked about events without a key, while the connection waits for its next window. */
  #askedUpTo = 0
  /** Neighbours in the connection's list. A linked list saves a cache miss per connection and pass. */
  previous: Subscription | undefined
  next: Subscription | undefined

  /** `filter` must be bound to the context of `subscribe`; see `bindFilter`. */
  constructor(subscribers: Subscribers, filter: EventFilter | undefined) {
    super(subscribers.channel)
    this.subscribers = subscribers
    this.filter = filter
  }

  /** Whether the filter accepts the event. Throws what the filter throws. */
  wants(event: ViewedEvent, views: EventViews, epoch: string): boolean {
    return this.filter === undefined || this.accepts(views.of(event, epoch))
  }

  /** Does the same for an event that is wrapped already. */
  accepts(event: PublishedEvent): boolean {
    const answer: unknown = this.filter === undefined || this.filter(event)
    if (isPromise(answer)) throw asyncFilter(answer)
    return Boolean(answer)
  }

  /** Whether the filter accepts an event without a key after the cursor. The filter is asked only once about each event. */
  hasNewUnkeyed(views: EventViews, epoch: string): boolean {
    const { channel, filter } = this
    const from = Math.max(this.offset, this.#askedUpTo, channel.historyStart)
    if (channel.newestUnkeyed <= from) return false
    if (filter === undefined) return true
    this.#askedUpTo = channel.tail
    for (let offset = from + 1; offset <= this.#askedUpTo; offset++) {
      const event = channel.at(offset)
      if (event !== undefined && event.key === undefined && this.wants(event, views, epoch)) return true
    }
    return false
  }
}

/**
 * Binds a filter to the async context of the code that subscribes. In the publisher's context, an `AsyncLocalStorage`
 * would give the filter another user.
 */
export function bindFilter(filter: EventFilter | undefined): EventFilter | undefined {
  return filter && AsyncResource.bind(filter)
}

/** Returns the error that closes the connection. A promise is truthy, so every event would be sent. */
function asyncFilter(answer: PromiseLike<unknown>): SseError {
  // Ignores a rejection of the promise, because this error says more.
  void Promise.resolve(answer).catch(() => undefined)
  return new SseError(
    'ERR_SSE_OPTION',
    'subscribe(): filter must return true or false; got a promise. Load what it needs before subscribe, and make it synchronous',
  )
}
