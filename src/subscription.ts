/** One connection's reading of one channel: a cursor, the feed it reads from, and the filter it is read through. */
import { AsyncResource } from 'node:async_hooks'
import { isPromise } from './callback.js'
import type { LogEvent } from './channel-log.js'
import { Cursor, type StartFrom } from './cursor.js'
import { SseError } from './errors.js'
import type { Feed } from './feed.js'
import { PublishedEvent, type EventFilter } from './published-event.js'

export class Subscription extends Cursor {
  readonly feed: Feed
  readonly filter: EventFilter | undefined
  /** Where to begin, while the log is still to be filled. */
  waitsFor: StartFrom | undefined
  /** Whether it was unsubscribed: nothing may be written for it any more. */
  hasLeft = false
  /** Neighbours in the connection's list: a linked list saves a cache miss per connection and pass. */
  previous: Subscription | undefined
  following: Subscription | undefined

  /** `filter` must be bound to the context of `subscribe`; see `bindFilter`. */
  constructor(feed: Feed, filter: EventFilter | undefined) {
    super(feed.channel)
    this.feed = feed
    this.filter = filter
  }

  /** Whether the connection is to be sent the event. Throws what the filter throws. */
  wants(event: LogEvent, epoch: string): boolean {
    if (this.filter === undefined) return true
    const answer: unknown = this.filter(new PublishedEvent(event, epoch))
    if (isPromise(answer)) throw asyncFilter(answer)
    return Boolean(answer)
  }
}

/**
 * A filter that runs in the async context of the code that subscribes. In the publisher's context, an `AsyncLocalStorage`
 * would give it another user.
 */
export function bindFilter(filter: EventFilter | undefined): EventFilter | undefined {
  return filter && AsyncResource.bind(filter)
}

/** A promise is true, so every event would be sent: the connection has to be closed instead. */
function asyncFilter(answer: PromiseLike<unknown>): SseError {
  // What it rejects with would go unhandled, and says less than this error.
  void Promise.resolve(answer).catch(() => undefined)
  return new SseError(
    'ERR_SSE_OPTION',
    'subscribe(): filter must return true or false; got a promise. Load what it needs before subscribe, and make it synchronous',
  )
}
