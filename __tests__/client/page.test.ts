// What EventStream does when a page is hidden, put aside and shown again. Browsers show the same in outside/client/page-life.
import { JSDOM } from 'jsdom'
import { nextEvent, openStream, reached, startServer, withoutWaiting } from '../helpers/client-server.js'
import { pageEvents, type PageEvents } from '../helpers/page-events.js'
import type { EventStreamOptions, Reason } from '../../src/client/index.js'

const HIDDEN = { name: 'waiting', nextTry: Infinity, reason: { code: 'hidden' } }

/** An open stream that has read the event with the ID 1. */
async function openRead(options?: EventStreamOptions) {
  withoutWaiting()
  const page = pageEvents()
  const server = await startServer()
  const stream = openStream(server.url, options)
  const errors: Reason[] = []
  stream.addEventListener('error', ({ detail }) => errors.push(detail))
  const exchange = (await server.next()).stream()
  const message = nextEvent(stream)
  exchange.write('id: 1\ndata: x\n\n')
  await message
  return { page, server, stream, exchange, errors }
}

const fire = (target: EventTarget, type: string) => target.dispatchEvent(new Event(type))

const clock = Date.now

/** Sets the wall clock so many ms ahead, as a machine that has slept finds it. */
function sleep(ms: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => clock() + ms)
}

describe('a page that goes into the back/forward cache', () => {
  it('frees its connection without an error, and resumes when it comes back', async () => {
    const { page, server, stream, exchange, errors } = await openRead()
    fire(page.window, 'pagehide')
    expect(stream.state).toMatchObject(HIDDEN)
    await exchange.gone()
    fire(page.window, 'pageshow')
    expect(stream.state).toEqual({ name: 'connecting', attempt: 0 })
    const next = await server.next()
    expect(next.lastEventId).toBe('1')
    next.stream()
    await reached(stream, 'open')
    expect(errors).toEqual([])
  })

  it('keeps waiting as long as Retry-After says', async () => {
    withoutWaiting()
    const page = pageEvents()
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(503, { 'Retry-After': '1' })
    const { nextTry } = await reached(stream, 'waiting')
    fire(page.window, 'pagehide')
    fire(page.window, 'pageshow')
    const state = await reached(stream, 'waiting')
    expect(state).toMatchObject({ attempt: 1, reason: { code: 'hidden' } })
    expect(Math.abs(state.nextTry - nextTry)).toBeLessThan(500)
    ;(await server.next()).stream()
    expect(Date.now()).toBeGreaterThanOrEqual(nextTry - 5)
  })

  it('forgets a Retry-After once the server has accepted a connection', async () => {
    const page = pageEvents()
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(503, { 'Retry-After': '120' })
    await reached(stream, 'waiting')
    stream.reconnect()
    ;(await server.next()).stream()
    await reached(stream, 'open')
    fire(page.window, 'pagehide')
    fire(page.window, 'pageshow')
    expect(stream.state.name).toBe('connecting')
  })

  it('counts attempts from 1 again after a connection that stayed open for long', async () => {
    withoutWaiting()
    const page = pageEvents()
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(502)
    ;(await server.next()).answer(502)
    ;(await server.next()).stream()
    await reached(stream, 'open')
    sleep(70_000)
    fire(page.window, 'pagehide')
    fire(page.window, 'pageshow')
    expect(stream.state).toEqual({ name: 'connecting', attempt: 0 })
  })

  it('does not connect while it is away', async () => {
    const { page, server, stream } = await openRead()
    fire(page.window, 'pagehide')
    fire(page.window, 'offline')
    fire(page.window, 'online')
    expect(stream.state).toMatchObject(HIDDEN)
    stream.close()
    fire(page.window, 'pagehide')
    fire(page.window, 'pageshow')
    expect([stream.state.name, server.requests]).toEqual(['closed', 1])
  })

  it('does not close because of an answer that comes while it is away', async () => {
    withoutWaiting()
    const page = pageEvents()
    const server = await startServer()
    let isAsked = (): void => {}
    let answer: (again: boolean) => void = () => {}
    const asked = new Promise<void>((resolve) => (isAsked = resolve))
    const shouldReconnect = () => {
      isAsked()
      return new Promise<boolean>((resolve) => (answer = resolve))
    }
    const stream = openStream(server.url, { shouldReconnect })
    ;(await server.next()).answer(401)
    await asked
    fire(page.window, 'pagehide')
    answer(false)
    await new Promise(setImmediate)
    expect(stream.state).toMatchObject(HIDDEN)
  })
})

describe.each<[string, (page: PageEvents) => void]>([
  ['becomes visible', (page) => page.show(true)],
  ['resumes after a freeze', ({ document }) => fire(document, 'resume')],
  ['comes online', ({ window }) => fire(window, 'online')],
])('a page that %s', (_name, wake) => {
  it('tries at once if it waits, unless the server sent Retry-After', async () => {
    const page = pageEvents()
    const server = await startServer()
    const stream = openStream(server.url)
    ;(await server.next()).answer(502)
    await reached(stream, 'waiting')
    wake(page)
    ;(await server.next()).answer(503, { 'Retry-After': '60' })
    await reached(stream, 'waiting')
    wake(page)
    expect(stream.state.name).toBe('waiting')
    sleep(70_000)
    wake(page)
    expect(stream.state.name).toBe('connecting')
  })

  it('replaces a connection that was silent for longer than keepAlive by the clock', async () => {
    const { page, server, stream, exchange, errors } = await openRead({ keepAlive: 60_000 })
    sleep(50_000)
    wake(page)
    expect(stream.state.name).toBe('open')
    sleep(70_000)
    wake(page)
    expect(errors).toEqual([{ code: 'silent' }])
    expect((await server.next()).lastEventId).toBe('1')
    await exchange.gone()
  })

  it('repeats a request that has waited for longer than keepAlive by the clock', async () => {
    const page = pageEvents()
    const server = await startServer()
    const stream = openStream(server.url, { keepAlive: 60_000 })
    const hanging = await server.next()
    sleep(70_000)
    wake(page)
    expect(stream.state).toEqual({ name: 'connecting', attempt: 1 })
    await hanging.gone()
    ;(await server.next()).stream()
    await reached(stream, 'open')
  })

  it('keeps a silent connection with keepAlive: false', async () => {
    const { page, stream } = await openRead({ keepAlive: false })
    sleep(3_600_000)
    wake(page)
    expect(stream.state.name).toBe('open')
  })
})

describe('a hidden page', () => {
  it('keeps its connection', async () => {
    const { page, stream } = await openRead()
    page.show(false)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(stream.state.name).toBe('open')
  })

  it('closes it after closeWhenHidden, and resumes when it is shown', async () => {
    const { page, server, stream, exchange, errors } = await openRead({ closeWhenHidden: 10 })
    page.show(false)
    await reached(stream, 'waiting')
    expect(stream.state).toMatchObject(HIDDEN)
    await exchange.gone()
    page.show(true)
    expect((await server.next()).lastEventId).toBe('1')
    expect(errors).toEqual([])
  })

  it('keeps it for a closeWhenHidden that no timer can wait for', async () => {
    const { page, stream } = await openRead({ closeWhenHidden: Infinity })
    page.show(false)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(stream.state.name).toBe('open')
  })

  it('keeps it if it is shown before', async () => {
    const { page, stream, server } = await openRead({ closeWhenHidden: 10 })
    page.show(false)
    page.show(true)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect([stream.state.name, server.requests]).toEqual(['open', 1])
  })

  it('closes it if the page was opened in the background', async () => {
    const page = pageEvents()
    page.document.hidden = true
    const server = await startServer()
    const stream = openStream(server.url, { closeWhenHidden: 10 })
    await reached(stream, 'waiting')
    expect(stream.state).toMatchObject(HIDDEN)
  })

  it.each([
    ['has loaded in the background', 'window', 'pageshow'],
    ['runs for a moment while it is frozen', 'document', 'resume'],
  ] as const)('connects only when it is shown, also if it %s', async (_name, target, type) => {
    const page = pageEvents()
    page.document.hidden = true
    const server = await startServer()
    const stream = openStream(server.url, { closeWhenHidden: 10 })
    await reached(stream, 'waiting')
    fire(page[target], type)
    expect(stream.state).toMatchObject(HIDDEN)
    page.show(true)
    expect(stream.state.name).toBe('connecting')
  })

  it('listens to nothing, and has no timer, after close()', async () => {
    const { page, stream } = await openRead({ closeWhenHidden: 10 })
    expect(page.listeners()).toEqual(['online', 'offline', 'pagehide', 'pageshow', 'resume', 'visibilitychange'])
    page.show(false)
    stream.close()
    expect(page.listeners()).toEqual([])
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(stream.state).toEqual({ name: 'closed', reason: { code: 'called' } })
  })

  it('refuses a negative closeWhenHidden', async () => {
    const { url } = await startServer()
    expect(() => openStream(url, { closeWhenHidden: -1 })).toThrow('closeWhenHidden must be at least 0; got -1')
  })
})

it('follows the document of jsdom, which refuses an AbortSignal of Node', async () => {
  const { window } = new JSDOM()
  pageEvents()
  Object.assign(globalThis, { document: window.document })
  const server = await startServer()
  const stream = openStream(server.url)
  ;(await server.next()).answer(502)
  await reached(stream, 'waiting')
  window.document.dispatchEvent(new window.Event('resume'))
  expect(stream.state.name).toBe('connecting')
  stream.close()
})
