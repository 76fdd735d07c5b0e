import { listen } from './listen.js'
import { Subscribers } from './subscribers.js'

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' }

/**
 * What one writes without a package: a set of responses for each channel and a loop of `res.write`. The event is
 * encoded once. Events have an ID, and are kept, only where a scenario replays them.
 */
export async function start({ tls, keepAlive, replay }) {
  const streams = createStreams({ keepAlive, replay })
  const server = await listen((req, res) => {
    const channels = new URL(req.url, 'http://localhost').searchParams.get('channels').split(',')
    streams.open(channels, req, res)
  }, tls)
  return { ...server, publish: streams.publish }
}

/** The same by hand on bare `node:http` and on Express. */
export function createStreams({ keepAlive, replay }) {
  const subscribers = new Subscribers()
  const history = []
  if (keepAlive) setInterval(() => subscribers.writeToAll(':\n'), keepAlive)
  return {
    open(channels, req, res) {
      res.writeHead(200, HEAD)
      res.flushHeaders()
      const lastEventId = req.headers['last-event-id']
      if (lastEventId) for (const text of history.slice(Number(lastEventId))) res.write(text)
      subscribers.add(channels, res)
      res.on('close', () => subscribers.remove(channels, res))
    },
    publish(channel, message) {
      const data = `data: ${JSON.stringify(message)}\n\n`
      const text = replay ? `id: ${history.length + 1}\n${data}` : data
      if (replay) history.push(text)
      for (const res of subscribers.of(channel)) res.write(text)
    },
  }
}
