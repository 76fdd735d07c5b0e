// SharedEventStream: an EventStream whose connection is shared by all tabs of a site.
import { EventStream } from '../event-stream.js'
import type { EventStreamOptions } from '../options.js'
import { RetryLoop } from '../retry-loop.js'
import type { SourceFactory } from '../source.js'
import { Member } from './member.js'

/** Options of a `SharedEventStream`: those of an `EventStream` without `method` and `body`, and the scope. */
export interface SharedEventStreamOptions extends Omit<EventStreamOptions, 'method' | 'body'> {
  /**
   * Who shares: tabs of the site with the same scope and the same URL. It must name the user, such as `user-42`, so that two
   * users of a browser never share a stream.
   */
  scope: string
}

// The third parameter of its constructor is in no type.
const Base = EventStream as unknown as (new <Events extends object>(...args: unknown[]) => EventStream<Events>) &
  Pick<typeof EventStream, 'CONNECTING' | 'OPEN' | 'CLOSED'>

/**
 * Experimental. An `EventStream` for many tabs: one of them holds the connection, and the others follow. Browsers open at most
 * six HTTP/1.1 connections to a host, over all tabs. If the tab that leads is closed, put aside or hangs, another one takes
 * over and resumes after the last event that it has seen. No event is lost or dispatched twice.
 *
 * Needs a server of this package that sends control events, and events without IDs of the app's own. What the server sends to
 * one connection with `send()` reaches the leader only. Where Web Locks or BroadcastChannel are missing, such as on pages
 * without HTTPS, each tab has a connection of its own.
 *
 * @example
 * ```ts
 * import { SharedEventStream } from 'express-sse-channels/client/shared'
 *
 * const stream = new SharedEventStream<{ goal: { minute: number } }>('https://example.com/goals', { scope: 'user-42' })
 * stream.addEventListener('goal', (event) => console.log(stream.role, event.json().minute))
 * setTimeout(() => stream.close(), 60_000)
 * ```
 */
export class SharedEventStream<Events extends object = object> extends Base<Events> {
  readonly #member: Member | undefined

  /**
   * Asks for the lead at once.
   *
   * @throws a `SyntaxError` for a URL that is not http or https, and a `TypeError` for an invalid option or a missing `scope`
   */
  constructor(url: string | URL, options: SharedEventStreamOptions) {
    const { scope } = options
    if (!scope) throw new TypeError("SharedEventStream needs the option scope, such as the user's ID")
    let member: Member | undefined
    const makeSource: SourceFactory = (target, settings) => {
      const { navigator, BroadcastChannel } = globalThis as Partial<typeof globalThis>
      const canShare =
        (navigator as Partial<Navigator> | undefined)?.locks !== undefined && BroadcastChannel !== undefined
      if (!canShare) return new RetryLoop(target, settings)
      return (member = new Member(target, settings, `express-sse-channels ${scope} ${settings.url}`))
    }
    super(url, options, makeSource)
    this.#member = member
  }

  /** Whether this tab holds the connection. Without the means to share, every tab leads. */
  get role(): 'leader' | 'follower' {
    return this.#member?.role ?? 'leader'
  }
}
