import fastifySSE from '@fastify/sse'
import createFastify from 'fastify'
import { served } from './listen.js'
import { Subscribers } from './subscribers.js'

/** @fastify/sse has streams but no channels: a loop of `send` over the replies of a channel. */
export async function start({ tls, keepAlive, replay }) {
  const subscribers = new Subscribers()
  const history = []
  const app = createFastify(tls && { https: { key: tls.key, cert: tls.cert } })
  await app.register(fastifySSE, keepAlive && { heartbeatInterval: keepAlive })
  app.get('/stream', { sse: 'only' }, async (request, reply) => {
    const channels = request.query.channels.split(',')
    reply.sse.keepAlive()
    await reply.sse.send({ data: 'connected' }) // as in its README: without a first message not even the head goes out
    await reply.sse.replay(async (lastEventId) => {
      const after = history.findIndex(({ id }) => id === lastEventId) + 1
      for (const message of history.slice(after)) await reply.sse.send(message)
    })
    subscribers.add(channels, reply.sse)
    reply.sse.onClose(() => subscribers.remove(channels, reply.sse))
  })
  await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
  return {
    ...served(app.server),
    publish(channel, data) {
      const message = replay ? { id: String(history.length + 1), data } : { data }
      if (replay) history.push(message)
      for (const sse of subscribers.of(channel)) void sse.send(message)
    },
  }
}
