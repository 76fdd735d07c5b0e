// An app with an event stream and an inspector at /sse-inspector, and what the inspector's stream says.
import { inspector, type InspectorOptions } from '../../src/inspector/index.js'
import { sse, type RegistryStats, type SseOptions } from '../../src/index.js'
import { afterTest } from './after-test.js'
import { openStream, type OpenStream } from './open-stream.js'
import { express5, startServer, type Handler, type ServerKind } from './servers.js'

/** Text that the server may have cut. */
interface Short {
  text: string
  isCut?: true
}

interface ShortList {
  first: Short[]
  count: number
}

/** The data of each event of the inspector's stream. */
export interface Samples {
  stats: { at: number; isStoreAvailable: boolean; stats: RegistryStats }
  channels: {
    total: number
    rows: {
      name: Short
      subscribers: number
      rate: number | null
      history: number
      keys: number
      last?: { type: Short; data: Short }
    }[]
  }
  connections: {
    total: number
    now: number
    rows: {
      number: number
      owner?: Short
      channels: ShortList
      sentUpTo: string
      unsentBytes: number
      openedAt: number
    }[]
  }
  activity: {
    items: { number: number; at: number; kind: string; owner?: Short; reason?: string; channels?: ShortList }[]
    omitted: number
  }
  events: {
    at: number
    omitted: number
    events: {
      number: number
      position: { ms: number; seq: number }
      id: Short
      type: Short
      key?: Short
      data?: Short
    }[]
  }
}

/** Starts an app whose clients subscribe to the channels in `?channels=a,b`. Their owner is in the header `x-owner`. */
export async function startInspected(
  options: Partial<InspectorOptions> = {},
  { kind = express5, ...streamOptions }: SseOptions & { kind?: ServerKind } = {},
) {
  const live = sse({ owner: ({ headers }) => headers['x-owner'] as string | undefined, ...streamOptions })
  const page = inspector(live.registry, { authorize: () => true, ...options })
  const client: Handler = (req, res, next) =>
    live(req, res, () => {
      const channels = new URLSearchParams((req.url ?? '').split('?')[1]).get('channels')
      if (res.sse === undefined) next()
      else res.sse.subscribe(channels?.split(',') ?? 'a')
    })
  const server = await startServer(kind, mount('/sse-inspector', page), client)
  afterTest(() => page.close({ grace: 0 }))
  const openClient = async (channels = 'a', headers: Record<string, string> = {}) => {
    const stream = await openStream(server, { path: `/?channels=${encodeURIComponent(channels)}`, headers })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    return stream
  }
  const watch = (query = '') => openStream(server, { path: `/sse-inspector/events${query}` })
  return { live, registry: live.registry, page, server, openClient, watch }
}

/** Mounts a middleware as Express and Connect do, for servers without them too. */
export function mount(path: string, middleware: Handler): Handler {
  return (req, res, next) => {
    const { url = '/' } = req
    const [asked = ''] = url.split('?')
    if (asked !== path && !asked.startsWith(`${path}/`)) {
      next()
      return
    }
    const routed = Object.assign(req, { originalUrl: url })
    routed.url = url.slice(path.length).replace(/^(?!\/)/, '/')
    middleware(routed, res, (error) => {
      routed.url = url
      next(error)
    })
  }
}

/** The samples of one kind that a stream has brought so far. */
export function samples<K extends keyof Samples>(stream: OpenStream, kind: K): Samples[K][] {
  return stream.events.filter(({ event }) => event === kind).map(({ data }) => JSON.parse(data) as Samples[K])
}

/** The first sample of a kind that satisfies a condition, received already or yet to come. */
export async function sample<K extends keyof Samples>(
  stream: OpenStream,
  kind: K,
  condition: (sample: Samples[K]) => boolean = () => true,
): Promise<Samples[K]> {
  const event = await stream.waitFor(({ event, data }) => event === kind && condition(JSON.parse(data) as Samples[K]))
  return JSON.parse(event.data) as Samples[K]
}
