/** Options for snapshots: meaning, defaults and check. */
import { check, milliseconds, type Form } from './check.js'
import type { AnyEvents, Message } from './wire/format.js'

/** Messages of a snapshot. They must not have own IDs. Undefined: the channel has no snapshot. */
export type SnapshotMessages<E extends object = AnyEvents> = Message<E> | readonly Message<E>[] | undefined

/** Option `snapshot` of `createRegistry()`, for apps whose state is in a database. */
export interface SnapshotOptions<E extends object = AnyEvents> {
  /**
   * Returns the state of a channel, as messages. New subscribers get it instead of the latest events, and subscribers get
   * it after every gap. Events that were published after the call began follow. They may be older than the state, so
   * publish whole values, not differences.
   *
   * All subscribers share the result until history has evicted an event that was published since. So it must not depend on
   * a user: use filters for that, which apply to its messages too. Publish every change of the state.
   *
   * `signal` is aborted after `timeout`. Called at most once at a time for each channel, except while an aborted call goes
   * on. If the call fails, subscribers get an `sse-gap` event with the reason `snapshot` and then the latest events, and
   * `onError` gets the error.
   */
  load: (channel: string, signal: AbortSignal) => SnapshotMessages<E> | Promise<SnapshotMessages<E>>
  /**
   * Milliseconds that `load` may take. `Infinity` sets no limit.
   * @default 10_000
   */
  timeout?: number | undefined
}

export interface ResolvedSnapshotOptions {
  readonly load: SnapshotOptions['load']
  readonly timeout: number
}

const FORMS: Record<keyof SnapshotOptions, Form> = {
  load: { is: 'a function', isRequired: true, test: (value) => typeof value === 'function' },
  timeout: milliseconds,
}

/** @throws `ERR_SSE_OPTION` for a wrong option */
export function resolveSnapshotOptions(options: SnapshotOptions): ResolvedSnapshotOptions {
  check('createRegistry()', options, FORMS, 'snapshot.')
  const { load, timeout = 10_000 } = options
  return { load, timeout }
}
