/** Names of the Redis keys of one registry. All share a hash tag, so that a cluster keeps them in one slot. */

export interface Keys {
  /** The stream of events. */
  readonly events: string
  /** The epoch and the ID of the newest entry: `epoch ms-seq`. */
  readonly state: string
  /** A hash of the latest event of each key. */
  readonly latest: string
  /** A sorted set of the fields of `latest` by age, to evict the oldest. */
  readonly order: string
  /** A sorted set of channels that lost a latest event because of `maxKeys`. */
  readonly incomplete: string
  /** The reply to the last batch of one publisher, so that a batch that is sent twice is published once. */
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
