// The option compress: who gets a compressed stream, with which head, and what is on the wire.
import compression from 'compression'
import { sse, type Connection, type SseOptions } from '../src/index.js'
import { openStream, type OpenStreamOptions } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, express5, servers, startServer, type ServerKind } from './helpers/servers.js'
import { until } from './helpers/until.js'

const gzip = { 'accept-encoding': 'gzip' }

async function start(options: SseOptions = {}, kind: ServerKind = bareHttp) {
  const live = sse({ compress: true, ...options })
  const connections: Connection[] = []
  const server = await startServer(kind, live, (_req, res, next) => {
    const { sse: connection } = res
    if (connection === undefined) {
      next()
      return
    }
    connections.push(connection)
    connection.subscribe('a')
  })
  const open = async (options: OpenStreamOptions = {}) => {
    const stream = await openStream(server, { ...options, headers: { ...gzip, ...options.headers } })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    return stream
  }
  return { live, server, open, connections }
}

describe.each(servers)('a compressed stream on $name', (kind) => {
  it('has the same events as a plain one, and fewer bytes', async () => {
    const { live, server, open } = await start({}, kind)
    const streams = await Promise.all(Array.from({ length: 5 }, () => open()))
    const plain = await openStream(server)
    for (let n = 0; n < 100; n++) {
      await live.channel('a').publish({ event: 'score', data: { home: n, away: 1, name: 'Brasil – Deutschland' } })
    }
    for (const stream of [...streams, plain]) await stream.waitFor(({ data }) => data.includes('"home":99'))
    for (const stream of streams) {
      expect(stream.headers).toMatchObject({
        'content-encoding': 'gzip',
        'cache-control': 'no-cache, no-transform',
        vary: 'Accept, Accept-Encoding',
      })
      expect(stream.data).toEqual(plain.data)
    }
    expect(plain.headers['content-encoding']).toBeUndefined()
    const { sentBytes, delivered } = live.registry.stats()
    expect(delivered).toBe(600)
    expect(sentBytes).toBeLessThan(2.5 * plain.raw.length)
  })

  it('resumes after a connection that was cut, also after messages to one client', async () => {
    const { live, open, connections } = await start({}, kind)
    const stream = await open()
    for (const data of ['1', '2']) await live.channel('a').publish({ data })
    connections[0]!.send({ event: 'hello', data: 'you' })
    await live.channel('a').publish({ data: '3' })
    await stream.waitForData('3')
    expect(stream.data).toEqual(['1', '2', 'you', '3'])
    stream.close()
    await live.channel('a').publish({ data: '4' })
    const again = await open({ headers: { 'last-event-id': stream.lastEventId } })
    await live.channel('a').publish({ data: '5' })
    await again.waitForData('5')
    expect(again.data).toEqual(['4', '5'])
  })
})

describe('Accept-Encoding', () => {
  it.each([
    ['gzip', true],
    ['GZIP;q=0.5, br', true],
    ['br, gzip, deflate', true],
    ['*', true],
    ['gzip;q=0', false],
    ['identity, gzip;q=0.5', false],
    ['br', false],
    ['', false],
    [';;,=', false],
    ['gzi', false],
    ['x-gzip-not', false],
  ])('%j', async (encoding, isCompressed) => {
    const { open } = await start()
    const { headers } = await open({ headers: { 'accept-encoding': encoding } })
    expect(headers['content-encoding']).toBe(isCompressed ? 'gzip' : undefined)
    expect(headers.vary).toBe('Accept, Accept-Encoding')
  })

  it('does not matter without the option, nor does Vary name it', async () => {
    const { open } = await start({ compress: false })
    const { headers } = await open()
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, 'Accept'])
  })
})

describe.each([bareHttp, bareHttp2])('with compress on $name', (kind) => {
  it('HEAD has the same headers', async () => {
    const { server } = await start({}, kind)
    const { headers } = await openStream(server, { method: 'HEAD', headers: gzip })
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' })
  })

  it('a shed request gets a plain stream, which ends', async () => {
    const { server } = await start({ maxConnections: 0 }, kind)
    const shed = await openStream(server, { headers: gzip })
    expect(await shed.ended).toBe('ended')
    expect(shed.headers['content-encoding']).toBeUndefined()
    expect(shed.raw).toMatch(/^retry: \d+\n$/)
  })

  it('other answers of the route are as they were, with Vary', async () => {
    const live = sse({ compress: true })
    const server = await startServer(kind, live, (_req, res) => void res.end('not a stream'))
    const answer = await openStream(server, { headers: { ...gzip, accept: 'text/plain' } })
    expect(await answer.ended).toBe('ended')
    expect([answer.raw, answer.headers.vary]).toEqual(['not a stream', 'Accept, Accept-Encoding'])
  })

  it('the end of a stream is compressed too, and its time of reconnection', async () => {
    const { open, connections, live } = await start({}, kind)
    const [finished, drained] = [await open(), await open()]
    connections[0]!.finish()
    expect(await finished.ended).toBe('ended')
    expect(finished.events.at(-1)?.event).toBe('sse-end')
    await live.registry.drain({ window: 0 })
    expect(await drained.ended).toBe('ended')
    expect(drained.raw).toMatch(/retry: \d+\n\n?$/)
  })

  it('a keep-alive takes at most eight bytes', async () => {
    const { open, live } = await start({ keepAlive: 40 }, kind)
    const stream = await open()
    const before = live.registry.stats().sentBytes
    await until(() => stream.comments.length >= 3)
    const after = live.registry.stats().sentBytes
    // The framing of HTTP/1.1 adds five.
    expect((after - before) / (stream.comments.length + 1)).toBeLessThanOrEqual(8 + 5)
  })
})

describe('with compress', () => {
  it.each(['before', 'after'])('compression() of a middleware %s it steps aside', async (place) => {
    const live = sse({ compress: true })
    const outer = compression({ threshold: 0 }) as unknown as typeof live
    const chain = place === 'before' ? [outer, live] : [live, outer]
    const server = await startServer(express5, ...chain, (_req, res) => res.sse!.subscribe('a'))
    const stream = await openStream(server, { headers: gzip })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    await live.channel('a').publish({ data: 'x' })
    await stream.waitForData('x')
    expect(stream.headers['content-encoding']).toBe('gzip')
  })

  it('an encoding that the app has set before is replaced, because the bytes are gzip', async () => {
    const live = sse({ compress: true, headers: { 'Content-Encoding': 'br' } })
    const server = await startServer(bareHttp, live, (_req, res) => res.sse!.subscribe('a'))
    const stream = await openStream(server, { headers: gzip })
    await stream.waitFor(({ event }) => event === 'sse-ready')
    expect(stream.headers['content-encoding']).toBe('gzip')
  })

  it('a client that was too slow gets the newest events, and shares blocks again', async () => {
    const { live, open } = await start()
    const slow = await open()
    const others = await Promise.all(Array.from({ length: 4 }, () => open()))
    slow.pause()
    const noise = () => Array.from({ length: 4000 }, () => Math.random().toString(36)).join('')
    await until(() => {
      void live.channel('a').publish({ data: noise(), key: 'k' })
      return live.registry.stats().stalled > 0
    })
    await live.channel('a').publish({ data: 'newest', key: 'k' })
    slow.resume()
    for (const stream of [slow, ...others]) await stream.waitForData('newest')
  })

  it.each([
    [{ level: 0 }, 'compress.level must be a whole number from 1 to 9; got 0'],
    [{ level: 10 }, 'compress.level must be a whole number from 1 to 9; got 10'],
    [{ window: 1000 }, 'compress.window must be a power of two from 512 to 32,768; got 1000'],
    [{ window: 65_536 }, 'compress.window must be a power of two from 512 to 32,768; got 65536'],
    [{ window: '4096' }, 'compress.window must be'],
    [{ window: 4096n }, 'compress.window must be'],
    [{ windw: 512 }, 'window'],
    ['gzip', 'compress must be true, false, or an object with level and window'],
  ])('%j is refused', (compress, message) => {
    expect(() => sse({ compress: compress as object })).toThrow(message)
  })

  it.each([{}, { level: 9 }, { window: 512 }, { level: 1, window: 32_768 }])('%j works', async (compress) => {
    const { live, open } = await start({ compress })
    const streams = await Promise.all(Array.from({ length: 4 }, () => open()))
    for (let n = 0; n < 200; n++) void live.channel('a').publish({ data: { n, name: 'Brazil – Germany' } })
    for (const stream of streams) await stream.waitFor(({ data }) => data.includes('"n":199'))
    expect(streams.map((stream) => stream.data.length)).toEqual([200, 200, 200, 200])
  })
})
