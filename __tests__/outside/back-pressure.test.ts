import { setImmediate as turn } from 'node:timers/promises'
import type { SseMiddleware, SseOptions } from '../../src/index.js'
import { openSubscribed, type BothSides } from '../helpers/both-sides.js'
import { bareHttp, bareHttp2, bareHttps, type ServerKind } from '../helpers/servers.js'
import { MORE_THAN_SOCKETS_HOLD } from '../helpers/system-buffers.js'
import { until } from '../helpers/until.js'

const MIB = 1024 * 1024
const kinds = [bareHttp, bareHttps, bareHttp2]

/** A client that does not read, with full socket buffers. */
async function openStalled(kind: ServerKind, sseOptions: SseOptions = {}): Promise<BothSides> {
  const sides = await openSubscribed('a', { kind, sseOptions })
  sides.stream.pause()
  sides.connection.send({ event: 'filler', data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
  expect(sides.live.registry.stats().stalled).toBe(1)
  return sides
}

async function publishAll(live: SseMiddleware, messages: { data: string; key?: string }[]): Promise<void> {
  for (const message of messages) {
    await live.channel('a').publish(message)
    await turn()
  }
}

const numbered = (count: number, padding = '') => Array.from({ length: count }, (_, i) => ({ data: `${i}${padding}` }))
const dataOf = ({ stream }: BothSides) =>
  stream.appEvents.filter(({ event }) => event === undefined).map(({ data }) => data)

it('sends the latest event of every key again only once until a slow client has caught up', async () => {
  const { live, stream } = await openStalled(bareHttp, { registry: { history: { events: 3 }, bytes: 64 * MIB } })
  const padding = 'x'.repeat(MORE_THAN_SOCKETS_HOLD / 4)
  const keys = ['k', 'l', 'm', 'n', 'o', 'p', 'q', 'r']
  for (const key of keys) await live.channel('a').publish({ event: 'keyed', data: `${key}${padding}`, key })
  const before = numbered(10)
  await publishAll(live, before)
  stream.resume()
  await stream.waitFor(({ event }) => event === 'sse-gap')
  // It has not read the latest events yet, which are more than the sockets hold.
  stream.pause()
  await publishAll(live, numbered(10, ' during'))
  stream.resume()
  await stream.waitFor(({ event, data }) => event === 'sse-ready' && data.includes('"replayed":11'))
  const read = stream.events.slice(stream.events.findIndex(({ event }) => event === 'sse-gap'))
  const kinds = read.map(({ event, data }) => {
    if (event === 'sse-gap') return (JSON.parse(data) as { complete: boolean }).complete
    return event === 'keyed' ? data[0] : data
  })
  expect(kinds.slice(0, 9)).toEqual([true, ...keys])
  expect(kinds.slice(9, -1)).toEqual([false, '7 during', '8 during', '9 during'])
})

describe.each(kinds)('a client that does not read, on $name', (kind) => {
  it('takes bounded memory, gets a gap, and delays no other client', async () => {
    const sides = await openStalled(kind, { registry: { history: { events: 10, bytes: MIB } } })
    const { live, stream, another, server } = sides
    const { stream: other } = await another()
    await other.next()
    const [socket] = server.sockets
    const padding = 'x'.repeat(100_000)
    const before = socket!.writableLength
    for (const message of numbered(400, padding)) {
      await live.channel('a').publish(message)
      await other.waitForData(message.data)
      other.events.length = 0
      other.raw = ''
    }
    expect(socket!.writableLength).toBe(before)
    expect(live.registry.stats().bytes).toBeLessThan(2 * MIB)
    stream.resume()
    await stream.waitForData(`399${padding}`)
    const gap = await stream.waitFor(({ event }) => event === 'sse-gap')
    expect(JSON.parse(gap.data)).toEqual({ channels: ['a'], reason: 'slow', complete: true })
    const behindGap = stream.events.slice(stream.events.findLastIndex(({ event }) => event === 'sse-gap') + 1)
    const after = behindGap.filter(({ event }) => event === undefined)
    expect(after.map(({ data }) => parseInt(data))).toEqual(
      [390, 391, 392, 393, 394, 395, 396, 397, 398, 399].slice(-after.length),
    )
    expect(after.length).toBeGreaterThanOrEqual(9)
    expect(live.registry.stats().gaps.slow).toBe(1)
    await until(() => live.registry.stats().stalled === 0)
  })

  it('gets only the newest event of each key when it reads again', async () => {
    const sides = await openStalled(kind)
    const messages = numbered(300).map(({ data }) => ({ data, key: `key ${Number(data) % 3}` }))
    await publishAll(sides.live, [...messages, { data: 'last' }])
    sides.stream.resume()
    await sides.stream.waitForData('last')
    expect(dataOf(sides)).toEqual(['297', '298', '299', 'last'])
    expect(sides.live.registry.stats()).toMatchObject({ conflated: 297, gaps: { slow: 0 } })
  })

  it('gets every event without a key when it reads again within history', async () => {
    const sides = await openStalled(kind)
    await publishAll(sides.live, numbered(300))
    sides.stream.resume()
    await sides.stream.waitForData('299')
    expect(dataOf(sides)).toEqual(numbered(300).map(({ data }) => data))
    expect(sides.live.registry.stats().gaps.slow).toBe(0)
  })

  it('is destroyed if send() leaves more than maxBufferedBytes unsent', async () => {
    const { connection, live, stream } = await openStalled(kind, { maxBufferedBytes: MIB })
    let sent = 0
    while (connection.send({ data: 'x'.repeat(100_000) })) sent++
    expect(sent).toBeGreaterThan(5)
    expect(sent).toBeLessThan(MORE_THAN_SOCKETS_HOLD / 100_000)
    expect(connection.closed).toBe(true)
    expect(live.registry.stats()).toMatchObject({ connections: 0, closed: { overflow: 1 } })
    stream.resume()
    await stream.ended
  })

  it('is not destroyed for one message that is larger than maxBufferedBytes', async () => {
    const { connection, stream } = await openStalled(kind, { maxBufferedBytes: 1000 })
    expect(connection.closed).toBe(false)
    stream.resume()
    await stream.waitFor(({ data }) => data.length === MORE_THAN_SOCKETS_HOLD)
    expect(connection.send({ data: 'next' })).toBe(true)
    await stream.waitForData('next')
  })

  it('is not destroyed for a large event before a small message', async () => {
    const { live, connection, stream } = await openSubscribed('a', { kind, sseOptions: { maxBufferedBytes: 1000 } })
    stream.pause()
    void live.channel('a').publish({ data: 'x'.repeat(MORE_THAN_SOCKETS_HOLD) })
    expect(connection.send({ data: 'small' })).toBe(true)
    stream.resume()
    await stream.waitForData('small')
    expect(stream.data).toHaveLength(2)
  })

  it('is destroyed after stallTimeout without progress', async () => {
    const { live, stream, connection } = await openStalled(kind, { stallTimeout: 200 })
    const reasons: string[] = []
    connection.on('close', (reason) => void reasons.push(reason))
    await until(() => live.registry.stats().closed.stalled === 1)
    expect(reasons).toEqual(['stalled'])
    await until(() => live.registry.stats().stalled === 0)
    expect(live.registry.stats().connections).toBe(0)
    expect(live.channel('a').subscribers).toBe(0)
    stream.resume()
    await stream.ended
  })

  it('is kept while it makes progress, even on one huge event', async () => {
    const { live, stream, connection } = await openSubscribed('a', { kind, sseOptions: { stallTimeout: 700 } })
    const size = 64 * MIB
    stream.pause()
    connection.send({ data: 'x'.repeat(size) })
    const end = performance.now() + 1700
    while (performance.now() < end && !connection.closed) {
      await stream.readSome(384 * 1024)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(live.registry.stats()).toMatchObject({ connections: 1, stalled: 1, closed: { stalled: 0 } })
    expect(stream.raw.length).toBeLessThan(size)
  })
})

it('a blocked event loop does not count towards stallTimeout', async () => {
  const { live } = await openStalled(bareHttp, { stallTimeout: 400 })
  // Wait until the system’s buffers are full, so that there is no progress.
  await new Promise((resolve) => setTimeout(resolve, 100))
  const resumesAt = performance.now() + 1000
  while (performance.now() < resumesAt);
  // Wait for the check that was due while the event loop was blocked.
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(live.registry.stats().closed.stalled).toBe(0)
  await until(() => live.registry.stats().closed.stalled === 1)
})

it('a client that does not read gets no keep-alives', async () => {
  const { live, server } = await openStalled(bareHttp, { keepAlive: 50, stallTimeout: 400 })
  const [socket] = server.sockets
  const before = socket!.writableLength
  let highest = before
  await until(() => {
    highest = Math.max(highest, socket!.writableLength)
    return live.registry.stats().closed.stalled === 1
  })
  expect(highest).toBe(before)
})
