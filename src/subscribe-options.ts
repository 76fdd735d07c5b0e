/** Options of `subscribe`: meaning, defaults and check. */
import { insteadOfSubscribeOptions } from './mistakes.js'
import { check, millisecondsUpTo, type Form } from './check.js'
import type { EventFilter } from './log/published-event.js'

/**
 * Where a subscription without a last event ID begins:
 * - `latest`: the latest event of each key, then everything published from now on;
 * - `now`: only what is published from now on;
 * - `start`: everything that the log holds, then everything published from now on.
 */
export type StartFrom = 'latest' | 'now' | 'start'

/** The longest update window in milliseconds. */
const MAX_WINDOW = 60_000

/** Options of `subscribe()`. */
export interface SubscribeOptions {
  /**
   * Where to begin if the client sends no last event ID: see `StartFrom`. A client that sends one resumes after it.
   * @default 'latest'
   */
  from?: StartFrom | undefined
  /**
   * Whether a client that sends a last event ID resumes after it. `false`: these channels always begin as `from` says.
   * Use `false` for channels that the client did not read before it reconnected.
   * @default true
   */
  resume?: boolean | undefined
  /**
   * Update window in milliseconds, up to 60,000: events with a key are sent at most once per window, and only the newest of
   * each key. The first event after a quiet window is sent at once. An event without a key is sent at once too, after all
   * events before it. A window ends early if history could evict an event.
   *
   * The window belongs to the connection: a later `subscribe` with another value throws, and one without a value keeps it.
   * `false` sends every event at once.
   * @default false
   */
  conflate?: number | false | undefined
  /**
   * Decides which events this connection gets. Runs in the async context of `subscribe`. Must return a boolean, not a
   * promise: a promise closes the connection. Connections of one channel whose filters accept the same events share batches.
   * @default every event
   */
  filter?: EventFilter | undefined
}

const FORMS: Record<keyof SubscribeOptions, Form> = {
  from: { is: "'latest', 'now' or 'start'", test: (value) => ['latest', 'now', 'start'].includes(value as string) },
  resume: { is: 'true or false', test: (value) => typeof value === 'boolean' },
  conflate: millisecondsUpTo(MAX_WINDOW),
  filter: { is: 'a function', test: (value) => typeof value === 'function' },
}

/** @throws `ERR_SSE_OPTION` for a wrong option */
export function checkSubscribeOptions(options: SubscribeOptions): void {
  check('subscribe()', options, FORMS, '', { instead: insteadOfSubscribeOptions })
}
