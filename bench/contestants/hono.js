import { createServer as createTls } from 'node:https'
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { served } from './listen.js'
import { Subscribers } from './subscribers.js'

/** hono has streams but no channels: a loop of `writeSSE` over the streams of a channel, encoded to JSON once. */
export async function start({ tls }) {
  const subscribers = new Subscribers()
  const app = new Hono()
  app.get('/stream', (c) => {
    const channels = c.req.query('channels').split(',')
    return streamSSE(c, async (stream) => {
      subscribers.add(channels, stream)
      await new Promise((resolve) => stream.onAbort(resolve))
      subscribers.remove(channels, stream)
    })
  })
  const secure = tls && { createServer: createTls, serverOptions: { key: tls.key, cert: tls.cert } }
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', ...secure })
  if (!server.listening) await once(server, 'listening')
  return {
    ...served(server),
    publish(channel, message) {
      const data = JSON.stringify(message)
      for (const stream of subscribers.of(channel)) void stream.writeSSE({ data })
    },
  }
}
