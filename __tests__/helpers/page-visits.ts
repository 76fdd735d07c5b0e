// A page that follows a count, goes to another page, comes back, and tells the server what it saw. It drives itself, so it
// runs in any browser, and no tool changes what the browser caches.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buildSync } from 'esbuild'
import { sse, type Connection } from '../../src/index.js'
import { afterTest } from './after-test.js'

/** What the page saw. */
export interface Visit {
  /** Whether the browser restored the page as it was, instead of loading it again. */
  restored: boolean
  /** Why not, if the browser tells. `null` if it restored the page. */
  notRestoredReasons?: unknown
  events: string[]
  /** The codes of all `error` events. */
  errors: string[]
  /** The last event IDs that the requests for the stream had. */
  requested: string[]
}

const { outputFiles } = buildSync({
  entryPoints: [`${__dirname}/../../src/client/index.ts`],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
})
const client = outputFiles[0]!.text

// Before the page has loaded, a navigation would replace its entry in the history.
const followingPage = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { EventStream } from '/client.js'
  // Where the browser ends the request first, the stream must not try again before the page is left.
  Math.random = () => 0.9
  const visit = { restored: false, events: JSON.parse(sessionStorage.events ?? '[]'), errors: [] }
  const { lastEventId } = sessionStorage
  // For browsers that do not keep the page.
  const stream = new EventStream('/stream', { lastEventId })
  stream.addEventListener('error', ({ detail }) => visit.errors.push(detail.code))
  stream.addEventListener('count', ({ data }) => {
    visit.events.push(data)
    if (data === 'first') setTimeout(leave)
    if (data === 'last') fetch('/visit', { method: 'POST', body: JSON.stringify(visit) })
  })
  async function leave() {
    while (document.readyState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 1))
    location.href = '/other'
  }
  addEventListener('pagehide', () => {
    sessionStorage.lastEventId = stream.lastEventId
    sessionStorage.events = JSON.stringify(visit.events)
  })
  addEventListener('pageshow', ({ persisted }) => {
    visit.restored = persisted
    visit.notRestoredReasons = performance.getEntriesByType('navigation')[0].notRestoredReasons
  })
</script>`

// Back in a task of its own: while the page loads, its own entry in the history may not be there yet.
const otherPage = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  await fetch('/away')
  while (document.readyState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 1))
  setTimeout(() => history.back())
</script>`

// Stays, and closes its connection while it is hidden.
const hiddenPage = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { EventStream } from '/client.js'
  globalThis.visit = { events: [], errors: [] }
  globalThis.stream = new EventStream('/stream', { closeWhenHidden: 50 })
  stream.addEventListener('error', ({ detail }) => visit.errors.push(detail.code))
  stream.addEventListener('count', ({ data }) => visit.events.push(data))
</script>`

type Route = (request: IncomingMessage, response: ServerResponse) => unknown

const html =
  (text: string): Route =>
  (_, response) =>
    response.setHeader('Content-Type', 'text/html').end(text)

export class VisitServer {
  readonly #live = sse({ retry: 60_000 })
  readonly #requested: string[] = []
  readonly #server = createServer((request, response) => {
    const route = this.#routes[request.url ?? '/']
    if (route) void route(request, response)
    else response.writeHead(404).end()
  })
  #gone: Promise<unknown> | undefined
  #tell: (visit: Visit) => void = () => {}
  /** Settles once a page has seen the last event. */
  readonly visit = new Promise<Visit>((resolve) => (this.#tell = resolve))

  readonly #routes: Record<string, Route> = {
    '/': html(followingPage),
    '/other': html(otherPage),
    '/hidden': html(hiddenPage),
    '/client.js': (_, response) => response.setHeader('Content-Type', 'text/javascript').end(client),
    '/stream': (request, response) =>
      this.#live(request, response, () => {
        this.#gone = once(response, 'close')
        const { sse: connection } = response as typeof response & { sse: Connection }
        connection.subscribe('count')
        this.#requested.push(connection.lastEventId)
        void this.#publish(this.#requested.length === 1 ? 'first' : 'last')
      }),
    '/away': async (_, response) => {
      await this.away()
      response.end()
    },
    '/visit': async (request, response) => {
      let body = ''
      for await (const chunk of request) body += String(chunk)
      response.end()
      this.#tell({ ...(JSON.parse(body) as Visit), requested: this.#requested })
    },
  }

  async start(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
    afterTest(() => {
      this.#server.closeAllConnections()
      this.#server.close()
    })
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Publishes two events as soon as the connection is closed. */
  async away(): Promise<void> {
    await this.#gone
    for (const data of ['missed 1', 'missed 2']) await this.#publish(data)
  }

  #publish(data: string): Promise<string> {
    return this.#live.channel('count').publish({ event: 'count', data })
  }
}
