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

Made by \`node scripts/matrix-middlewares.mjs\` from a run of \`__tests__/middlewares.test.ts\` on ${ranOn}. "Streams" means
all of these:

- with a client that accepts gzip, each event arrives before the next is published;
- the middleware's own headers and cookies are on the response;
- a client that leaves is noticed, and a client that reconnects gets the events it missed;
- the stream ends when the server ends it.

${table(['middleware', 'version', ...hosts, 'to know'], cells)}

A dash means that the middleware does not run there, with or without a stream.

## Sessions

\`express-session\` stores a session when the response ends. For a stream that is hours later, or never if the client leaves:

- A session that begins with the stream's request is not stored while the stream is open, although its cookie has been sent.
- With \`resave: true\`, or when the handler has changed the session, the old session overwrites newer data. That happens when the server ends
  the stream, at \`maxAge\` or in a drain: the session is written back as it was when the stream began.

So save the session yourself and delete it from the request. The end of the response then does not write to the store:

<!-- given:
import express from 'express'
import 'express-session'
import { sse } from 'express-sse-channels'
const app = express()
const live = sse()
-->

\`\`\`js
app.get('/stream', live, (req, res) => {
  req.session.save(() => {
    res.sse?.subscribe('scores') // sends the head, and with it the session's cookie
    Reflect.deleteProperty(req, 'session')
  })
})
\`\`\`

## Rate limits

A browser's \`EventSource\` stops for good at a 429. Tell it to reconnect later instead:

<!-- given: import { rateLimit } from 'express-rate-limit' -->

\`\`\`js
rateLimit({
  limit: 100,
  handler: (req, res) => res.setHeader('Content-Type', 'text/event-stream').end('retry: 60000\\n'),
})
\`\`\`

The limit counts requests, so it counts reconnects. \`maxConnections\` bounds how many streams are open at once.

## Passport

Put \`passport.authenticate()\` and \`passport.session()\` before \`sse()\`. They put the user on \`req.user\`. Until the handler subscribes, it may
still answer 401. A client that was allowed when the stream began stays allowed while it is open. Set \`maxAge\`, so that clients reconnect
and are authorised again.

## Shutting down

\`server.close()\`, \`stoppable()\` without a grace period and Nest's \`app.close()\` wait for open responses, and so for streams. Drain first,
and they finish: \`await live.registry.drain()\`, then \`stoppable\`'s \`stop()\` or \`http-terminator\`'s \`terminate()\`. In Nest:

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
