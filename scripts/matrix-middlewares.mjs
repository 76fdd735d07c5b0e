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

Made by \`node scripts/matrix-middlewares.mjs\` from a run of \`__tests__/middlewares.test.ts\` on ${ranOn}. "Streams" means:
with a client that accepts gzip, each event arrives before the next is published; the middleware's own headers and cookies
are on the response; a client that leaves is noticed, one that comes back gets what it missed; and when the server ends the
stream, it ends.

${table(['middleware', 'version', ...hosts, 'to know'], cells)}

A dash: the middleware does not run there, with or without a stream.

## Sessions

\`express-session\` stores a session when the response ends. For a stream that is in hours, or, when the client leaves, never:

- A session that begins with the stream's request is not stored while the stream is open, though its cookie has been sent.
- With \`resave: true\`, or when the handler has changed the session, a stream that is ended by the server, at \`maxAge\` or in
  a drain, writes the session back as it was when the stream began, over whatever has been written since.

So save it yourself and let go of it. The response's end then leaves the store alone:

\`\`\`js
app.get('/stream', live, (req, res) => {
  req.session.save(() => {
    res.sse?.subscribe('scores') // sends the head, and with it the session's cookie
    delete req.session
  })
})
\`\`\`

## Rate limits

A browser's \`EventSource\` stops for good at a 429. Ask it to come back later instead:

\`\`\`js
rateLimit({
  limit: 100,
  handler: (req, res) => res.setHeader('Content-Type', 'text/event-stream').end('retry: 60000\\n'),
})
\`\`\`

The limit counts requests, so reconnects. How many streams are open at once is what \`maxConnections\` bounds.

## Passport

\`passport.authenticate()\` and \`passport.session()\` stand in front of \`sse()\` and put the user on \`req.user\`; until the
handler subscribes it may still answer 401. What was allowed when the stream began stays allowed while it is open: set
\`maxAge\` so that clients come back and are asked again.

## Shutting down

\`server.close()\`, \`stoppable()\` without a grace period and Nest's \`app.close()\` wait for open responses, which streams are.
Drain first, and they finish: \`await live.registry.drain()\`, then \`stoppable\`'s \`stop()\` or \`http-terminator\`'s
\`terminate()\`. In Nest:

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
