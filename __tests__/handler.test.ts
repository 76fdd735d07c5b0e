import type { IncomingMessage } from 'node:http'
import { createRegistry, sse, type SseRequest } from '../src/index.js'
import { openStream } from './helpers/open-stream.js'
import { express5, servers, startServer, type Handler } from './helpers/servers.js'

const onlyJson = { headers: { accept: 'application/json' } }

describe.each(servers)('live.handler() on $name', (kind) => {
  it('passes the request, the response and the connection to the function', async () => {
    const live = sse({ registry: createRegistry<{ score: { home: number } }>() })
    const handler = live.handler((req: IncomingMessage & SseRequest, res, connection) => {
      res.setHeader('X-Last', req.lastEventId)
      connection.send({ event: 'score', data: { home: connection.registry === live.registry ? 1 : 0 } })
    })
    const server = await startServer(kind, handler)
    const stream = await openStream(server, { headers: { 'last-event-id': '7' } })
    expect(stream.headers['x-last']).toBe('7')
    expect((await stream.waitFor(({ event }) => event === 'score')).data).toBe('{"home":1}')
  })

  it('passes other requests to the next handler, or a 406 if fallthrough is off', async () => {
    let calls = 0
    const answer: Handler = (_req, res) => void res.end('{}')
    for (const [fallthrough, status] of [
      [true, 200],
      [false, 406],
    ] as const) {
      const server = await startServer(
        kind,
        sse({ fallthrough }).handler(() => calls++),
        answer,
      )
      const response = await openStream(server, onlyJson)
      await response.ended
      expect(response.status).toBe(status)
    }
    expect(calls).toBe(0)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects with', () => Promise.reject(new Error('no'))],
  ])('passes to next what the function %s', async (_, fn) => {
    const errors: unknown[] = []
    const handler = sse().handler(fn)
    const server = await startServer(kind, (req, res) => {
      handler(req, res, (error) => {
        errors.push(error)
        res.statusCode = 503
        res.end()
      })
    })
    const response = await openStream(server)
    await response.ended
    expect(response.status).toBe(503)
    expect(errors).toEqual([new Error('no')])
  })
})

it('live.handler() passes an error to next even if the function rejects without a reason', async () => {
  const handler = sse().handler(() => Promise.reject(undefined as unknown as Error))
  const server = await startServer(express5, handler)
  const response = await openStream(server)
  await response.ended
  expect(response.status).toBe(500)
})
