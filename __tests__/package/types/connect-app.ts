// Compiled, never run: an app written against the types of Connect.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import connect from 'connect'
import { sse, type SseRequest, type SseResponse } from 'express-sse-channels'
import { inspector } from 'express-sse-channels/inspector'

const app = connect()
const live = sse<{ score: number }>()

app.use(live)
app.use('/stream', live)
app.use('/sse-inspector', inspector(live.registry, { authorize: ({ headers }) => headers['x-admin'] === 'yes' }))
app.use('/stream', (req: IncomingMessage & Partial<SseRequest>, res: ServerResponse & SseResponse) => {
  const lastEventId: string | undefined = req.lastEventId
  if (!res.sse) return void res.end(lastEventId)
  res.sse.subscribe('a', { from: 'now' })
  // @ts-expect-error -- a place to begin that does not exist
  res.sse.subscribe('b', { from: 'never' })
})
app.listen(0)

createHttp2Server((req, res) => live(req, res, () => undefined)).listen(0)
