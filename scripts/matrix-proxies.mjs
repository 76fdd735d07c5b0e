// Makes docs/proxies.md from a run of __tests__/outside/proxies.test.ts.
import { ranOn, runMatrix, table, writeMarkdown } from './matrix-results.mjs'

const { proxies: rows, idle } = runMatrix('proxies', ['proxies', 'idle'])
const names = [...new Set(rows.map(({ proxy }) => proxy))]

/** The same set-up over HTTP/1.1 and HTTP/2 is one row when nothing but the figures differs. */
function merged(all) {
  const rows = new Map()
  for (const row of all) {
    const { http, first = 0, later = 0, ...rest } = row
    const same = JSON.stringify(rest)
    const known = rows.get(same) ?? { ...rest, http: [], first: 0, later: 0 }
    known.http.push(http)
    known.first = Math.max(known.first, first)
    known.later = Math.max(known.later, later)
    rows.set(same, known)
  }
  return [...rows.values()]
}

function cells({ proxy, title, http, events, held, first, later, leaving, compresses, largeCookie, resumes, posts }) {
  const start = [proxy, title, http.join(', ')]
  if (held) return [...start, '**held until the stream ends**', '–', '–', '–', '–', '–', '–']
  const live = { 'at once': `at once (${later} ms)`, late: `**${later} ms late**` }[events]
  const gzip = compresses ? 'compressed, not held' : 'left alone'
  const cookie = largeCookie === 200 ? 'passes' : `**${largeCookie}**`
  return [...start, live, `${first} ms`, leaving, resumes ? 'yes' : 'no', gzip, cookie, posts ? 'yes' : 'no']
}

const HEAD = [
  ...['proxy', 'set up', 'HTTP', 'events', 'first event', 'a client that leaves is noticed', 'resumes'],
  ...['a client that accepts gzip', 'a cookie of 4,000 bytes', 'POST'],
]

function section(name) {
  const own = rows.filter(({ proxy }) => proxy === name)
  const titles = new Map(own.filter(({ lines }) => lines.length > 0).map(({ title, lines }) => [title, lines]))
  const blocks = [...titles].map(([title, lines]) => `${title}:\n\n\`\`\`\n${lines.join('\n')}\n\`\`\`\n`)
  return `### ${name} ${own[0].version}\n\n${blocks.join('\n') || 'Nothing to configure.\n'}`
}

await writeMarkdown(
  'docs/proxies.md',
  `# Behind a proxy

Most proxies pass events on at once, because the response says \`Cache-Control: no-cache, no-transform\` and \`X-Accel-Buffering: no\`. With
nginx this is enough:

\`\`\`nginx
location / {
  proxy_pass http://127.0.0.1:3000;
  proxy_http_version 1.1;           # keeps connections to the app open
  proxy_set_header Connection "";
  proxy_buffer_size 16k;            # room for large cookies
  proxy_buffers 8 16k;
}
\`\`\`

| proxy    | what it does by default                                                                                        | line to add                                                                                                                          |
| -------- | -------------------------------------------------------------------------------------------------------------- | ------------------------------------------------------------------------------------------------------------------------------------ |
| nginx    | streams, compressed or not; answers 502 if the head of a response is larger than 4 KiB, cookies included        | \`proxy_buffer_size 16k; proxy_buffers 8 16k;\`; to keep connections, \`proxy_http_version 1.1; proxy_set_header Connection "";\`   |
| haproxy  | delays every event by 200 ms on HTTP/1.1; notices a disconnect only on the next write                          | \`option http-no-delay\`, \`option abortonclose\`                                                                                   |
| caddy    | streams                                                                                                        | none                                                                                                                                 |
| apache   | streams, compressed or not; notices a disconnect only on the next write                                        | none                                                                                                                                 |
| varnish  | streams, but holds back what \`do_gzip\` compresses; notices a disconnect only on the next write               | \`if (beresp.http.Content-Type !~ "^text/event-stream") { set beresp.do_gzip = true; }\`                                            |
| squid    | streams                                                                                                        | none                                                                                                                                 |
| lighttpd | holds the whole response; then, on HTTP/1.1, notices a disconnect only on the next write                       | \`server.stream-response-body = 1\`                                                                                                 |

Nothing has to be configured in the app. A proxy that notices a disconnect only on the next write notices it on the keep-alive, after 15 seconds at
the latest.

## What was tested

\`node scripts/matrix-proxies.mjs\` makes this page from a run of \`__tests__/outside/proxies.test.ts\`, on ${ranOn}.

- The test starts each program from Debian's packages, in front of an Express app.
- "As it comes" is the shortest configuration that proxies at all. \`__tests__/helpers/proxies.ts\` has the full configurations.
- HTTP/2 is over TLS with nginx, haproxy, caddy and apache, and without TLS with varnish and lighttpd. squid's reverse proxy has no HTTP/2.
- The figures are of one run on a small machine, over loopback.

${table(HEAD, merged(rows).map(cells))}

- *events*: each event has to arrive before the next is published. So no event can wait for another.
- *first event*: the time from the request until two clients of the same URL both have an event. So the proxy neither shares nor caches the response.
- *a client that leaves is noticed*: \`at a write\` means with the next event or keep-alive, by default after 15 seconds at the latest.
- *a client that accepts gzip* gets each event before the next is published, too. haproxy, caddy and lighttpd do not compress the stream, even if they
  are configured to.
- *a cookie of 4,000 bytes* is about the largest that browsers keep. A request with such a cookie always passes. The column is about a response that
  sets one. nginx answers 502 if the head of a response is larger than a memory page. A 502 stops a browser's \`EventSource\` for good.

## Silence

Proxies cut a stream that has been silent for too long. Keep \`keepAlive\`, 15 seconds by default, below that time. Caddy does not cut streams.

The test lowers the time to two seconds, with the lines below. It checks that a stream without keep-alives is cut, and one with them is not.

${table(
  ['proxy', 'cuts after', 'line'],
  names
    .map((name) => idle.find(({ proxy }) => proxy === name))
    .filter(Boolean)
    .map(({ proxy, usual, lines }) => [proxy, usual, lines.map((line) => `\`${line.trim()}\``).join(' ')]),
)}

## Lines

${names.map(section).join('\n')}`,
)
