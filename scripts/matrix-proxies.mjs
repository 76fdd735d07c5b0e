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

Made by \`node scripts/matrix-proxies.mjs\` from a run of \`__tests__/outside/proxies.test.ts\` on ${ranOn}. The
test starts each of these programs from Debian's packages in front of an Express app. "As it comes" is the shortest configuration that
proxies at all; the full configurations are in \`__tests__/helpers/proxies.ts\`. HTTP/2 is over TLS with nginx, haproxy, caddy and apache,
and without TLS with varnish and lighttpd. squid's reverse proxy has no HTTP/2. The figures are of one run on a small machine, over loopback.

${table(HEAD, merged(rows).map(cells))}

- *events*: each event has to arrive before the next is published, so no event can wait for another.
- *first event*: time from the request until two clients of the same URL both have an event. The response must not be shared or cached.
- *a client that leaves is noticed*: \`at a write\` means that the app notices it with the next event or keep-alive comment, by default
  after 15 seconds at the latest.
- *a client that accepts gzip* also gets each event before the next is published. haproxy, caddy and lighttpd do not compress the stream,
  even when they are configured to compress event streams.
- *a cookie of 4,000 bytes* is about the largest that browsers keep. A request with such a cookie always passes. The column is about a
  response that sets one. nginx answers 502 when the head of a response is larger than a memory page, and a 502 stops a browser's
  \`EventSource\` for good.

## Silence

The table shows after how long a proxy cuts a silent stream by default. The test lowers this to two seconds with the lines shown. It checks
that a stream without keep-alives is cut and one with them is not. Keep \`keepAlive\`, 15 seconds by default, below it. Caddy does not cut
streams.

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
