// The text of registry.metrics(): its values, its histograms, and its form.
import { createRegistry, sse, type SseOptions } from '../src/index.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, bareHttp2, startServer, type ServerKind } from './helpers/servers.js'
import { until } from './helpers/until.js'

async function start(options: SseOptions = {}, kind: ServerKind = bareHttp) {
  const live = sse(options)
  const server = await startServer(kind, live, (_req, res) => res.sse!.subscribe('a'))
  return { live, registry: live.registry, server }
}

/** The samples of a text, by name and labels. */
function samplesIn(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map((line) => [line.replace(/ [^ ]*$/, ''), Number(line.replace(/.* /, ''))]))
}

describe('metrics()', () => {
  it('has a help line, a type and a sample for each metric, and names none twice', () => {
    const text = createRegistry().metrics()
    const named = (line: string) =>
      text.split('\n').flatMap((each) => (each.startsWith(line) ? each.split(' ')[2] : []))
    expect(named('# HELP')).toEqual(named('# TYPE'))
    expect(new Set(named('# HELP')).size).toBe(named('# HELP').length)
    for (const name of named('# TYPE')) expect(Object.keys(samplesIn(text)).join('\n')).toContain(name)
    expect(text.endsWith('\n')).toBe(true)
    expect(Object.values(samplesIn(text)).every(Number.isFinite)).toBe(true)
  })

  it('has the counts of stats()', async () => {
    const { live, registry, server } = await start({ maxConnections: 1 })
    const stream = await openStream(server, { headers: { 'last-event-id': 'never given out' } })
    await stream.next()
    await (
      await openStream(server)
    ).ended
    for (const data of ['1', '2']) await live.channel('a').publish({ data, key: 'k' })
    await stream.waitForData('2')
    const { gaps, resumes, closed, ...counts } = registry.stats()
    const samples = samplesIn(registry.metrics())
    expect(samples).toMatchObject({
      sse_connections: counts.connections,
      sse_stalled_connections: counts.stalled,
      sse_channels: counts.channels,
      sse_log_events: counts.events,
      sse_log_bytes: counts.bytes,
      sse_published_events_total: 2,
      sse_delivered_events_total: counts.delivered,
      sse_sent_bytes_total: counts.sentBytes,
      sse_conflated_events_total: counts.conflated,
      sse_evicted_keys_total: counts.evictedKeys,
      sse_destroyed_connections_total: counts.destroyed,
      sse_shed_requests_total: 1,
      sse_store_up: 1,
      'sse_gaps_total{reason="unknown"}': gaps.unknown,
      'sse_resumes_total{outcome="unknown"}': resumes.unknown,
      'sse_closed_connections_total{reason="client"}': closed.client,
    })
    expect(gaps.unknown).toBe(1)
  })

  it('begins each name with the prefix', () => {
    const registry = createRegistry()
    expect(registry.metrics({ prefix: 'games_' })).toContain('\ngames_connections 0\n')
    expect(registry.metrics({ prefix: '' })).toContain('\nconnections 0\n')
    expect(() => registry.metrics({ prefix: 'a-b' })).toThrow('prefix must be letters, digits and underscores')
    expect(() => registry.metrics({ prefx: 'a' } as object)).toThrow('prefix')
  })
})

describe.each([bareHttp, bareHttp2])('metrics on $name', (kind) => {
  it('count the bytes that clients got, also of those who have left', async () => {
    const { live, registry, server } = await start({}, kind)
    const stream = await openStream(server)
    await stream.next()
    const before = registry.stats().sentBytes
    await live.channel('a').publish({ data: 'x'.repeat(1000) })
    await stream.waitForData('x'.repeat(1000))
    const { sentBytes } = registry.stats()
    expect(sentBytes - before).toBeGreaterThan(1000)
    expect(sentBytes - before).toBeLessThan(1100)
    stream.close()
    await until(() => registry.stats().connections === 0)
    expect(registry.stats().sentBytes).toBe(sentBytes)
  })

  it('measure how late live events are written, and not those of a replay', async () => {
    const { live, registry, server } = await start({}, kind)
    registry.metrics()
    await live.channel('a').publish({ data: 'before' })
    const stream = await openStream(server, { headers: { 'last-event-id': await registry.lastEventId() } })
    await stream.next()
    await live.channel('a').publish({ data: 'live' })
    await stream.waitForData('live')
    const again = await openStream(server, { headers: { 'last-event-id': stream.events[0]!.id! } })
    await again.waitForData('live')
    const samples = samplesIn(registry.metrics())
    expect(samples.sse_delivery_latency_seconds_count).toBe(1)
    expect(samples['sse_delivery_latency_seconds_bucket{le="+Inf"}']).toBe(1)
    expect(samples.sse_delivery_latency_seconds_sum).toBeGreaterThanOrEqual(0)
    expect(samples.sse_store_lag_seconds).toBeGreaterThanOrEqual(0)
  })

  it('measure how long connections were open, from the first call on', async () => {
    const { registry, server } = await start({}, kind)
    const closeOne = async (already: number) => {
      const stream = await openStream(server)
      await stream.next()
      stream.close()
      await until(() => registry.stats().closed.client === already + 1)
    }
    await closeOne(0)
    expect(samplesIn(registry.metrics()).sse_connection_duration_seconds_count).toBe(0)
    await closeOne(1)
    expect(samplesIn(registry.metrics()).sse_connection_duration_seconds_count).toBe(1)
  })
})
