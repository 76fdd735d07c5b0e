import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import inject from 'light-my-request'
import { createRequest, createResponse } from 'node-mocks-http'
import { sse, SseError, type SseResponse } from '../../src/index.js'

const headers = { accept: 'text/event-stream' }

describe('light-my-request', () => {
  const live = sse({ retry: false })
  const dispatch = (handler: (res: ServerResponse & SseResponse) => void) =>
    ((req: IncomingMessage, res: ServerResponse & SseResponse) => {
      live(req, res, () => (res.sse === undefined ? res.end('other') : handler(res)))
    }) as Parameters<typeof inject>[0]

  it('gets a stream that its handler ends', async () => {
    const answer = await inject(
      dispatch(({ sse }) => {
        sse?.subscribe('a')
        sse?.send({ data: 'x' })
        sse?.close()
      }),
      { url: '/', headers },
    )
    expect(answer.headers).toMatchObject({ 'content-type': 'text/event-stream', vary: 'Accept' })
    expect(answer.payload).toMatch(/^event: sse-open\n\nevent: sse-ready\n(.+\n)+\ndata: x\n\n$/)
  })

  it('gets a stream that the registry ends', async () => {
    const other = sse({ retry: false })
    const answer = await inject(
      (req: IncomingMessage, res: ServerResponse & SseResponse) => {
        other(req, res, () => {
          res.sse?.send({ data: 'x' })
          void other.close()
        })
      },
      { url: '/', headers },
    )
    expect(answer.payload).toBe('event: sse-open\n\ndata: x\n\n')
  })

  it('gets any other answer untouched', async () => {
    const answer = await inject(
      dispatch(() => undefined),
      { url: '/' },
    )
    expect([answer.statusCode, answer.payload, answer.headers.vary]).toEqual([200, 'other', 'Accept'])
  })
})

describe('node-mocks-http', () => {
  const ask = (accept: string) => {
    const [req, res] = [createRequest({ headers: { accept } }), createResponse({ eventEmitter: EventEmitter })]
    const next = jest.fn()
    sse()(req as never, res as never, next)
    return { res: res as typeof res & SseResponse, next }
  }

  it('is told what its response lacks for a stream', () => {
    const { res, next } = ask('text/event-stream')
    const [error] = next.mock.calls[0] as [unknown]
    expect(error).toBeInstanceOf(SseError)
    expect(error).toMatchObject({
      code: 'ERR_SSE_RESPONSE',
      message: 'sse(): a stream needs a real response; this one lacks req, flushHeaders. Use a real server in the test',
    })
    expect(res.sse).toBeUndefined()
  })

  it('gets any other request passed on', () => {
    const { res, next } = ask('application/json')
    expect(next.mock.calls).toEqual([[]])
    expect(res.getHeader('Vary')).toBe('Accept')
  })
})
