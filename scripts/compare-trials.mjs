// The trials of compare.mjs. Each starts a contestant behind a real server, and returns what the table shows.
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { setTimeout as wait } from 'node:timers/promises'
import compression from 'compression'
import { createParser } from 'eventsource-parser'

/** Time that is enough, by far, for what should happen over loopback. */
const PATIENCE = 1000
const MIB = 1024 * 1024

/** Starts a contestant on a free port. `open(headers)` resolves to a client that collects what it gets. */
async function start(contestant, { http2 = false, before = (req, res, next) => next(), ...options } = {}) {
  const { listener, publish } = await contestant({ keepAlive: 20_000, history: 1000, ...options })
  const responses = []
  const server = (http2 ? createHttp2Server : createServer)((req, res) => {
    responses.push(res)
    before(req, res, () => listener(req, res))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: server.address().port, publish, responses, open: (headers, method) => open(server, headers, method) }
}

async function open(server, headers = {}, method = 'GET') {
  const { port } = server.address()
  const req = request({ port, host: '127.0.0.1', method, headers: { accept: 'text/event-stream', ...headers } })
  req.on('error', () => undefined).end()
  const client = { text: '', ended: false, close: () => req.destroy(), pause: () => undefined }
  const answered = once(req, 'response').then(([res]) => {
    Object.assign(client, {
      status: res.statusCode,
      headers: res.headers,
      pause: () => res.pause(),
      resume: () => res.resume(),
    })
    res.on('data', (bytes) => (client.text += bytes.toString('latin1'))).on('end', () => (client.ended = true))
  })
  await Promise.race([answered, wait(PATIENCE)])
  await wait(50) // until the contestant has registered the client
  return client
}

async function until(condition, ms = PATIENCE) {
  for (const end = performance.now() + ms; performance.now() < end; await wait(10)) if (condition()) return true
  return false
}

const idsIn = ({ text }) => Array.from(text.matchAll(/^id: ?(.*)$/gm), ([, id]) => id)
const typesIn = ({ text }) => new Set(Array.from(text.matchAll(/^event: ?(.*)$/gm), ([, type]) => type))
const yes = (is) => (is ? '**yes**' : 'no')

/** A client that has read one event, and has left. */
async function leaveAfterOne({ open, publish }) {
  const client = await open()
  await publish('one')
  await until(() => client.text.includes('one'))
  client.close()
  await wait(50)
  return { 'last-event-id': idsIn(client).at(-1) ?? 'none' }
}

export const trials = {
  async 'a client that reconnects gets what it missed [1]'(contestant) {
    const app = await start(contestant)
    const headers = await leaveAfterOne(app)
    await app.publish('missed')
    const again = await app.open(headers)
    return yes(await until(() => again.text.includes('missed')))
  },

  async 'it is told when that is no longer possible [2]'(contestant) {
    const app = await start(contestant, { history: 3 })
    const headers = await leaveAfterOne(app)
    for (let i = 0; i < 10; i++) await app.publish(`missed-${i}`)
    const again = await app.open(headers)
    const newcomer = await app.open()
    await wait(PATIENCE / 2)
    const known = typesIn(newcomer)
    return yes([...typesIn(again)].some((type) => !known.has(type)))
  },

  async 'a newcomer gets the latest state [3]'(contestant) {
    const app = await start(contestant)
    await app.publish('state', { key: 'k' })
    const client = await app.open()
    return yes(await until(() => client.text.includes('state')))
  },

  async 'a slow client skips outdated updates [4]'(contestant) {
    const app = await start(contestant, { history: 100_000 })
    const client = await app.open()
    client.pause()
    for (let i = 0; i < 2000; i++) {
      await app.publish('x'.repeat(10_000) + `-${i}-`, { key: 'k' })
      if (i % 50 === 0) await wait(1)
    }
    client.resume()
    await until(() => client.text.includes('-1999-'), 20 * PATIENCE)
    const got = client.text.match(/x-\d+-/g)?.length ?? 0
    return `${yes(got < 2000)}, ${got} of 2000 sent`
  },

  async 'memory for a client that does not read, of 40 MiB published [5]'(contestant) {
    const app = await start(contestant)
    const client = await app.open()
    client.pause()
    for (let i = 0; i < 400; i++) {
      await app.publish('x'.repeat(MIB / 10))
      await wait(1)
    }
    const held = app.responses.reduce(
      (sum, res) => sum + Math.max(res.writableLength, res.socket?.writableLength ?? 0),
      0,
    )
    client.close()
    return `${(held / MIB).toFixed(1)} MiB`
  },

  async 'keep-alives [6]'(contestant) {
    const { open } = await start(contestant, { keepAlive: 100 })
    const client = await open()
    const before = client.text.length
    return yes(await until(() => client.text.slice(before).includes(':')))
  },

  async 'HTTP/2 [7]'(contestant) {
    const { port, publish } = await start(contestant, { http2: true })
    const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined)
    const stream = session.request({ ':path': '/', accept: 'text/event-stream' }).on('error', () => undefined)
    let text = ''
    stream.on('data', (bytes) => (text += bytes))
    await wait(200)
    await publish('hello')
    const works = await until(() => text.includes('hello'))
    session.destroy()
    return yes(works)
  },

  async 'streams behind `compression` [8]'(contestant) {
    if (contestant.isFramework) return '–'
    const { open, publish } = await start(contestant, { before: compression({ threshold: 0 }) })
    const client = await open({ 'accept-encoding': 'gzip' })
    const before = client.text.length
    await publish('hello')
    return yes(await until(() => client.text.length > before))
  },

  async 'a request for JSON gets [9]'(contestant) {
    const { open } = await start(contestant)
    const { status, headers } = await open({ accept: 'application/json' })
    return headers?.['content-type']?.startsWith('text/event-stream') ? 'a stream' : `**${status}**`
  },

  async 'HEAD [10]'(contestant) {
    const { open, responses } = await start(contestant)
    await open({}, 'HEAD')
    return (await until(() => responses[0]?.writableEnded)) ? '**ends**' : 'stays open'
  },

  async 'a line feed in an event type [11]'(contestant) {
    return forge(contestant, '\n')
  },

  async 'a carriage return in an event type [11]'(contestant) {
    return forge(contestant, '\r')
  },
}

async function forge(contestant, lineEnd) {
  const { open, publish } = await start(contestant)
  const client = await open()
  try {
    await publish('true', { event: ['a', 'data: forged', '', 'event: b'].join(lineEnd) })
  } catch {
    return '**refused**'
  }
  await wait(PATIENCE / 5)
  const events = []
  createParser({ onEvent: ({ data }) => events.push(data) }).feed(client.text)
  return events.includes('forged') ? 'forges an event' : 'forges none'
}
