import { listen } from './listen.js'
import { Subscribers } from './subscribers.js'

/**
 * The least that Node can do: a turn's events are joined and framed once for each channel, and one shared Buffer goes to
 * every socket, past `res.write`. No IDs, no history, no back-pressure, nobody who leaves is noticed in time: not a way to
 * serve streams, but what is left of anyone's figure above it is that one's own.
 */
export async function start({ tls, keepAlive }) {
  const subscribers = new Subscribers()
  const pending = new Map()
  if (keepAlive) setInterval(() => subscribers.writeToAll('2\r\n:\n\r\n'), keepAlive)
  const server = await listen((req, res) => {
    const channels = new URL(req.url, 'http://localhost').searchParams.get('channels').split(',')
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    res.flushHeaders()
    subscribers.add(channels, res.socket)
    res.on('close', () => subscribers.remove(channels, res.socket))
  }, tls)
  const flush = () => {
    for (const [channel, text] of pending) {
      const chunk = Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`, 'latin1')
      for (const socket of subscribers.of(channel)) socket.write(chunk)
    }
    pending.clear()
  }
  return {
    ...server,
    publish(channel, message) {
      if (pending.size === 0) setImmediate(flush)
      pending.set(channel, `${pending.get(channel) ?? ''}data: ${JSON.stringify(message)}\n\n`)
    },
  }
}
