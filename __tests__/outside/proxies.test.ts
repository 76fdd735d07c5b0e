import { setTimeout as delay } from 'node:timers/promises'
import { recordResult } from '../helpers/matrix-results.js'
import { LARGE_COOKIE, ProxiedApp } from '../helpers/proxied-app.js'
import { findProgram, versionOf } from '../helpers/proxy-process.js'
import { idleSetups, proxySetups, type MatrixSetup } from '../helpers/proxy-setups.js'
import { proxies, type Proxy } from '../helpers/proxies.js'
import { until } from '../helpers/until.js'

/** Milliseconds: measurable on a busy machine, and half the delay of haproxy. */
const AT_ONCE = 100

for (const proxy of Object.values(proxies)) {
  const setups = proxySetups.filter((setup) => setup.proxy === proxy)
  describeIfInstalled(`behind ${proxy.name}`, proxy, () => {
    describe.each(setups)('over HTTP/$http, $title', (setup) => {
      if (setup.expects.events === 'held') testHeldStream(setup)
      else testStream(setup)
    })
  })
}

for (const setup of idleSetups) {
  const { proxy, usual, lines } = setup
  describeIfInstalled(`a silent stream behind ${proxy.name}`, proxy, () => {
    const app = startApp(setup)

    it('is cut without keep-alives and stays open with them', async () => {
      const [silent, kept] = await Promise.all([app().ask('/silent'), app().ask('/kept/silent')])
      await silent.ended
      const sent = kept.raw.length
      await kept.waitForRaw((raw) => raw.length >= sent + 4 * ':\n'.length)
      await app().publish('silent', 'still here')
      await kept.waitForData('still here')
      recordResult('idle', proxy.name, { proxy: proxy.name, usual, lines })
    })
  })
}

function testStream(setup: MatrixSetup): void {
  const { expects, http, lines, title } = setup
  const app = startApp(setup)
  const result: Record<string, unknown> = { ...describeSetup(setup), http, title, lines }
  afterAll(() => recordResult('proxies', rowOf(setup), result))

  it('the first event arrives within a second, also on a second stream of the same URL', async () => {
    await app().publish('first', 'before')
    result.first = await bestOf(3, 1000, async () => {
      const [stream, other] = await Promise.all([app().ask('/first'), app().ask('/first')])
      await Promise.all([stream.next(), other.next()])
    })
    expect(result.first).toBeLessThan(1000)
  })

  it(`each event arrives ${expects.events === 'late' ? 'about 200 ms late' : 'at once'}, before the next is published`, async () => {
    const stream = await app().ask('/later')
    await stream.next()
    const fastest = await bestOf(20, expects.events === 'late' ? 0 : AT_ONCE, async (i) => {
      await app().publish('later', String(i))
      expect(await stream.next()).toMatchObject({ data: String(i) })
    })
    result.later = fastest
    if (expects.events === 'late') expect(fastest).toBeGreaterThan(AT_ONCE)
    else expect(fastest).toBeLessThan(AT_ONCE)
  })

  it(`a client that accepts gzip gets events one by one, ${expects.compresses ? '' : 'not '}compressed`, async () => {
    const stream = await app().ask('/gzip', { headers: { 'accept-encoding': 'gzip' } })
    expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
    for (const data of ['a', 'b', 'c']) {
      await app().publish('gzip', data)
      expect(await stream.next()).toMatchObject({ data })
    }
    expect(stream.headers['content-encoding']).toBe(expects.compresses ? 'gzip' : undefined)
    result.compresses = expects.compresses
  })

  it('a stream that the app compresses arrives event by event, and resumes after a cut', async () => {
    const headers = { 'accept-encoding': 'gzip' }
    const open = (id = {}) => app().ask('/compressed/squeezed', { headers: { ...headers, ...id } })
    const stream = await open()
    expect(await stream.next()).toMatchObject({ event: 'sse-ready' })
    for (const data of ['a', 'b', 'c']) {
      await app().publish('squeezed', data)
      expect(await stream.next()).toMatchObject({ data })
    }
    stream.close()
    await app().publish('squeezed', 'd')
    const again = await open({ 'last-event-id': stream.lastEventId })
    expect(await again.waitForData('d')).toMatchObject({ data: 'd' })
    expect(again.data).toEqual(['d'])
  })

  it(`a disconnect is noticed ${expects.leaving}`, async () => {
    await until(() => app().open === 0 || writeTo(app()))
    const stream = await app().ask('/leaving')
    await stream.next()
    expect(app().open).toBe(1)
    stream.close()
    if (expects.leaving === 'at a write') {
      await delay(250)
      expect(app().open).toBe(1)
      await until(() => app().open === 0 || writeTo(app()))
    }
    await until(() => app().open === 0)
    result.leaving = expects.leaving
  })

  it('a resumed client gets missed events', async () => {
    const stream = await app().ask('/resume')
    await stream.next()
    await app().publish('resume', 'one')
    await stream.waitForData('one')
    stream.close()
    await app().publish('resume', 'two')
    await app().publish('resume', 'three')
    const again = await app().ask('/resume', { headers: { 'last-event-id': stream.lastEventId } })
    await again.waitFor(({ event }) => event === 'sse-ready')
    expect(again.data).toEqual(['two', 'three'])
    result.resumes = true
  })

  it(`a cookie of 4,000 bytes passes ${expects.largeCookie === 200 ? 'both ways' : 'in requests only'}`, async () => {
    const stream = await app().ask('/cookie', { headers: { cookie: LARGE_COOKIE } })
    expect(stream.status).toBe(expects.largeCookie)
    if (stream.status === 200) {
      expect(await stream.next()).toMatchObject({ data: String(LARGE_COOKIE.length) })
      expect(stream.headers['set-cookie']).toEqual([LARGE_COOKIE])
    }
    result.largeCookie = stream.status
  })

  it('a POST is answered with a stream', async () => {
    const body = 'a body'
    const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) }
    const stream = await app().ask('/echo', { method: 'POST', body, headers })
    expect(await stream.next()).toMatchObject({ data: body })
    result.posts = true
  })
}

function testHeldStream(setup: MatrixSetup): void {
  const { http, lines, title } = setup
  const app = startApp(setup)

  it('nothing arrives before the stream has ended', async () => {
    const headers = { 'accept-encoding': 'gzip' }
    const arriving = app()
      .ask('/held', { headers })
      .then(async (stream) => {
        await stream.waitForData('held')
        return stream
      })
    await until(() => app().open === 1)
    await app().publish('held', 'held')
    expect(await Promise.race([arriving, delay(1000, 'nothing')])).toBe('nothing')
    app().connections[0]?.close()
    expect((await arriving).data).toEqual(['held'])
    recordResult('proxies', rowOf(setup), { ...describeSetup(setup), http, title, lines, held: true })
  })
}

/** Starts the app before the surrounding tests, and stops it after them. */
function startApp(setup: Parameters<typeof ProxiedApp.start>[0]): () => ProxiedApp {
  let app: ProxiedApp | undefined
  beforeAll(async () => {
    app = await ProxiedApp.start(setup)
  })
  afterAll(() => app?.stop())
  return () => {
    if (app === undefined) throw new Error('it starts in beforeAll: ask for it inside a test')
    return app
  }
}

/** The shortest of several measurements in ms. Stops at the first one below the bound. */
async function bestOf(times: number, bound: number, measured: (i: number) => Promise<void>): Promise<number> {
  let best = Infinity
  for (let i = 0; i < times && best >= bound; i++) {
    const start = performance.now()
    await measured(i)
    best = Math.min(best, performance.now() - start)
  }
  return Math.ceil(best)
}

/** Writes to all open connections. Returns false, for use in a condition of `until`. */
function writeTo({ connections }: ProxiedApp): false {
  for (const connection of connections) connection.comment('anybody there?')
  return false
}

function describeSetup({ proxy, expects }: MatrixSetup): object {
  return { proxy: proxy.name, package: proxy.package, version: versionOf(proxy), ...expects }
}

function rowOf(setup: MatrixSetup): string {
  return String(proxySetups.indexOf(setup)).padStart(2, '0')
}

function describeIfInstalled(name: string, proxy: Proxy, tests: () => void): void {
  if (findProgram(proxy) !== undefined || process.env.CI === 'true') return describe(name, tests)
  describe.skip(`${name} (skipped: not on this machine; install it with: sudo apt-get install ${proxy.package})`, tests)
}
