/** One interface for all kinds of client of npm `redis`: for one server, a cluster, or servers behind Sentinel. */

/**
 * The part of a client of npm `redis` 5 or 6 that the store uses: what `createClient`, `createCluster` and `createSentinel`
 * return.
 *
 * @example
 * ```ts
 * import { createCluster } from 'redis'
 * import { redisStore, type RedisClient } from 'express-sse-channels/redis'
 *
 * const client: RedisClient = createCluster({ rootNodes: [{ url: 'redis://localhost:7000' }] })
 * const store = redisStore({ client, stream: 'shop-production-scores' })
 * ```
 */
export interface RedisClient {
  /** Copies the client. The store uses copies only. */
  duplicate(overrides?: object): RedisClient
  /** Connects a copy. */
  connect(): Promise<unknown>
  /** Disconnects a copy at once. */
  destroy(): unknown
  /** Listens to errors of a copy. */
  on(event: 'error', listener: (error: unknown) => void): unknown
  /** Sends a command over a copy. */
  sendCommand(...args: never[]): Promise<unknown>
}

/** A copy of the app's client, whatever its kind. */
export interface ClientCopy {
  connect(): Promise<unknown>
  /** Sends a command. A cluster finds the server by `key`. */
  send(key: string, args: readonly string[]): Promise<unknown>
  destroy(): void
}

export interface CopyOptions {
  /** Milliseconds without a byte in either direction, after which the connection is closed. `undefined` sets no limit. */
  idle: number | undefined
  onError: (error: unknown) => void
}

type SendToOne = (args: readonly string[]) => Promise<unknown>
type SendToCluster = (key: string, isReadonly: boolean, args: readonly string[]) => Promise<unknown>
type SendToSentinel = (isReadonly: boolean, args: readonly string[]) => Promise<unknown>

interface NodeOptions {
  socket?: object
}

/** Copies a client with its settings. The client itself is not used. */
export function copyClient(client: RedisClient, { idle, onError }: CopyOptions): ClientCopy {
  const own = client.duplicate(overridesFor(client, idle))
  own.on('error', onError)
  return {
    connect: () => own.connect(),
    send: senderOf(own),
    destroy: () => {
      // `destroy` throws before the first connection, and returns a promise with Sentinel.
      void new Promise((resolve) => resolve(own.destroy())).catch(() => undefined)
    },
  }
}

export function isCluster(client: object): boolean {
  return 'nodeByAddress' in client
}

export function isSentinel(client: object): boolean {
  return 'getSentinelNode' in client
}

/** Makes replies plain strings. Turns off queueing and retries of clients for one server: `RedisConnection` retries. */
function overridesFor(client: RedisClient, idle: number | undefined): object {
  const common = { commandOptions: undefined }
  const timeout = idle === undefined ? {} : { socketTimeout: idle }
  // A Sentinel client hides its options, so they cannot be extended.
  if (isSentinel(client)) return common
  if (isCluster(client)) {
    const { defaults } = (client as { _options?: { defaults?: NodeOptions } })._options ?? {}
    const node = { ...defaults, socket: { ...defaults?.socket, ...timeout } }
    // All keys are on one node. Unused connections to other nodes would be closed as idle.
    return { ...common, defaults: node, minimizeConnections: true }
  }
  const { socket } = (client as { options?: NodeOptions }).options ?? {}
  return { ...common, disableOfflineQueue: true, socket: { ...socket, reconnectStrategy: false, ...timeout } }
}

function senderOf(client: RedisClient): ClientCopy['send'] {
  const send = client.sendCommand.bind(client) as unknown
  if (isCluster(client)) return (key, args) => (send as SendToCluster)(key, false, args)
  if (isSentinel(client)) return (_key, args) => (send as SendToSentinel)(false, args)
  return (_key, args) => (send as SendToOne)(args)
}
