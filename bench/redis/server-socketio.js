// A server with Socket.IO and its adapter for Redis Streams. Arguments: URL of Redis, name of the stream.
import { createServer } from 'node:http'
import { createAdapter } from '@socket.io/redis-streams-adapter'
import { createClient } from 'redis'
import { Server } from 'socket.io'
import { cpu, memory, now, paced, serve } from './process.js'

const [, , url, streamName] = process.argv
const client = createClient({ url })
await client.connect()
const server = createServer()
const io = new Server(server, {
  adapter: createAdapter(client, { streamName, maxLen: 200_000 }),
  transports: ['websocket'],
})
const padding = 'x'.repeat(60)

serve({
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
  cpu,
  memory,
  paced: (pace) => paced(pace, (number) => void io.emit('e', { number, at: now(), padding })),
  close: () => undefined,
})
