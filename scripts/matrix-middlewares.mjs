// Makes docs/middlewares.md from a run of __tests__/middlewares.test.ts.
import { ranOn, runMatrix, table, writeMarkdown } from './matrix-results.mjs'

const { middlewares: rows } = runMatrix('middlewares', ['middlewares'])
const hosts = [...new Set(rows.flatMap(({ streams }) => Object.keys(streams)))]

const cells = rows.map(({ name, version, streams, note = '' }) => {
  return [name, version, ...hosts.map((host) => (streams[host] ? 'streams' : '–')), note]
})

await writeMarkdown(
  'docs/middlewares.md',
  `# With other middlewares

Put \`sse()\` behind the usual middlewares, as any other route:

\`\`\`js
import compression from 'compression'
import cookieParser from 'cookie-parser'
import cors from 'cors'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { sse } from 'express-sse-channels'

const app = express()
const live = sse({ fallthrough: false })

app.use(helmet(), cors({ origin: 'https://shop.example' }), cookieParser(), express.json(), compression())
app.use(rateLimit({ limit: 100 }))
app.get('/stream', live, (req, res) => res.sse?.subscribe('news'))
app.post('/news', async (req, res) => {
  await live.channel('news').publish({ data: req.body })
  res.sendStatus(204)
})
app.listen(3000)
\`\`\`

<!-- try
GET /stream → event: sse-ready → content-security-policy: → access-control-allow-origin: https://shop.example → vary: Origin, Accept
POST /news {"text":"hello"} → 204
stream → data: {"text":"hello"}
-->

\`node scripts/matrix-middlewares.mjs\` makes this page from a run of \`__tests__/middlewares.test.ts\`, on ${ranOn}. "Streams" means all of these:

- With a client that accepts gzip, each event arrives before the next is published.
- The middleware's own headers and cookies are on the response.
- A client that leaves is noticed. A client that reconnects gets the events it missed.
- The stream ends when the server ends it.

${table(['middleware', 'version', ...hosts, 'to know'], cells)}

A dash means that the middleware does not run there, with or without a stream.

## Sessions

\`express-session\` stores a session when the response ends. A stream ends hours later, or never if the client leaves first:

- A session that begins with the stream's request is not stored while the stream is open. But its cookie has been sent.
- With \`resave: true\`, or when the handler has changed the session, old data overwrites newer data. The session is written back as it was when
  the stream began. That happens when the server ends the stream: at \`maxAge\`, or in a drain.

So save the session yourself, and delete it from the request. The end of the response then writes nothing to the store:

\`\`\`js
import express from 'express'
import session from 'express-session'
import { sse } from 'express-sse-channels'

const app = express()
const live = sse({ fallthrough: false })

app.use(session({ secret: 'a secret', resave: false, saveUninitialized: true }))
app.get('/stream', live, (req, res) => {
  req.session.save(() => {
    res.sse?.subscribe('scores') // sends the head, and with it the session's cookie
    Reflect.deleteProperty(req, 'session')
  })
})
app.listen(3000)
\`\`\`

<!-- try: GET /stream → set-cookie: connect.sid= → event: sse-ready -->

## Rate limits

A browser's \`EventSource\` stops for good at a 429. Tell it to reconnect later instead:

\`\`\`js
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import { sse } from 'express-sse-channels'

const app = express()
const limiter = rateLimit({
  limit: 1,
  handler: (req, res) => res.setHeader('Content-Type', 'text/event-stream').end('retry: 60000\\n'),
})

app.get('/stream', limiter, sse(), (req, res) => void res.sse?.subscribe('scores'))
app.listen(3000)
\`\`\`

<!-- try
GET /stream → event: sse-ready
GET /stream → 200 → retry: 60000
-->

The limit counts requests, so it counts reconnects too. \`maxConnections\` bounds how many streams are open at once.

## Passport

Put \`passport.authenticate()\` and \`passport.session()\` before \`sse()\`. They put the user on \`req.user\`. Until the handler subscribes, it can
still answer 401. [Who may read a stream](auth.md) tells what to do when a permission ends.

## Shutting down

\`server.close()\`, \`stoppable()\` without a grace period and Nest's \`app.close()\` wait for open responses, and so for streams. Drain first, and they
finish: \`await live.registry.drain()\`, and then \`stop()\` of \`stoppable\` or \`terminate()\` of \`http-terminator\`. In Nest:

<!-- given:
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common'
import { sse } from 'express-sse-channels'
const live = sse()
-->

\`\`\`ts
@Injectable()
class Streams implements BeforeApplicationShutdown {
  beforeApplicationShutdown() {
    return live.registry.drain({ window: 10_000 })
  }
}
\`\`\`
`,
)
