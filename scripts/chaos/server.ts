// One process of several: streams the channels that the query names, publishes what is posted.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { sse, type SseResponse } from 'express-sse-channels'
import { redisStore } from 'express-sse-channels/redis'

const [, , url = '', stream = ''] = process.argv
const live = sse({
  registry: { store: redisStore({ url, stream, publishTimeout: 3000 }), onError: () => undefined },
  retry: false,
})

const server = createServer((req, res) => {
  const { searchParams } = new URL(req.url ?? '', 'http://localhost')
  if (req.method === 'POST') {
    const { channel, data } = Object.fromEntries(searchParams)
    void text(req)
      .then(() => live.channel(channel ?? '').publish({ data }))
      .then(
        (id) => res.end(id),
        () => res.writeHead(503).end(),
      )
    return
  }
  live(req, res, () => {
    ;(res as SseResponse).sse?.subscribe(searchParams.getAll('channel'))
  })
})

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('disconnect', () => process.exit())
