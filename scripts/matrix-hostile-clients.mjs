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

What each kind of hostile client may cost, and that other clients still get every event, as tested.

Made by \`node scripts/matrix-hostile-clients.mjs\` from a run of the \`__tests__/outside/hostile/*.test.ts\` on ${ranOn}. Each row is a
separate server process with hostile clients, and 50 other clients that behave well and get some 200 events a second. The tests fail when

- one of the 50 is cut, or does not get every event once and in order;
- the process grows by more than the bound. The bound includes 64 MiB that any process takes and gives back: garbage that has not been
  collected yet, and memory that the allocator keeps;
- more descriptors are open than the bound, or more connections or descriptors than before when the hostile clients have left or been cut;
- an error was not caught, or Node printed a warning;
- while this table is made: the 99th percentile of the latency of the 50 is more than three times what it was a moment before without the
  hostile ones, and more than 200 ms longer.

The columns of the tables:

- *memory*: by how much the process had grown at most.
- *descriptors*: how many more were open than before, measured every 10 ms, and how many are allowed.
- *latency of the others*: the 99th percentile, and in brackets the one before.

The figures are of one run on a small shared machine. A flood is larger than any bound: if it were held anywhere, even once for all clients,
it would exceed the bound.

## Clients that read slowly or not at all

${readers}

A connection is a cursor, not a queue. A connection that does not read holds what Node buffers, and one batch, which is 64 KiB and the rest of
an event. So the largest event counts once for each connection that is being sent it. From \`send()\` a connection holds \`maxBufferedBytes\` and
one message. The buffers of the system are not memory of the process: up to 4 MiB for each socket on Linux (\`net.ipv4.tcp_wmem\`).

A client that reads one byte a second is cut like one that never reads. The receiver's system announces room by the segment, so the server's
system sees no progress for many minutes. A client that reads a segment now and then makes progress and is kept, like a phone in a tunnel. It
is sent what there is room for, keyed events conflate, and a gap announces events that the log has evicted meanwhile. If little is published,
everything fits into the system's buffers, and slow reading costs nothing.

## Clients on HTTP/2

${http2}

The streams of a session share its socket, and answers to PINGs and other streams keep that socket busy. So each stream is judged by its own
writes, of at most 64 KiB: \`stallTimeout\` starts again when a write is complete. If the socket of a session takes nothing at all, the session is
destroyed with the last of its streams that is cut.

## Clients that vanish

${vanishing}

All packets of these clients are dropped from one moment on: no acknowledgement, no end and no reset arrives.

## Clients that ask for too much

${requests}

HTTP/1.1 answers in order, so requests that are pipelined behind a stream get no answer. Streams among them count as open for
\`maxConnections\`, and are cut with their socket after \`stallTimeout\`. Each of them holds its head, an \`sse-gap\` if there is one to announce,
and what the app sends with \`send()\`, up to \`maxBufferedBytes\`. Nothing from the log is written before its turn. Node stops reading the socket
before it has taken in 1,000 requests. Then it notices a disconnect only on its next write.

A stream behind any other response that takes longer than \`stallTimeout\`, such as a long download, is treated alike: the socket is cut, and
the download with it. This is rare, because browsers and proxies do not pipeline.

Node answers 431 beyond \`maxHeaderSize\`, 16 KiB by default, and a 431 stops a browser's \`EventSource\` for good. If you allow larger headers,
Node holds them as long as the stream is open.

## Clients that disconnect

${leavers}

If a client closes its half of the connection and reads on, it counts as gone: Node ends the other half.

## Limits of the package

- **A client that vanishes while little is sent** is noticed when the system gives up resending the first keep-alive that is not
  acknowledged: with Linux's \`net.ipv4.tcp_retries2\` of 15 after some 15 minutes, with 8, the least that RFC 1122 allows,
  after some 100 seconds. Until then it costs a connection, a descriptor and what the system
  buffers. Node has no way to set this for one socket (\`TCP_USER_TIMEOUT\`). \`maxAge\` is the bound that needs no system setting.
- **Clients that fill a route.** \`maxConnections\` does not tell clients apart. When hostile clients have filled it, all later clients are shed.
  Clients that are connected keep their streams. Count users or addresses in a handler before \`sse()\`, or in the proxy.
- **Sockets that ask for nothing** never reach the middleware. Node cuts them after \`headersTimeout\` and \`requestTimeout\`, and
  \`server.maxConnections\` bounds them.
- **Without \`maxConnections\`**, which is the default, the bound is the number of descriptors of the process.
`,
)
