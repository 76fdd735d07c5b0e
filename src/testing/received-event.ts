/** An event as a test reads it. */

/**
 * An event of the server.
 *
 * @example
 * ```ts
 * import type { ReceivedEvent } from 'express-sse-channels/testing'
 *
 * const minuteOf = (event: ReceivedEvent<{ minute: number }>) => event.json().minute
 * export { minuteOf }
 * ```
 */
export class ReceivedEvent<T = unknown> {
  /** The ID that the event has; `undefined` without one. */
  readonly id: string | undefined
  /** The event type; `message` if the event has none. */
  readonly type: string
  /** The text of the event. */
  readonly data: string

  constructor(id: string | undefined, type: string, data: string) {
    this.id = id
    this.type = type
    this.data = data
  }

  /**
   * Parses `data` as JSON.
   *
   * @throws a `SyntaxError` if `data` is not JSON
   */
  json(): T {
    return JSON.parse(this.data) as T
  }
}

/** An event of any of the types that are declared. */
export type AnyOf<Events extends object> = keyof Events extends never
  ? ReceivedEvent
  : ReceivedEvent<Events[keyof Events]>

/** The event of one type. */
export type OfType<Events extends object, Type> = ReceivedEvent<Type extends keyof Events ? Events[Type] : unknown>
