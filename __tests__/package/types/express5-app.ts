// Compiled, never run: an app written against the types of Express 5.
import express, { type Request, type Response } from 'express'
import { createRegistry, sse } from 'express-sse-channels'
import { inspector } from 'express-sse-channels/inspector'

interface Events {
  score: { home: number; away: number }
}

const app = express()
const registry = createRegistry<Events>()
const live = sse({ registry, accept: 'any', fallthrough: false })

app.get('/games/:id/stream', live, (req, res) => {
  const lastEventId: string = req.lastEventId
  if (!res.sse) return void res.json({ id: req.params.id, lastEventId })
  res.sse.subscribe(`game:${req.params.id}`)
  res.sse.on('close', () => undefined)
})

// @ts-expect-error -- the middleware itself, without the call that makes one
app.get('/uncalled', sse, (_req, res) => void res.end())

app.get('/inline', sse(), async (_req, res) => {
  await res.sse?.sendAll([{ data: 'a' }])
  // @ts-expect-error -- a request that asks for no event stream has no connection
  res.sse.close()
})

app.get(
  '/matches/:id/stream',
  live.handler((req: Request<{ id: string }>, res: Response, connection) => {
    const id: string = req.params.id
    const lastEventId: string = req.lastEventId
    res.cookie('seen', lastEventId)
    connection.subscribe(`match:${id}`)
    connection.send({ event: 'score', data: { home: 1, away: 0 } })
    connection.registry.channel('a').latest('score')?.json()
    // @ts-expect-error -- an event type that the map does not have
    connection.send({ event: 'goal', data: { home: 1, away: 0 } })
    // @ts-expect-error -- a parameter that the path does not have
    String(req.params.name)
  }),
)

app.use(live)
app.use('/streams', sse({ registry }))
express.Router().route('/stream').all(live)

app.put('/games/:id/score', express.json(), async (req, res) => {
  const data = req.body as Events['score']
  const id = await live.channel(`game:${req.params.id}`).publish({ event: 'score', data, key: 'score' })
  // @ts-expect-error -- an event type that the map does not have
  await live.channel('a').publish({ event: 'goal', data })
  res.json({ id })
})

app.listen(0)

app.use('/sse-inspector', inspector(registry, { authorize: (req: Request) => req.get('x-admin') === 'yes' }))
app.use(
  '/sse-inspector',
  inspector(sse().registry, { authorize: ({ socket }) => Promise.resolve(socket.remoteAddress === '::1') }),
)
// @ts-expect-error -- somebody must say who may see it
app.use('/sse-inspector', inspector(registry, {}))
