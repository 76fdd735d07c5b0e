// Servers that share a registry through Redis, as so many processes would: each with two connections of its own.
import { redisStore, type RedisStoreOptions } from '../../src/redis/index.js'
import { sse, type RegistryOptions, type SseMiddleware } from '../../src/index.js'
import { afterTest } from './after-test.js'
import { bareHttp, startServer, type TestServer } from './servers.js'

export interface Live extends TestServer {
  readonly live: SseMiddleware
  /** What was reported because nobody awaited it. */
  readonly reports: Error[]
}

/** Starts a server whose path names the channel to subscribe to; several, with commas. */
export async function startLive(store: Partial<RedisStoreOptions>, registry: RegistryOptions = {}): Promise<Live> {
  const reports: Error[] = []
  const onError = (error: Error) => reports.push(error)
  const live = sse({
    registry: { onError, ...registry, store: redisStore({ stream: 'sse', ...store }) },
    retry: false,
    keepAlive: 50,
  })
  const server = await startServer(bareHttp, live, (req, res) => {
    res.sse?.subscribe(decodeURIComponent(req.url?.slice(1) ?? '').split(','))
  })
  afterTest(() => live.close())
  return { ...server, live, reports }
}
