/** The names of a registry's keys in Redis. They share a hash tag, so that a cluster keeps them in one slot. */

export interface Keys {
  /** The stream of events. */
  readonly events: string
  /** The epoch and the ID of the newest event: `epoch ms-seq`. */
  readonly state: string
  /** A hash of the latest event of every key. */
  readonly latest: string
  /** A sorted set of these keys by age, so that the oldest can be let go. */
  readonly order: string
  /** A sorted set of channels of which `maxKeys` has evicted a latest event. */
  readonly incomplete: string
  /** What became of one publisher's last batch, so that one that is sent again is not published again. */
  readonly receipt: string
}

export function keysOf(stream: string, publisher: string): Keys {
  const tag = /\{[^}]+\}/.test(stream) ? stream : `{${stream}}`
  return {
    events: `${tag}:events`,
    state: `${tag}:state`,
    latest: `${tag}:latest`,
    order: `${tag}:order`,
    incomplete: `${tag}:incomplete`,
    receipt: `${tag}:receipt:${publisher}`,
  }
}
