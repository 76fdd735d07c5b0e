// Makes docs/hostile-clients.md from a run of the __tests__/outside/hostile/*.test.ts.
import { ranOn, runMatrix, table, writeMarkdown } from './matrix-results.mjs'

const TABLES = ['readers', 'http2', 'vanishing', 'requests', 'leavers'].map((name) => `hostile-${name}`)
const results = runMatrix('outside/hostile/', TABLES)

const mib = (bytes) => `${Math.ceil(bytes / 1024 / 1024)} MiB`
const ms = (time) => `${Math.ceil(time)} ms`

function cells({ client, outcome, memory, allowance, because, descriptors, measured }) {
  const bound = `${mib(memory)}: ${mib(allowance)}, ${because}`
  const latency = `${ms(measured.beside)} (${ms(measured.alone)})`
  return [client, outcome, bound, mib(measured.grown), `${measured.descriptors} of ${descriptors}`, latency]
}

const HEAD = ['clients', 'what becomes of them', 'bound on memory', 'memory', 'descriptors', 'latency of the others']
const [readers, http2, vanishing, requests, leavers] = TABLES.map((name) => table(HEAD, results[name].map(cells)))

await writeMarkdown(
  'docs/hostile-clients.md',
  `# Hostile clients

Made by \`node scripts/matrix-hostile-clients.mjs\` from a run of the \`__tests__/outside/hostile/*.test.ts\` on ${ranOn}. Each row is a
server in a process of its own, 50 clients that behave well and get some 200 events a second, and beside them the hostile ones.
The tests fail when

- one of the 50 is cut, or does not get every event once and in order;
- the 99th percentile of their latency, from publishing to getting, is more than three times what it was a moment before
  without the hostile ones, and more than 200 ms longer;
- the process grows by more than the bound. Its first 64 MiB are what any process takes and gives back by itself: garbage that has
  not been collected yet, and what the allocator keeps;
- more descriptors are open than the bound, or, when the hostile ones have left or been cut, more connections or descriptors
  than before;
- an error was caught by nobody, or Node warned of anything.

In the tables, *memory* is by how much the process had grown at its largest, *descriptors* how many were open beside those of
before, seen every 10 ms, of how many that may be, and *latency of the others* the 99th percentile, in brackets the one
before. The figures are of one run on a small shared machine. A flood is larger than any bound: held anywhere, even once for
all, it would pass it.

## That read slowly or not at all

${readers}

A connection is a cursor, not a queue. Of a channel, one that does not read holds what Node buffers and one batch, which is
64 KiB and the rest of an event. So the largest event counts once for each connection that is being sent it. Of \`send()\` it
holds \`maxBufferedBytes\` and one message. What the system buffers for a socket is not the process's: up to 4 MiB each on
Linux (\`net.ipv4.tcp_wmem\`).

One byte a second is no reading. A receiver's system announces room by the segment, so the server's sees no progress for
many minutes: such a client is cut like one that never reads. One that reads a segment now and then makes progress and is kept, as a
phone in a tunnel has to be: it is sent what there is room for, keyed events conflate, and a gap announces what the log has let go
of meanwhile. While little is published, it all fits into the system's buffers, and how slowly it is read costs nobody
anything.

## On HTTP/2

${http2}

Streams of a session share its socket, which answers to PINGs and other streams keep busy. So each is judged by its own
writes, of at most 64 KiB: \`stallTimeout\` begins anew when one is complete. A session whose socket takes nothing at all is
destroyed with the last of its streams that is cut.

## That vanish

${vanishing}

Their packets are dropped from one moment to the next: no acknowledgement comes, no end and no reset.

## That ask for too much

${requests}

HTTP/1.1 answers in order, so behind a stream nothing is answered. Streams that are asked for there count as open for
\`maxConnections\`, and are cut with their socket after \`stallTimeout\`. Each waits with its head, an \`sse-gap\` if there is one to
announce, and what the app sends with \`send()\`, up to \`maxBufferedBytes\`; nothing of the log is written before its turn.
Node stops reading the socket before it has taken in 1,000, and then sees the client leave only at its next write.

The same goes for a stream behind any other response that takes longer than \`stallTimeout\`, such as a long download: the socket
is cut, the download with it. Clients that pipeline behind long responses are not to be expected: browsers and proxies do not
pipeline.

Node answers 431 beyond \`maxHeaderSize\`, 16 KiB by default, and a 431 stops a browser's \`EventSource\` for good. Where more
is allowed, Node holds the headers as long as the stream is open.

## That break off

${leavers}

Half a close, with the client reading on, is taken for leaving: Node ends the other half.

## What cannot be held

- **A client that vanishes while little is sent** is noticed when the system gives up resending the first keep-alive that is not
  acknowledged: with Linux's \`net.ipv4.tcp_retries2\` of 15 after some 15 minutes, with 8, the least that RFC 1122 allows,
  after some 100 seconds. Until then it costs a connection, a descriptor and what the system
  buffers. Node has no way to set this for one socket (\`TCP_USER_TIMEOUT\`). \`maxAge\` is the bound that needs no system setting.
- **Who fills a route.** \`maxConnections\` does not tell clients apart: when hostile ones have taken it, those who come later
  are shed, whoever they are. Those who are there keep their streams. Count users or addresses in a handler before \`sse()\`, or
  in the proxy.
- **Sockets that ask for nothing** never reach the middleware. Node cuts them after \`headersTimeout\` and \`requestTimeout\`, and
  \`server.maxConnections\` bounds them.
- **Without \`maxConnections\`**, which is the default, the bound is the number of descriptors of the process.
`,
)
