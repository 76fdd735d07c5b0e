// Tries what this package and its peers do, over real HTTP, and writes the table into docs/comparison.md:
// npm run build && npm --prefix bench ci && node scripts/compare.mjs
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { table, writeMarkdown } from './matrix-results.mjs'
import { trials } from './compare-trials.mjs'

const inBench = createRequire(new URL('../bench/package.json', import.meta.url))
const load = (name) => import(inBench.resolve(name))
const versionIn = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version

/**
 * Each starts with `{ keepAlive, history }`. Returns a request listener, and `publish(data, { event, key })`, which may throw
 * or reject. All are used as their READMEs say.
 */
const contestants = {
  async 'express-sse-channels'({ keepAlive, history }) {
    const { sse } = await import('../dist/index.mjs')
    const live = sse({ keepAlive, fallthrough: false, registry: { history: { events: history } } })
    const listener = (req, res) => live(req, res, () => (res.sse ? res.sse.subscribe('a') : res.writeHead(406).end()))
    return { listener, publish: (data, more) => live.channel('a').publish({ data, ...more }) }
  },
  async 'better-sse'({ keepAlive }) {
    const { createChannel, createSession } = await load('better-sse')
    const channel = createChannel()
    const listener = async (req, res) => channel.register(await createSession(req, res, { keepAlive }))
    return { listener, publish: (data, { event = 'message' } = {}) => channel.broadcast(data, event) }
  },
  async 'sse-channel'({ keepAlive, history }) {
    const { default: SseChannel } = await load('sse-channel')
    const channel = new SseChannel({ jsonEncode: true, pingInterval: keepAlive, historySize: history })
    let id = 0 // only messages with an ID are kept
    const listener = (req, res) => channel.addClient(req, res)
    return { listener, publish: (data, { event } = {}) => channel.send({ id: ++id, data, ...(event && { event }) }) }
  },
  async 'express-sse'() {
    const { default: SSE } = await load('express-sse')
    const stream = new SSE()
    return { listener: stream.init, publish: (data, { event } = {}) => stream.send(data, event) }
  },
  async '@fastify/sse'({ keepAlive, history }) {
    const [{ default: createFastify }, { default: plugin }] = await Promise.all([load('fastify'), load('@fastify/sse')])
    const fastify = createFastify()
    await fastify.register(plugin, { heartbeatInterval: keepAlive })
    const open = new Set() // it has no channels
    const kept = [] // and no history
    let id = 0
    fastify.get('/', { sse: 'only' }, async (_request, reply) => {
      reply.sse.keepAlive()
      await reply.sse.send({ data: 'connected' })
      await reply.sse.replay(async (lastEventId) => {
        const after = kept.findIndex((message) => message.id === lastEventId) + 1
        for (const message of kept.slice(after)) await reply.sse.send(message)
      })
      open.add(reply.sse)
      reply.sse.onClose(() => open.delete(reply.sse))
    })
    await fastify.ready()
    const publish = (data, { event } = {}) => {
      const message = { id: String(++id), data, ...(event && { event }) }
      if (kept.push(message) > history) kept.shift()
      for (const sse of open) void sse.send(message).catch(() => undefined)
    }
    return { listener: fastify.routing, publish }
  },
}

contestants['@fastify/sse'].isFramework = true // no middleware of Express goes in front of it

// Some peers throw where nobody can catch it. That is a failed trial, and not the end of the script.
const uncaught = []
for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error) => uncaught.push(error))

const names = Object.keys(contestants)
const versions = names.map((name, i) =>
  versionIn(i === 0 ? '../package.json' : `../bench/node_modules/${name}/package.json`),
)
const rows = [['version', ...versions]]
for (const [title, run] of Object.entries(trials)) {
  const row = [title]
  for (const name of names) row.push(await run(contestants[name]).catch((error) => `no (${error.code ?? error.name})`))
  console.log(row.join(' | '))
  rows.push(row)
}
for (const error of new Set(uncaught.map(String))) console.log(`A peer threw where nobody could catch it: ${error}`)

const page = readFileSync('docs/comparison.md', 'utf8')
const shown = `<!-- compare -->\n\n${table(['what was tried', ...names], rows)}\n\n<!-- /compare -->`
await writeMarkdown('docs/comparison.md', page.replace(/<!-- compare -->.*<!-- \/compare -->/s, shown))
process.exit()
