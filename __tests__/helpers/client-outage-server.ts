// A server of the package's own, in a process that can be killed: it counts up in a channel, and serves the page that
// follows the count with the browser's EventSource and with EventStream. Arguments: port, ms between two events, keepAlive, retry.
import { createServer } from 'node:http'
import { buildSync } from 'esbuild'
import { sse, type Connection } from '../../src/index.js'

const [port = 0, every = 100, keepAlive = 15_000, retry = 3000] = process.argv.slice(2).map(Number)
const live = sse({ keepAlive, retry })

const page = `<!doctype html><title>outages</title><script type="module">
  import { EventStream } from '/client.js'
  const follow = (source) => {
    const log = { source, events: [], gaps: [], errors: 0 }
    source.addEventListener('count', ({ data }) => log.events.push([Number(data), Date.now()]))
    source.addEventListener('sse-gap', ({ data }) => log.gaps.push(JSON.parse(data).reason))
    source.addEventListener('error', () => log.errors++)
    return log
  }
  let token = 'old'
  const renew = async ({ status }) => {
    if (status !== 401) return false
    token = await Promise.resolve('new')
    return true
  }
  const options = { keepAlive: ${keepAlive}, headers: () => ({ Authorization: token }), shouldReconnect: renew }
  window.logs = {
    EventSource: follow(new EventSource('/stream')),
    EventStream: follow(new EventStream('/stream', options)),
  }
</script>`

const client = buildSync({
  entryPoints: [`${import.meta.dirname}/../../src/client/index.ts`],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
}).outputFiles[0]?.text

const server = createServer((req, res) => {
  if (req.url === '/client.js') res.setHeader('Content-Type', 'text/javascript').end(client)
  else if (req.url !== '/stream') res.setHeader('Content-Type', 'text/html').end(page)
  else live(req, res, () => (res as typeof res & { sse?: Connection }).sse?.subscribe('count'))
})

server.listen(port, '127.0.0.1', () => {
  process.send?.(server.address())
  setInterval(() => {
    const now = Date.now()
    void live.channel('count').publish({ event: 'count', data: String(now) })
    process.send?.(now)
  }, every)
})
process.on('disconnect', () => process.exit())
