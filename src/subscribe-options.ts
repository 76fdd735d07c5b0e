/** The options of `subscribe`. */
import { insteadOfSubscribeOptions } from './mistakes.js'
import { check, type Form } from './check.js'
import type { EventFilter } from './log/published-event.js'

/**
 * Where a subscription without a last event ID begins:
 * - `latest`: the latest event of every key, then what is published from now on;
 * - `now`: only what is published from now on;
 * - `start`: all that the log holds.
 */
export type StartFrom = 'latest' | 'now' | 'start'

export interface SubscribeOptions {
  /**
   * Where to begin when the client brings no last event ID: with the `latest` event of every key, with what is
   * published from `now` on, or at the `start` of what the log holds. With a last event ID it resumes after that.
   * @default 'latest'
   */
  from?: StartFrom | undefined
  /**
   * Whether a client that brings a last event ID resumes after it. `false`: these channels begin as `from` says, as for
   * channels that the client did not read before it came back.
   * @default true
   */
  resume?: boolean | undefined
  /**
   * Decides which events this connection is sent; by default all. It runs in the async context of `subscribe`, and has
   * to answer at once: a promise closes the connection. Filtered connections share no encoded batches.
   */
  filter?: EventFilter | undefined
}

const FORMS: Record<keyof SubscribeOptions, Form> = {
  from: { is: "'latest', 'now' or 'start'", test: (value) => ['latest', 'now', 'start'].includes(value as string) },
  resume: { is: 'true or false', test: (value) => typeof value === 'boolean' },
  filter: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** Throws an `SseError` for a wrong option. */
export function checkSubscribeOptions(options: SubscribeOptions): void {
  check('subscribe()', options, FORMS, '', { instead: insteadOfSubscribeOptions })
}
