// The whole example: routes that read, routes that change and publish, routes that stream. No listening here, so that
// tests can import it.
import { join } from 'node:path'
import cookieParser from 'cookie-parser'
import express, { type ErrorRequestHandler, type Request, type Response } from 'express'
import { createRegistry, sse, type Connection, type Store } from 'express-sse-channels'
import { inspector } from 'express-sse-channels/inspector'
import createError, { isHttpError } from 'http-errors'
import { browserModules } from './browser-modules.js'
import { ConnectionIds } from './connection-ids.js'
import { ConnectionsPage } from './connections-page.js'
import type { Events } from './events.js'
import { Game } from './game.js'
import { HomePage } from './home-page.js'
import { readReplay, readSales, readScore, readStock, readWindow } from './input.js'
import { loadMatches } from './match.js'
import { playAgain } from './play-again.js'
import { Replay } from './replay.js'
import { Sessions } from './sessions.js'
import { Shop } from './shop.js'

/** How many times as fast as on the board a match is played again. */
const timesFaster = 20

export interface AppOptions {
  /** The folder of this file, where matches/ and public/ lie. */
  directory: string
  /** Milliseconds a match minute takes. @default 1000 */
  speed?: number
  /** Whether the matches are replayed from the start, each from another minute. @default true */
  replay?: boolean
  /** Whether the shop sells by itself. @default true */
  sales?: boolean
  /** Whether another process with the same store plays and sells: this one publishes nothing by itself. @default false */
  follow?: boolean
  /** Reconnection time in ms that clients are told. @default 2000 */
  retry?: number
  /** Where the log lives, for several processes to share it. @default in memory */
  store?: Store
  /** Told of failures that nobody awaits. @default a warning of the process */
  onError?: (error: Error) => void
}

export function createApp({ directory, speed = 1000, replay: run = true, sales = true, ...options }: AppOptions) {
  const { retry = 2000, follow = false, store, onError } = options
  const registry = createRegistry<Events>({ ...(store && { store }), ...(onError && { onError }) })
  const sessions = new Sessions(registry.channel('sessions'))
  // Scores are for everyone: the page of `npm run start:cluster` reads them from other ports than its own.
  const live = sse<Events>({
    registry,
    retry,
    // Everybody may see all of it, and many watch the same game.
    compress: true,
    headers: { 'Access-Control-Allow-Origin': '*' },
    // Whose stream it is, so that a visitor can see and end it.
    owner: (req: Request) => sessions.of(req),
  })
  const games = new Map(
    loadMatches(join(directory, 'matches')).map((match) => [
      match.id,
      new Game(match, registry.channel(`game:${match.id}`)),
    ]),
  )
  const shop = new Shop(registry.channel('shop'))
  const replay = new Replay([...games.values()], registry.channel('controls'), speed)
  const homePage = new HomePage(directory)
  const connectionsPage = new ConnectionsPage(directory)
  const ids = new ConnectionIds()

  // The page can name its own connection, and ask for it to be cut.
  const greet = (connection: Connection) => {
    connection.send({ event: 'connecttime', data: { time: new Date().toISOString(), connection: ids.of(connection) } })
  }

  const streamOf = ({ sse }: Response): Connection => {
    if (!sse) throw createError(406, 'this is an event stream: send Accept: text/event-stream')
    if (sessions.hasEnded(sse.owner)) throw createError(401, 'signed out: reload the page')
    return sse
  }

  const gameOf = (req: Request<{ id: string }>): Game => {
    const game = games.get(req.params.id)
    if (!game) throw createError(404, `no game "${req.params.id}"; GET /games lists those on the board`)
    return game
  }

  const app = express()
  app.disable('x-powered-by')
  app.use(express.json(), cookieParser())

  // The page has the state at a position of the log, and its stream begins at this position. So the page misses nothing,
  // however long it takes to load. `live` lets this request through once the store has begun.
  app.get('/', live, async (req, res) => {
    sessions.begin(req, res)
    const lastEventId = await registry.lastEventId() // the position first,
    const views = [...games.values()].map((game) => game.view()) // then the state
    const state = { lastEventId, games: views, products: shop.products(), replay: replay.state, sales: shop.sales }
    res.set('Cache-Control', 'no-cache').send(homePage.render(state))
  })

  app.get('/games', (_req, res) => {
    res.json([...games.values()].map((game) => game.view()).filter(({ isOnBoard }) => isOnBoard))
  })

  // EventStream sends Last-Event-ID, for which browsers ask other origins first.
  app.options('/games/:id', (_req, res) => {
    res.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': 'Last-Event-ID' }).sendStatus(204)
  })

  // One URL, two representations: JSON for whoever asks for JSON, a stream for an EventSource.
  app.get('/games/:id', live, (req: Request<{ id: string }>, res: Response) => {
    const game = gameOf(req)
    if (!res.sse) return void res.json(game.view())
    const connection = streamOf(res)
    greet(connection)
    connection.subscribe(`game:${game.id}`)
  })

  // A stream with an end: `finish` says that everything is sent, so the client does not connect again.
  app.get('/games/:id/again', live, async (req, res) => {
    const { match } = gameOf(req)
    const connection = streamOf(res)
    await connection.sendAll(playAgain(match, speed / timesFaster, connection.signal))
    connection.finish()
  })

  app.put('/games/:id/score', async (req, res) => {
    const { home, away } = readScore(req.body)
    res.json(await gameOf(req).correct(home, away))
  })

  app.get('/products', (_req, res) => void res.json(shop.products()))

  app.put('/products/:sku/availability', async (req, res) => {
    const { sku } = req.params
    if (!shop.has(sku)) throw createError(404, `no product "${sku}"; GET /products lists them`)
    res.json(await shop.setStock(sku, readStock(req.body)))
  })

  // Everything the page shows, on one connection: a browser has only six per host on HTTP/1.1.
  // With ?every=2000, a score or stock that changes often is sent at most once in two seconds, always with its newest value.
  app.get('/stream', live, (req, res) => {
    const connection = streamOf(res)
    const conflate = readWindow(req.query.every)
    greet(connection)
    connection.subscribe(['shop', 'controls', ...[...games.keys()].map((id) => `game:${id}`)], { conflate })
  })

  app.post('/connections/:id/cut', (req, res) => {
    const connection = ids.find(registry.connections(), req.params.id)
    if (!connection) throw createError(404, 'no such connection; its ID comes with the connecttime event')
    connection.close()
    res.status(204).end()
  })

  // Without a session there is no owner, and `connections()` would list everybody's.
  const connectionsOf = (req: Request) => {
    const owner = sessions.of(req)
    return owner === undefined ? [] : [...registry.connections({ owner })]
  }

  app.get('/connections', (req, res) => {
    sessions.begin(req, res)
    const rows = connectionsOf(req).map((connection) => {
      const { openedAt = new Date(), channels, sentUpTo, unsentBytes } = connection
      return { id: ids.of(connection), openedAt, channels, sentUpTo, unsentBytes }
    })
    res.set('Cache-Control', 'no-store').send(connectionsPage.render(rows))
  })

  app.post('/connections/:id/end', (req, res) => {
    ids.find(connectionsOf(req), req.params.id)?.close()
    res.redirect(303, '/connections')
  })

  // First the session, then its connections: a client that comes straight back is refused.
  app.post('/sign-out', async (req, res) => {
    const owner = sessions.of(req)
    if (owner === undefined) {
      res.redirect(303, '/connections')
      return
    }
    await sessions.end(owner)
    res.send(connectionsPage.renderSignedOut(await registry.disconnect({ owner })))
  })

  app.get('/replay', (_req, res) => void res.json(replay.state))
  app.put('/replay', (req, res) => void res.json(replay.change(readReplay(req.body))))
  app.get('/sales', (_req, res) => void res.json(shop.sales))
  app.put('/sales', (req, res) => void res.json(shop.setSales(readSales(req.body))))
  app.get('/stats', (_req, res) => void res.json(registry.stats()))

  // The page shows all connections, so only this machine may open it. An app with accounts asks for an administrator.
  const inspectorPage = inspector(registry, { authorize: ({ socket }) => isLoopback(socket.remoteAddress) })
  app.use('/inspector', inspectorPage)

  app.use(browserModules(directory))
  app.use(express.static(join(directory, 'public')))
  app.use(() => {
    throw createError(404, 'nothing here')
  })
  app.use(answerError)

  if (!follow) {
    if (run) replay.stagger()
    else for (const game of games.values()) game.publish()
    replay.change({ running: run })
    shop.open()
    shop.setSales({ running: sales })
  }

  const close = async () => {
    replay.close()
    shop.close()
    await Promise.all([registry.close(), inspectorPage.close()])
  }
  return { app, registry, replay, close }
}

/** IPv4 addresses look like this too on a server that listens on IPv6. */
const isLoopback = (address: string | undefined) => /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address ?? '')

const answerError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error)
    return
  }
  const known = isHttpError(error) && error.expose
  if (!known) console.error(error)
  res.status(known ? error.status : 500).json({ error: known ? error.message : 'internal error' })
}
