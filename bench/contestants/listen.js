import { once } from 'node:events'
import { createServer as createPlain } from 'node:http'
import { createServer as createTls } from 'node:https'

const BACKLOG = 4096 // thousands connect at once

/** Serves `handler` on a free port, over TLS when there is a certificate. */
export async function listen(handler, tls) {
  const server = tls ? createTls({ key: tls.key, cert: tls.cert }, handler) : createPlain(handler)
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
  await once(server, 'listening')
  return served(server)
}

export function served(server) {
  return {
    port: server.address().port,
    connections: () => new Promise((resolve, reject) => server.getConnections((e, n) => (e ? reject(e) : resolve(n)))),
  }
}
