// The inspector as a middleware: who is let in, what is served, and where.
import express from 'express'
import express4 from 'express4'
import request from 'supertest'
import { createRegistry, sse } from '../../src/index.js'
import { inspector } from '../../src/inspector/index.js'
import { pathOf, withSlash } from '../../src/inspector/paths.js'
import { mount, startInspected } from '../helpers/inspected.js'
import { openStream } from '../helpers/open-stream.js'
import { bareHttp, connect3, express5, http2Servers, oldExpress, startServer } from '../helpers/servers.js'

const FILES = ['/', '/inspector.css', '/inspector.js', '/icon.svg']

/** One request without `Accept: text/event-stream`, read to its end. */
async function ask(target: Parameters<typeof openStream>[0], path: string, method = 'GET') {
  const answer = await openStream(target, { path, method, headers: { accept: '*/*' } })
  await answer.ended
  return answer
}

describe('inspector()', () => {
  const registry = createRegistry()
  const authorize = () => true

  it.each([
    ['options', undefined],
    ['authorize', {}],
    ['a function as authorize', { authorize: true }],
  ])('refuses to be made without %s, and says what to write', (_name, options) => {
    const make = () => inspector(registry, options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_SSE_OPTION' }) as Error)
    expect(make).toThrow("write app.use('/sse-inspector', inspector(registry, { authorize: (req) => isAdmin(req) }))")
  })

  it('refuses unknown options', () => {
    const options = { authorize, authorise: authorize }
    expect(() => inspector(registry, options)).toThrow('there is no option authorise; did you mean authorize?')
  })

  it('refuses what is not a registry', () => {
    const live = sse()
    expect(() => inspector(live as never, { authorize })).toThrow('did you mean live.registry?')
    expect(() => inspector(undefined as never, { authorize })).toThrow('the first argument must be a registry')
    const other = { channel: 1, drain: 1, stats: 1 }
    expect(() => inspector(other as never, { authorize })).toThrow('cannot be inspected')
  })
})

describe.each([express5, oldExpress, connect3, bareHttp, ...http2Servers])('the inspector on $name', (kind) => {
  it('serves its page, the files of it and its stream below a mount path', async () => {
    const { server, watch } = await startInspected({}, { kind })
    for (const path of FILES) {
      const { status, headers } = await ask(server, `/sse-inspector${path}`)
      expect({ path, status }).toEqual({ path, status: 200 })
      expect(headers['content-security-policy']).toMatch(/^default-src 'self';/)
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
      })
    }
    const stream = await watch()
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream', 'x-content-type-options': 'nosniff' })
    await stream.waitFor(({ event }) => event === 'stats')
    expect((await ask(server, '/sse-inspector/events')).status).toBe(406)
  })

  it('refuses whom the app does not let in, for each request', async () => {
    const asked: unknown[] = []
    const authorize = (req: { url?: string | undefined }) => Promise.resolve(asked.push(req.url) < 0)
    const { server } = await startInspected({ authorize }, { kind })
    for (const path of [...FILES, '/events', '']) {
      const { status, raw } = await ask(server, `/sse-inspector${path}`)
      expect({ path, status }).toEqual({ path, status: 403 })
      expect(raw).not.toContain('script')
    }
    expect(asked).toEqual([...FILES, '/events', '/'])
  })

  it.each(['true', 'a promise of true'])('refuses whom authorize answers with anything but %s', async (name) => {
    for (const answer of ['no', 1, {}, [], 'true', undefined, null]) {
      const given = name === 'true' ? answer : Promise.resolve(answer)
      const { server } = await startInspected({ authorize: () => given as never }, { kind })
      expect({ answer, status: (await ask(server, '/sse-inspector/')).status }).toEqual({ answer, status: 403 })
    }
  })

  it('refuses event streams to pages of other sites, and lets them link to its page', async () => {
    const { server, watch } = await startInspected({}, { kind })
    const from = async (site: string, path: string, accept: string) => {
      const headers = { accept, 'sec-fetch-site': site }
      return (await openStream(server, { path: `/sse-inspector${path}`, headers })).status
    }
    expect(await from('cross-site', '/events', 'text/event-stream')).toBe(403)
    expect(await from('cross-site', '/', 'text/html')).toBe(200)
    for (const site of ['same-origin', 'same-site', 'none']) {
      expect(await from(site, '/events', 'text/event-stream')).toBe(200)
    }
    expect((await watch()).status).toBe(200)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('no database')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database'))],
  ])('passes the error on when authorize %s', async (_name, authorize: () => never | Promise<boolean>) => {
    const { server } = await startInspected({ authorize }, { kind })
    expect((await ask(server, '/sse-inspector/')).status).toBe(500)
    expect(server.errors).toEqual([new Error('no database')])
  })

  it('leaves other paths and methods to the app', async () => {
    const authorize = jest.fn(() => true)
    const { server } = await startInspected({ authorize }, { kind })
    for (const path of ['/nothing', '/../package.json', '/..%2fpage-files.js', '/inspector.css/', '//']) {
      expect((await ask(server, `/sse-inspector${path}`)).status).toBe(404)
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await ask(server, '/sse-inspector/', method)).status).toBe(404)
    }
    expect(authorize).not.toHaveBeenCalled()
  })

  it('answers HEAD with the head alone', async () => {
    const { server } = await startInspected({}, { kind })
    const { status, headers, raw } = await ask(server, '/sse-inspector/', 'HEAD')
    expect([status, raw]).toEqual([200, ''])
    expect(Number(headers['content-length'])).toBeGreaterThan(1000)
  })

  it('redirects to its address with a slash, so that its files are found', async () => {
    const { server } = await startInspected({}, { kind })
    const { status, headers } = await ask(server, '/sse-inspector?channel=a')
    expect([status, headers.location]).toEqual([302, './sse-inspector/?channel=a'])
  })
})

describe('the address with a slash', () => {
  it.each([
    ['/sse-inspector', 'http://app.example/sse-inspector/'],
    ['/admin/sse?channel=a%26b', 'http://app.example/admin/sse/?channel=a%26b'],
    ['//evil.example', 'http://app.example//evil.example/'],
    ['/\\evil.example', 'http://app.example///evil.example/'],
    ['/x/javascript:alert(1)', 'http://app.example/x/javascript:alert(1)/'],
    ['/x/%2f%2fevil.example', 'http://app.example/x/%2f%2fevil.example/'],
    ['/?a=//evil.example', undefined],
    ['/sse-inspector/', undefined],
  ])('of %s is on the same host', (originalUrl, expected) => {
    const to = withSlash({ url: '/', originalUrl })
    const asked = `http://app.example${originalUrl}`
    expect(to === undefined ? undefined : new URL(to, asked).href).toBe(expected)
    expect(to?.startsWith('./') ?? true).toBe(true)
  })

  it('is only given at the mount path itself', () => {
    expect(withSlash({ url: '/nothing', originalUrl: '/x/nothing' })).toBeUndefined()
    expect(withSlash({ url: '/' })).toBeUndefined()
    expect([pathOf({}), pathOf({ url: '?a=1' })]).toEqual(['/', '/'])
  })

  it.each([
    ['Express 5', express],
    ['Express 4', express4 as unknown as typeof express],
  ])('is given in a router of %s too', async (_name, create) => {
    const page = inspector(createRegistry(), { authorize: () => true })
    const router = create.Router().use('/sse', page)
    const app = create().use('/admin', router)
    await request(app).get('/admin/sse').expect(302).expect('location', './sse/')
    await request(app).get('/admin/sse/').expect(200).expect('content-type', 'text/html; charset=utf-8')
  })
})

describe('the stream of the inspector', () => {
  it('does not run on a connection of another sse()', async () => {
    const live = sse()
    const page = inspector(live.registry, { authorize: () => true })
    const server = await startServer(express5, live, mount('/sse-inspector', page))
    const { status } = await openStream(server, { path: '/sse-inspector/events' })
    expect(status).toBe(500)
    expect(server.errors).toEqual([
      expect.objectContaining({ message: expect.stringContaining('mount the inspector above it') as string }),
    ])
  })

  it('is shed beyond 20 open pages', async () => {
    const { watch } = await startInspected()
    const streams = await Promise.all(Array.from({ length: 20 }, () => watch()))
    const further = await watch()
    expect([further.status, await further.ended]).toEqual([200, 'ended'])
    expect(further.events.map(({ event }) => event)).not.toContain('stats')
    expect(streams.map(({ state }) => state)).toEqual(Array(20).fill('open'))
  })

  it('ends when the inspector is closed', async () => {
    const { page, watch } = await startInspected()
    const stream = await watch()
    await stream.waitFor(({ event }) => event === 'stats')
    await page.close()
    expect(await stream.ended).toBe('ended')
  })

  it('ends when the registry that is shown is closed', async () => {
    const { registry, watch } = await startInspected()
    const stream = await watch()
    await stream.waitFor(({ event }) => event === 'stats')
    await registry.close()
    expect(await stream.ended).toBe('ended')
  })
})
