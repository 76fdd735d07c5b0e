/** The kinds of client that npm `redis` makes, behind one interface: one server, a cluster, or servers watched by Sentinel. */

/** The part of a client of npm `redis` that the store uses. */
export interface RedisClient {
  duplicate(overrides?: object): RedisClient
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
}

export interface Connection {
  connect(): Promise<unknown>
  /** Sends a command; a cluster finds the server by the command's first key. */
  send(key: string, args: readonly string[]): Promise<unknown>
  destroy(): void
}

export interface ConnectionOptions {
  /** Milliseconds without a byte in either direction, then the connection is cut. Without it none is cut. */
  idle: number | undefined
  onError: (error: unknown) => void
}

type SendToOne = (args: readonly string[]) => Promise<unknown>
type SendToCluster = (key: string, isReadonly: boolean, args: readonly string[]) => Promise<unknown>
type SendToSentinel = (isReadonly: boolean, args: readonly string[]) => Promise<unknown>

interface NodeOptions {
  socket?: object
}

/** Makes a new connection with the settings of a client, which is itself left alone. */
export function connectionLike(client: RedisClient, { idle, onError }: ConnectionOptions): Connection {
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

/** Replies must be plain strings; and a client for one server must not queue and retry by itself. */
function overridesFor(client: RedisClient, idle: number | undefined): object {
  const common = { commandOptions: undefined }
  const timeout = idle === undefined ? {} : { socketTimeout: idle }
  // A Sentinel client hides its options, so nothing can be added to them.
  if (isSentinel(client)) return common
  if (isCluster(client)) {
    const { defaults } = (client as { _options?: { defaults?: NodeOptions } })._options ?? {}
    const node = { ...defaults, socket: { ...defaults?.socket, ...timeout } }
    // The keys are all on one node, and an unused connection would be cut for being idle.
    return { ...common, defaults: node, minimizeConnections: true }
  }
  const { socket } = (client as { options?: NodeOptions }).options ?? {}
  return { ...common, disableOfflineQueue: true, socket: { ...socket, reconnectStrategy: false, ...timeout } }
}

function senderOf(client: RedisClient): Connection['send'] {
  const send = client.sendCommand.bind(client) as unknown
  if (isCluster(client)) return (key, args) => (send as SendToCluster)(key, false, args)
  if (isSentinel(client)) return (_key, args) => (send as SendToSentinel)(false, args)
  return (_key, args) => (send as SendToOne)(args)
}
