/** One connection's reading of one channel: a cursor, the feed it reads from, and what it wants of it. */
import type { LogEvent } from './channel-log.js'
import { Cursor, type StartFrom } from './cursor.js'
import type { Feed } from './feed.js'
import { PublishedEvent, type EventFilter } from './published-event.js'

export class Subscription extends Cursor {
  readonly feed: Feed
  readonly filter: EventFilter | undefined
  /** Where to begin, while the log is still to be filled. */
  waitsFor: StartFrom | undefined
  /** The one that its connection reads beside it: a chain, since a pass would fetch an array from far-off memory. */
  following: Subscription | undefined

  constructor(feed: Feed, filter: EventFilter | undefined) {
    super(feed.channel)
    this.feed = feed
    this.filter = filter
  }

  wants(event: LogEvent, epoch: string): boolean {
    return this.filter === undefined || this.filter(new PublishedEvent(event, epoch))
  }
}
