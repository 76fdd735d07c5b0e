/** The kinds of client that npm `redis` makes, behind one face: one server, a cluster, or servers watched by Sentinel. */

/** As much of a client of npm `redis` as is used here. */
export interface RedisClient {
  duplicate(overrides?: object): RedisClient
  connect(): Promise<unknown>
  destroy(): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  sendCommand(...args: never[]): Promise<unknown>
}

export interface Connection {
  connect(): Promise<unknown>
  /** Sends a command of which the first key is named, which is what a cluster finds its server by. */
  send(key: string, args: readonly string[]): Promise<unknown>
  destroy(): void
}

type SendToOne = (args: readonly string[]) => Promise<unknown>
type SendToCluster = (key: string, isReadonly: boolean, args: readonly string[]) => Promise<unknown>
type SendToSentinel = (isReadonly: boolean, args: readonly string[]) => Promise<unknown>

/** Makes a connection of its own with the settings of a client, which is itself left alone. */
export function connectionLike(client: RedisClient, onError: (error: unknown) => void): Connection {
  const own = client.duplicate(overridesFor(client))
  own.on('error', onError)
  return {
    connect: () => own.connect(),
    send: senderOf(own),
    destroy: () => {
      // One that never connected throws; one of Sentinel's answers with a promise.
      void new Promise((resolve) => resolve(own.destroy())).catch(() => undefined)
    },
  }
}

/** Replies must be plain strings; and a client for one server must not queue and retry behind our back. */
function overridesFor(client: RedisClient): object {
  const common = { commandOptions: undefined }
  if (isCluster(client) || isSentinel(client)) return common
  const { socket } = (client as unknown as { options?: { socket?: object } }).options ?? {}
  return { ...common, disableOfflineQueue: true, socket: { ...socket, reconnectStrategy: false } }
}

function senderOf(client: RedisClient): Connection['send'] {
  const send = client.sendCommand.bind(client) as unknown
  if (isCluster(client)) return (key, args) => (send as SendToCluster)(key, false, args)
  if (isSentinel(client)) return (_key, args) => (send as SendToSentinel)(false, args)
  return (_key, args) => (send as SendToOne)(args)
}

function isCluster(client: RedisClient): boolean {
  return 'nodeByAddress' in client
}

function isSentinel(client: RedisClient): boolean {
  return 'getSentinelNode' in client
}
