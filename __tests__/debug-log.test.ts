// The lines of DEBUG=express-sse-channels.
import { format, stripVTControlCharacters } from 'node:util'
import createDebug from 'debug'
import { sse, type Store, type StoreLog } from '../src/index.js'
import { afterTest } from './helpers/after-test.js'
import { openStream } from './helpers/open-stream.js'
import { bareHttp, express5, startServer } from './helpers/servers.js'
import { until } from './helpers/until.js'

/** Collects what is printed until the test has ended. */
function collect(): string[] {
  const lines: string[] = []
  const { log } = createDebug
  createDebug.log = (...args: unknown[]) => void lines.push(stripVTControlCharacters(format(...args)))
  createDebug.enable('express-sse-channels')
  afterTest(() => {
    createDebug.log = log
    createDebug.disable()
  })
  return lines
}

it('prints names as they are, but for control characters, which could forge a line', async () => {
  const lines = collect()
  const live = sse({ retry: false })
  await live.channel('100%% %o\n\u001b[31m #1 close: client \u009b').publish({ event: '%s', data: '1' })
  expect(lines.at(-1)).toContain('publish to "100%% %o\\u000a\\u001b[31m #1 close: client \\u009b": %s, id ')
})

it('prints a line for each event in the life of a connection, without the query of its URL', async () => {
  const lines = collect()
  const live = sse({ owner: () => 'ann' })
  const server = await startServer(express5, live, (_req, res) => res.sse!.subscribe('a'))
  const stream = await openStream(server, { path: '/games?token=secret', headers: { 'last-event-id': 'unknown' } })
  await stream.next()
  const id = await live.channel('a').publish({ event: 'goal', data: '1' })
  await stream.waitForData('1')
  await live.registry.disconnect({ owner: 'ann' })
  await stream.ended
  await live.close()
  await (
    await openStream(server, { path: '/late' })
  ).ended
  const text = lines.map((line) => line.replace(/^.*?express-sse-channels /, '').replace(/ \+\d+m?s$/, ''))
  expect(text.map((line) => line.replace(/\d+ ms/, '… ms'))).toEqual([
    'store begun',
    '#1 open: GET /games, owner ann',
    '#1 gap: unknown, in a',
    `publish to "a": goal, id ${id}, 20 bytes`,
    '#1 close: disconnected, after … ms',
    'shed because of closing: GET /late, owner ann',
  ])
})

it('prints why the store cannot be read, and connections without an owner', async () => {
  const lines = collect()
  let log: StoreLog | undefined
  const store: Store = {
    start: (given) => void (log = given),
    append: () => ({ ms: 2, seq: 0 }),
    close: () => undefined,
  }
  const live = sse({ registry: { store } })
  log!.begin('epoch01', { ms: 1, seq: 0 })
  log!.unavailable(new Error('out of reach'))
  const server = await startServer(bareHttp, live, (_req, res) => res.sse!.open())
  const stream = await openStream(server, { path: '/games' })
  stream.close()
  await until(() => lines.length === 4)
  expect(lines.map((line) => line.replace(/^.*?express-sse-channels /, ''))).toEqual([
    'store begun',
    'store unavailable: out of reach',
    expect.stringMatching(/^#\d+ open: GET \/games$/),
    expect.stringMatching(/^#\d+ close: client, after \d+ ms$/),
  ])
})
