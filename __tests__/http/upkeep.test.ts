import { execFileSync } from 'node:child_process'
import { sse } from '../../src/index.js'
import { openBothSides, openSubscribed } from '../helpers/both-sides.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, startServer } from '../helpers/servers.js'
import { until } from '../helpers/until.js'

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

describe('keep-alives', () => {
  it('are comment lines, sent within the interval of silence', async () => {
    const { stream } = await openSubscribed('a', { sseOptions: { keepAlive: 100 } })
    const before = stream.raw
    const start = performance.now()
    await stream.waitForRaw((raw) => raw.length >= before.length + 6)
    expect(stream.raw.slice(before.length)).toMatch(/^(:\n)+$/)
    // Three come within three intervals. The rest allows for a busy machine.
    expect(performance.now() - start).toBeLessThan(300 + 1000)
    expect(performance.now() - start).toBeGreaterThan(150)
    expect(stream.events).toHaveLength(1)
  })

  it.each(['send', 'publish'] as const)('are not sent while there is traffic, by %s', async (how) => {
    const { live, stream, connection } = await openSubscribed('a', { sseOptions: { keepAlive: 500 } })
    for (let i = 0; i < 60; i++) {
      if (how === 'send') connection.send({ data: `${i}` })
      else await live.channel('a').publish({ data: `${i}` })
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await stream.waitForData('59')
    expect(stream.raw).not.toContain('\n:\n')
  })

  it('can be switched off', async () => {
    const off = await openSubscribed('a', { sseOptions: { keepAlive: false } })
    const on = await openSubscribed('a', { sseOptions: { keepAlive: 40 } })
    await on.stream.waitForRaw((raw) => raw.endsWith(':\n:\n:\n'))
    expect(off.stream.raw).not.toContain(':\n:')
    expect(off.stream.raw.endsWith('\n\n')).toBe(true)
  })
})

describe('maxAge', () => {
  it('ends a connection at its age, varied by up to −20 %', async () => {
    const { live, stream } = await openSubscribed('a', { sseOptions: { maxAge: 300 } })
    const start = performance.now()
    expect(await stream.ended).toBe('ended')
    expect(performance.now() - start).toBeGreaterThan(150)
    await until(() => live.registry.stats().closed.expired === 1)
    expect(live.registry.stats()).toMatchObject({ connections: 0, channels: 0 })
  })

  it('loses no events, because the client resumes', async () => {
    const { live, stream, another } = await openSubscribed('a', { sseOptions: { maxAge: 100 } })
    await live.channel('a').publish({ data: '1' })
    await stream.ended
    await live.channel('a').publish({ data: '2' })
    const { stream: next } = await another({ headers: { 'last-event-id': stream.lastEventId } })
    await next.waitForData('2')
    expect([...stream.data, ...next.data]).toEqual(['1', '2'])
  })
})

describe('the timer', () => {
  it('is shared by all connections of a registry, and ends with the last of them', async () => {
    const live = sse()
    const before = timers()
    const { stream, another } = await openBothSides({ live })
    const streams = [stream]
    for (let i = 0; i < 20; i++) streams.push((await another()).stream)
    await until(() => live.registry.stats().connections === 21)
    // Unref'ed timers are not counted as active.
    expect(timers()).toBeLessThanOrEqual(before + 1)
    for (const each of streams) each.close()
    await until(() => live.registry.stats().connections === 0)
    await until(() => timers() <= before + 1)
  })

  it('does not keep the process alive', () => {
    const script = `
      import { createServer, get } from 'node:http'
      import { sse } from './src/index.ts'
      const live = sse()
      const server = createServer((req, res) => live(req, res, () => res.sse.subscribe('a'))).listen(0, '127.0.0.1', () => {
        const request = get({ port: server.address().port, host: '127.0.0.1', headers: { accept: 'text/event-stream' } }, (response) => {
          response.once('data', () => {
            server.unref()
            response.socket.unref()
            accepted.unref()
            setImmediate(() => console.log('left', live.registry.stats().connections))
          })
        })
        let accepted
        server.on('connection', (socket) => (accepted = socket))
      })`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
    const output = execFileSync(process.execPath, args, {
      cwd: `${__dirname}/../..`,
      timeout: 20_000,
      encoding: 'utf8',
    })
    expect(output.trim()).toBe('left 1')
  })
})

it('a response that throws on write is closed, and others still get keep-alives', async () => {
  const errors: Error[] = []
  const live = sse({ keepAlive: 40, registry: { onError: (error) => void errors.push(error) } })
  const isBroken = [true, false]
  const server = await startServer(
    bareHttp,
    (_req, res, next) => {
      const write = res.write.bind(res) as (chunk: unknown) => boolean
      const broken = isBroken.shift()
      res.write = ((chunk: unknown) => {
        if (broken && String(chunk) === ':\n') throw new Error('from a wrapped write')
        return write(chunk)
      }) as typeof res.write
      next()
    },
    live,
    (_req, res) => res.sse?.open(),
  )
  const wrong = await openStream(server)
  const right = await openStream(server)
  expect(await wrong.ended).toBe('cut')
  await right.waitForRaw((raw) => raw.includes(':\n:\n'))
  expect(errors).toMatchObject([{ message: 'from a wrapped write' }])
})
