import { get, type ServerResponse } from 'node:http'
import { on, once } from 'node:events'
import { sse, type Connection, type Message, type SseResponse } from '../src/index.js'
import { openBothSides, openSubscribed } from './helpers/both-sides.js'
import { openStream } from './helpers/open-stream.js'
import { openRawSocket } from './helpers/raw-socket.js'
import { bareHttp, servers, startServer } from './helpers/servers.js'
import { MORE_THAN_SOCKETS_HOLD } from './helpers/system-buffers.js'
import { until } from './helpers/until.js'

const REQUEST = ['GET / HTTP/1.1', 'Host: a', 'Accept: text/event-stream', '', '']

describe.each(servers)('a connection on $name', (kind) => {
  it('sends messages and comments in the order of the calls', async () => {
    const { connection, stream } = await openBothSides({ kind })
    expect(connection.send({ event: 'a', data: { n: 1 } })).toBe(true)
    expect(connection.comment('two\nlines')).toBe(true)
    expect(connection.send({ data: 'x\r\ny', id: '7' })).toBe(true)
    expect(await stream.next()).toEqual({ event: 'a', data: '{"n":1}', id: undefined })
    expect(await stream.next()).toEqual({ event: undefined, data: 'x\ny', id: '7' })
    expect(stream.comments).toEqual(['two', 'lines'])
  })

  it('is destroyed when send() leaves more unsent than maxBufferedBytes', async () => {
    const { live, connection, stream } = await openBothSides({ kind, sseOptions: { maxBufferedBytes: 1000 } })
    let sent = 0
    // The client is in this process, so it reads nothing until the loop is over.
    while (sent < MORE_THAN_SOCKETS_HOLD && connection.send({ data: 'x'.repeat(100_000) })) sent += 100_000
    expect(sent).toBeLessThan(MORE_THAN_SOCKETS_HOLD)
    expect(connection.closed).toBe(true)
    expect(live.registry.stats()).toMatchObject({ connections: 0, closed: { overflow: 1 } })
    await stream.ended
  })

  it('ends the response when the server closes it', async () => {
    const { live, connection, stream } = await openBothSides({ kind })
    connection.send({ data: 'last' })
    connection.close()
    expect(connection.closed).toBe(true)
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['last'])
    await until(() => live.registry.stats().closed.server === 1)
  })

  it('ignores all calls after the client has left, without an error', async () => {
    const { live, connection, stream } = await openBothSides({ kind })
    stream.close()
    await once(connection.signal, 'abort')
    expect(connection.closed).toBe(true)
    expect(connection.send({ data: 'x' })).toBe(false)
    expect(connection.comment('x')).toBe(false)
    expect(connection.open()).toBe(false)
    expect(await connection.sendAll([{ data: 'x' }])).toBe(false)
    expect(() => connection.subscribe('a')()).not.toThrow()
    expect(() => connection.close()).not.toThrow()
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0, closed: { client: 1, server: 0 } })
  })

  it('throws no error on writes while the client is leaving', async () => {
    const errors: Error[] = []
    const sseOptions = { registry: { onError: (error: Error) => void errors.push(error) } }
    const { live, connection, stream } = await openBothSides({ kind, sseOptions })
    stream.close()
    while (connection.send({ data: 'x'.repeat(100) })) await new Promise(setImmediate)
    await until(() => live.registry.stats().connections === 0)
    expect(errors).toEqual([])
  })

  it('sends all of an iterable at the pace of the client', async () => {
    const { connection, stream } = await openBothSides({ kind })
    const messages = Array.from({ length: 500 }, (_, i) => ({ data: `${i}` }))
    expect(await connection.sendAll(messages)).toBe(true)
    await stream.waitForData('499')
    expect(stream.data).toEqual(messages.map(({ data }) => data))
  })

  it('can be ended by the handler with res.end()', async () => {
    const live = sse()
    const server = await startServer(kind, live, (_req, res) => {
      res.sse?.subscribe('a')
      res.sse?.send({ data: 'only' })
      res.end()
    })
    const stream = await openStream(server)
    expect(await stream.ended).toBe('ended')
    expect(stream.data).toEqual(['only'])
    await until(() => live.registry.stats().closed.server === 1)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })
})

describe('the end of a connection', () => {
  it.each([
    ['the client', 'client', (_: Connection, leave: () => void) => leave()],
    ['the server', 'server', (connection: Connection) => connection.close()],
  ] as const)('by %s calls close listeners once, with the reason', async (_name, reason, end) => {
    const { connection, stream } = await openBothSides()
    const reasons: string[] = []
    connection.on('close', (why) => void reasons.push(why))
    const takeBack = connection.on('close', () => void reasons.push('taken back'))
    takeBack()
    const { signal } = connection
    end(connection, () => stream.close())
    await until(() => signal.aborted)
    connection.close()
    await stream.ended
    expect(reasons).toEqual([reason])
    expect(signal.reason).toMatchObject({ name: 'AbortError' })
  })

  it('calls a close listener that is added afterwards', async () => {
    const { connection } = await openBothSides()
    connection.close()
    expect(await new Promise((resolve) => connection.on('close', resolve))).toBe('server')
    expect(connection.signal.aborted).toBe(true)
  })

  it('calls the other close listeners when one throws, and reports the error', async () => {
    const errors: Error[] = []
    const sseOptions = { registry: { onError: (error: Error) => void errors.push(error) } }
    const { live, connection } = await openBothSides({ sseOptions })
    const called: string[] = []
    connection.on('close', () => {
      throw new Error('from a listener')
    })
    connection.on('close', () => void called.push('second'))
    connection.close()
    await until(() => live.registry.stats().connections === 0)
    expect(called).toEqual(['second'])
    expect(errors).toMatchObject([{ message: 'from a listener' }])
  })

  it('aborts the signal of the connection', async () => {
    const { connection, stream } = await openBothSides()
    const ticks = on(process, 'never', { signal: connection.signal })
    stream.close()
    await expect(ticks.next()).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('an invalid message', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  it.each([
    ['a line feed in event', { event: 'a\nb' }, 'ERR_SSE_MESSAGE'],
    ['a lone carriage return in event', { event: 'a\rdata: evil' }, 'ERR_SSE_MESSAGE'],
    ['a NUL in id', { id: 'a\0', data: '' }, 'ERR_SSE_MESSAGE'],
    ['a reserved event type', { event: 'sse-gap', data: '' }, 'ERR_SSE_MESSAGE'],
    ['a negative retry', { retry: -1 }, 'ERR_SSE_MESSAGE'],
    ['a fractional retry', { retry: 1.5 }, 'ERR_SSE_MESSAGE'],
    ['no field', {}, 'ERR_SSE_MESSAGE'],
    ['circular data', { data: circular }, 'ERR_SSE_DATA'],
    ['a BigInt', { data: 1n }, 'ERR_SSE_DATA'],
    ['a function', { data: () => 1 }, 'ERR_SSE_DATA'],
    ['a toJSON that throws', { data: { toJSON: () => JSON.parse('{') as unknown } }, 'ERR_SSE_DATA'],
  ] as [string, Message, string][])('with %s is thrown at the caller and not sent', async (_name, message, code) => {
    const { live, connection, stream } = await openSubscribed('a')
    const before = stream.raw
    expect(() => connection.send(message)).toThrow(expect.objectContaining({ name: 'SseError', code }) as Error)
    await expect(live.channel('a').publish(message)).rejects.toMatchObject({ name: 'SseError', code })
    connection.send({ data: 'next' })
    await stream.waitForData('next')
    expect(stream.raw).toBe(`${before}data: next\n\n`)
    expect(live.registry.stats()).toMatchObject({ published: 0, events: 0 })
  })

  it('leaves the response unopened, so that the app can answer an error', async () => {
    const server = await startServer(bareHttp, sse(), (_req, res, next) => {
      for (const act of [() => res.sse?.send({ event: 'a\n' }), () => res.sse?.subscribe('')]) {
        expect(act).toThrow(expect.objectContaining({ name: 'SseError' }) as Error)
        expect(res.headersSent).toBe(false)
      }
      next(new Error('refused'))
    })
    const answer = await openStream(server)
    await answer.ended
    expect([answer.status, answer.raw]).toEqual([500, 'refused'])
  })
})

describe('sendAll()', () => {
  it('accepts an async iterable', async () => {
    const { connection, stream } = await openBothSides()
    async function* count(): AsyncGenerator<Message> {
      for (let i = 0; i < 3; i++) {
        await new Promise(setImmediate)
        yield { data: `${i}` }
      }
    }
    expect(await connection.sendAll(count())).toBe(true)
    await stream.waitForData('2')
    expect(stream.data).toEqual(['0', '1', '2'])
  })

  it('rejects with the error of the iterable, and the connection stays open', async () => {
    const { connection, stream } = await openBothSides()
    function* broken(): Generator<Message> {
      yield { data: '1' }
      throw new Error('from the iterable')
    }
    await expect(connection.sendAll(broken())).rejects.toThrow('from the iterable')
    connection.send({ data: '2' })
    await stream.waitForData('2')
    expect(stream.data).toEqual(['1', '2'])
  })

  it('rejects at an invalid message, and closes the iterable', async () => {
    const { connection } = await openBothSides()
    let isClosed = false
    function* messages(): Generator<Message> {
      try {
        for (;;) yield { event: 'a\n' }
      } finally {
        isClosed = true
      }
    }
    await expect(connection.sendAll(messages())).rejects.toMatchObject({ code: 'ERR_SSE_MESSAGE' })
    expect(isClosed).toBe(true)
  })

  it('waits for the socket, so that memory stays bounded', async () => {
    const { connection, stream, server } = await openBothSides()
    stream.pause()
    const COUNT = 20
    let made = 0
    function* large(): Generator<Message> {
      for (; made < COUNT; made++) yield { data: 'x'.repeat(1_000_000) }
    }
    const sending = connection.sendAll(large())
    const [socket] = server.sockets
    await until(() => socket!.writableLength > 0)
    const before = made
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    expect(made).toBe(before)
    expect(made).toBeLessThan(COUNT)
    expect(socket!.writableLength).toBeLessThan(3_000_000)
    stream.resume()
    expect(await sending).toBe(true)
    await until(() => stream.data.length === COUNT)
  })

  it('resolves with false when the client leaves while sendAll waits for the socket', async () => {
    const { connection, stream, server } = await openBothSides()
    stream.pause()
    let isClosed = false
    function* endless(): Generator<Message> {
      try {
        for (;;) yield { data: 'x'.repeat(1_000_000) }
      } finally {
        isClosed = true
      }
    }
    const sending = connection.sendAll(endless())
    const [socket] = server.sockets
    await until(() => socket!.writableLength > 0)
    stream.close()
    expect(await sending).toBe(false)
    await until(() => isClosed)
  })

  it('resolves with false when the client leaves while sendAll waits for the iterable', async () => {
    const { connection, stream } = await openBothSides()
    async function* stuck(): AsyncGenerator<Message> {
      yield { data: '1' }
      await new Promise(() => {})
    }
    const sending = connection.sendAll(stuck())
    await stream.waitForData('1')
    stream.close()
    expect(await sending).toBe(false)
  })
})

describe('a client that leaves early', () => {
  it('gives the handler a closed connection if it leaves before the handler runs', async () => {
    const live = sse()
    const seen: Connection[] = []
    let proceed: (() => void) | undefined
    const server = await startServer(
      bareHttp,
      (_req, _res, next) => void (proceed = next),
      live,
      (_req, res) => {
        res.sse?.subscribe('a')
        seen.push(res.sse!)
      },
    )
    const socket = await openRawSocket(server.port, ...REQUEST)
    const [accepted] = await waitForSocket(server.sockets)
    await until(() => proceed !== undefined)
    socket.socket.destroy()
    await until(() => accepted!.destroyed)
    proceed?.()
    expect(seen).toMatchObject([{ closed: true }])
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('closes its connection if it leaves while an async handler is waiting', async () => {
    const live = sse()
    const seen: Connection[] = []
    const server = await startServer(bareHttp, live, async (_req, res) => {
      seen.push(res.sse!)
      await once(res.sse!.signal, 'abort')
      res.sse!.subscribe('a')
      expect(res.sse!.send({ data: 'x' })).toBe(false)
      seen.push(res.sse!)
    })
    const socket = await openRawSocket(server.port, ...REQUEST)
    await until(() => seen.length === 1)
    socket.socket.destroy()
    await until(() => seen.length === 2)
    expect(seen[1]!.closed).toBe(true)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('leaves nothing behind if it leaves right after subscribing', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (req, res) => {
      res.sse?.subscribe(['a', 'b'])
      req.socket.destroy()
      res.sse?.send({ data: 'x' })
    })
    await openRawSocket(server.port, ...REQUEST)
    await until(() => live.registry.stats().closed.client === 1)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('leaves nothing behind after 900 requests at once on one socket', async () => {
    // Node stops reading this socket, because so much is unsent. Only a write shows that it has closed.
    const live = sse({ keepAlive: 100 })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse?.subscribe('a'))
    const warnings: Error[] = []
    const warn = (warning: Error) => void warnings.push(warning)
    process.on('warning', warn)
    const socket = await openRawSocket(server.port, Array(900).fill(REQUEST.join('\r\n')).join(''))
    await until(() => live.registry.stats().connections === 900)
    await live.channel('a').publish({ data: 'goal' })
    await socket.waitFor((received) => received.includes('goal'))
    const [accepted] = server.sockets
    socket.socket.destroy()
    await until(() => live.registry.stats().connections === 0)
    expect(live.registry.stats()).toMatchObject({ stalled: 0, closed: { client: 900 } })
    expect(live.channel('a').subscribers).toBe(0)
    expect(accepted!.listenerCount('drain')).toBeLessThan(5)
    await new Promise(setImmediate)
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })
})

async function waitForSocket<T>(sockets: ReadonlySet<T>): Promise<T[]> {
  await until(() => sockets.size > 0)
  return [...sockets]
}

describe('a response', () => {
  it('over HTTP/1.1 is one valid chunk per batch, and then the last chunk', async () => {
    const { live, server, connection } = await openSubscribed('a')
    connection.close()
    const raw = await openRawSocket(server.port, ...REQUEST)
    await raw.waitFor((received) => received.includes('sse-ready'))
    await Promise.all(['1', 'zwei ⚽', '3'].map((data) => live.channel('a').publish({ data })))
    await raw.waitFor((received) => received.includes('data: 3'))
    await live.registry.close()
    const received = await raw.closed()
    const [head = '', body = ''] = received.split(/\r\n\r\n(.*)/s)
    expect(head).toMatch(/Transfer-Encoding: chunked/i)
    const chunks = readChunks(body)
    expect(chunks.at(-1)).toBe('')
    const batch = chunks.find((chunk) => chunk.includes('data: 1'))!
    expect(Buffer.from(batch, 'latin1').toString()).toMatch(
      /^data: 1\nid: \S+\n\ndata: zwei ⚽\nid: \S+\n\ndata: 3\nid: \S+\n\n$/,
    )
  })

  it('is readable by the client of Node and includes events published right before its end', async () => {
    const { live, server } = await openSubscribed('a')
    const request = get({ port: server.port, host: '127.0.0.1', headers: { accept: 'text/event-stream' } })
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { complete: boolean }]
    response.setEncoding('utf8')
    await live.channel('a').publish({ data: 'goal' })
    const closing = live.close()
    let text = ''
    for await (const part of response) text += String(part)
    await closing
    expect(text).toContain('data: goal\n')
    expect(response.complete).toBe(true)
  })

  it('ends with its last chunk when a filter closes the connection in the middle of a batch', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => {
      res.sse?.subscribe('a', { filter: ({ data }) => data !== '2' || res.sse?.close() === undefined })
    })
    const raw = await openRawSocket(server.port, ...REQUEST)
    await raw.waitFor((received) => received.includes('sse-ready'))
    for (const data of ['1', '2', '3']) void live.channel('a').publish({ data })
    await raw.waitFor((received) => received.includes('0\r\n\r\n'))
    raw.socket.write(REQUEST.join('\r\n'))
    const [, , next] = (await raw.waitFor((received) => received.split('sse-ready').length > 2)).split(/(0\r\n\r\n)/)
    expect(next).toMatch(/^HTTP/)
  })

  it('over HTTP/1.0 is not chunked', async () => {
    const { live, server } = await openSubscribed('a')
    const raw = await openRawSocket(server.port, 'GET / HTTP/1.0', 'Accept: text/event-stream', '', '')
    await raw.waitFor((received) => received.includes('sse-ready'))
    await live.channel('a').publish({ data: 'goal' })
    await raw.waitFor((received) => received.includes('goal'))
    await live.close()
    const received = await raw.closed()
    const [head = '', body = ''] = received.split(/\r\n\r\n(.*)/s)
    expect(head).not.toMatch(/Transfer-Encoding/i)
    expect(body).toMatch(
      /^retry: \d+\nevent: sse-open\n\nevent: sse-ready\ndata: \{.*\}\nid: \S+\n\ndata: goal\nid: \S+\n\nretry: \d+\n$/,
    )
  })
})

describe('a connection', () => {
  it('ends sendAll when the app ends the response of a client that does not read', async () => {
    const live = sse()
    const answers: ServerResponse[] = []
    const server = await startServer(bareHttp, live, (_req, res) => {
      answers.push(res)
      res.sse?.open()
    })
    const stream = await openStream(server)
    stream.pause()
    const [res] = answers as (ServerResponse & SseResponse)[]
    const connection = res!.sse!
    connection.send({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
    let taken = 0
    function* endless() {
      for (;;) yield { data: `${++taken}` }
    }
    const sending = connection.sendAll(endless())
    res!.end()
    expect(await sending).toBe(false)
    expect(taken).toBeLessThan(10)
  })

  it('keeps sending through a wrapped write that returns undefined', async () => {
    const live = sse()
    const logged: unknown[] = []
    const server = await startServer(
      bareHttp,
      (_req, res, next) => {
        const write = res.write.bind(res) as (chunk: unknown) => boolean
        res.write = ((chunk: unknown) => {
          logged.push(chunk)
          write(chunk)
        }) as unknown as typeof res.write
        next()
      },
      live,
      (_req, res) => res.sse?.subscribe('a'),
    )
    const stream = await openStream(server)
    await stream.waitFor(({ event }) => event === 'sse-ready')
    await live.channel('a').publish({ data: 'goal' })
    await stream.waitForData('goal')
    expect(logged.length).toBeGreaterThan(1)
    expect(live.registry.stats().stalled).toBe(0)
  })

  it('refuses invalid options of subscribe before anything is written', async () => {
    const errors: unknown[] = []
    const wrong = [{ from: 'begining' }, { filter: 'x' }, null, { form: 'now' }]
    const live = sse()
    const server = await startServer(bareHttp, live, (_req, res) => {
      for (const options of wrong) {
        try {
          res.sse?.subscribe('a', options as never)
        } catch (error) {
          errors.push(error)
        }
      }
      res.statusCode = 403
      res.end()
    })
    expect((await openStream(server)).status).toBe(403)
    expect(errors).toMatchObject(wrong.map(() => ({ code: 'ERR_SSE_OPTION' })))
  })

  it('writes nothing after the handler has ended the response', async () => {
    const live = sse()
    const server = await startServer(bareHttp, live, (req, res) => {
      if (req.headers.accept === 'text/plain') return void res.end('next')
      res.sse?.send({ data: 'before' })
      setImmediate(() => {
        res.end()
        expect(res.sse?.send({ data: 'after' })).toBe(false)
      })
    })
    const client = await openRawSocket(server.port, ...REQUEST)
    await client.waitFor((received) => received.endsWith('\r\n0\r\n\r\n'))
    const stream = client.received
    expect(stream).toContain('before')
    expect(stream).not.toContain('after')
    client.write('GET / HTTP/1.1', 'Host: a', 'Accept: text/plain', 'Connection: close', '', '')
    expect((await client.closed()).slice(stream.length)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\nnext$/)
  })

  it('is closed when the handler ends it, also if the client has half-closed and reads nothing', async () => {
    const { connection, res, server, client } = await openUnread()
    const errors: unknown[] = []
    server.server.on('clientError', (error) => errors.push(error))
    client.socket.end()
    await until(() => !res.socket!.writable)
    connection.send({ data: 'dropped' })
    res.end()
    expect(connection.closed).toBe(true)
    expect(connection.send({ data: 'after' })).toBe(false)
    client.socket.resume()
    await client.closed()
    expect(client.received).not.toContain('dropped')
    expect(errors).toEqual([])
  })

  it('may ask clients to reconnect at once', async () => {
    const { stream } = await openBothSides({ sseOptions: { retry: 0 } })
    await stream.waitForRaw((raw) => raw.includes('sse-open'))
    expect(stream.retries).toEqual([0])
  })
})

/** A stream whose client reads nothing, so that its socket is full. */
async function openUnread() {
  let res: (ServerResponse & SseResponse) | undefined
  const live = sse()
  const server = await startServer(bareHttp, live, (_req, response) => {
    res = response
    response.sse?.open()
  })
  const client = await openRawSocket(server.port, ...REQUEST)
  client.socket.pause()
  await until(() => res !== undefined)
  const connection = res!.sse!
  while (live.registry.stats().stalled === 0) {
    connection.send({ data: 'x'.repeat(500_000) })
    await new Promise(setImmediate)
  }
  return { connection, res: res!, server, client }
}

/** The chunks of a chunked body. Throws if the body is invalid. */
function readChunks(body: string): string[] {
  const chunks: string[] = []
  for (let rest = body; rest !== '';) {
    const [line = '', size = ''] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? []
    const length = parseInt(size, 16)
    const chunk = rest.slice(line.length, line.length + length)
    if (!rest.startsWith('\r\n', line.length + length)) throw new Error(`no chunk: ${JSON.stringify(rest)}`)
    chunks.push(chunk)
    rest = rest.slice(line.length + length + 2)
  }
  return chunks
}
