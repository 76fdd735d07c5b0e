// A server with this package on Redis. Arguments: URL of Redis, name of the stream.
import { createServer } from 'node:http'
import { sse } from '../../dist/index.mjs'
import { redisStore } from '../../dist/redis.mjs'
import { cpu, memory, now, paced, serve } from './process.js'

const [, , url, stream] = process.argv
const live = sse({
  registry: {
    store: redisStore({ url, stream, maxLength: 200_000 }),
    history: { events: Infinity, bytes: Infinity, age: Infinity },
    bytes: Infinity,
  },
})
const server = createServer((req, res) => live(req, res, () => res.sse.subscribe('bench', { from: 'now' })))
const padding = 'x'.repeat(60)
const publish = (number, key) =>
  live.channel('bench').publish({ event: 'e', data: { number, at: now(), padding }, ...(key && { key }) })

serve({
  listen: () => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port))),
  cpu,
  memory,
  stats: () => live.registry.stats(),
  paced: (pace) => paced(pace, (number) => void publish(number)),
  /** As many as go, `outstanding` of them at a time. */
  async flood({ seconds, outstanding, keys }) {
    const deadline = performance.now() + seconds * 1000
    let published = 0
    const one = async (worker) => {
      while (performance.now() < deadline) {
        await publish(published, keys && `${worker % keys}`)
        published++
      }
    }
    await Promise.all(Array.from({ length: outstanding }, (_, worker) => one(worker)))
    return published
  },
  async fill(count) {
    for (let at = 0; at < count; at += 10_000) {
      await Promise.all(Array.from({ length: 10_000 }, (_, i) => publish(at + i)))
    }
    while (live.registry.stats().events < count) await new Promise((resolve) => setTimeout(resolve, 10))
  },
  close: () => live.close(),
})
