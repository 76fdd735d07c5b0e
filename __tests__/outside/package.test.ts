import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildPackage } from '../helpers/built-package.js'

/** The names that each entry of the package exports. A change here needs a new version. */
const NAMES: Record<string, string[]> = {
  '.': ['SseError', 'createEpoch', 'createRegistry', 'memoryStore', 'nextPosition', 'sse'],
  './client': ['EventStream', 'keyedState'],
  './client/shared': ['SharedEventStream'],
  './inspector': ['inspector'],
  './redis': ['redisStore'],
  './store-contract': ['RecordingLog', 'storeContract'],
  './testing': ['RefusedError', 'openStream'],
}

interface Manifest {
  name: string
  main: string
  module: string
  types: string
  exports: Record<string, unknown>
  typesVersions?: unknown
}

const built = buildPackage()
let manifest: Manifest

beforeAll(async () => {
  manifest = JSON.parse(await readFile(join(built.directory, 'package.json'), 'utf8')) as Manifest
})

/** Runs a module that prints JSON, in a child process. */
async function evaluate(code: string): Promise<unknown> {
  const { stdout, stderr } = await built.runModule(`
    import { createRequire } from 'node:module'
    const require = createRequire(import.meta.url)
    const esm = await import('express-sse-channels')
    const cjs = require('express-sse-channels')
    ${code}
  `)
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

function filesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(filesIn) : []
}

describe('the built package', () => {
  it('has every file that package.json names', async () => {
    const files = filesIn([manifest.main, manifest.module, manifest.types, manifest.exports, manifest.typesVersions])
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) await access(join(built.directory, file))
  })

  it('has the files for pages without a bundler in the folder that docs/client.md serves', async () => {
    const page = await readFile(join(__dirname, '../../docs/client.md'), 'utf8')
    const [, folder = 'undefined'] = /const folder = (.+)\n/.exec(page) ?? []
    const { href } = (await evaluate(`console.log(JSON.stringify({ href: (${folder}).href }))`)) as { href: string }
    for (const file of ['browser.js', 'shared.js']) await access(new URL(`${href}/${file}`))
  })

  it('exports the same names to import and to require, and no others', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'))
    const found = await evaluate(`
      const names = {}
      for (const entry of ${JSON.stringify(entries)}) {
        const path = 'express-sse-channels' + entry.slice(1)
        const imported = Object.keys(await import(path)).filter((name) => name !== 'default' && name !== 'module.exports')
        names[entry] = { imported: imported.sort(), required: Object.keys(require(path)).sort() }
      }
      console.log(JSON.stringify(names))
    `)
    const expected = entries.map((entry) => [entry, { imported: NAMES[entry], required: NAMES[entry] }])
    expect(found).toEqual(Object.fromEntries(expected))
  })

  it('is one copy in a process that both imports and requires it', async () => {
    const same = await evaluate(`
      const redis = { esm: await import('express-sse-channels/redis'), cjs: require('express-sse-channels/redis') }
      const refusals = [redis.esm, redis.cjs].map(({ redisStore }) => {
        try { redisStore({}) } catch (error) { return error instanceof esm.SseError }
      })
      const testing = [await import('express-sse-channels/testing'), require('express-sse-channels/testing')]
      for (const { openStream } of testing)
        refusals.push(await openStream('/').catch((error) => error instanceof esm.SseError))
      console.log(JSON.stringify([esm.sse === cjs.sse, esm.SseError === cjs.SseError, ...refusals]))
    `)
    expect(same).toEqual([true, true, true, true, true, true])
  })

  it.each([
    ['one', 'another'],
    ['another', 'one'],
  ])('accepts in sse() of %s copy a registry of %s copy', async (middleware, registry) => {
    const streamed = await evaluate(`
      import { createServer } from 'node:http'
      import { cpSync } from 'node:fs'
      cpSync('dist', 'another', { recursive: true })
      const copies = { one: esm, another: require('./another/index.cjs') }
      const registry = copies.${registry}.createRegistry()
      const live = copies.${middleware}.sse({ registry, retry: false })
      const server = createServer((req, res) => live(req, res, () => res.sse.subscribe('a', { from: 'start' })))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
      await live.channel('a').publish({ event: 'greeting', data: 'hello' })
      const url = 'http://127.0.0.1:' + server.address().port
      const response = await fetch(url, { headers: { accept: 'text/event-stream' } })
      let text = ''
      const read = (async () => {
        for await (const bytes of response.body.pipeThrough(new TextDecoderStream())) {
          text += bytes
          if (text.includes('sse-ready')) void registry.close()
        }
      })()
      await read
      server.close()
      console.log(JSON.stringify({ same: live.registry === registry, text, open: registry.stats().connections }))
    `)
    expect(streamed).toMatchObject({
      same: true,
      open: 0,
      text: expect.stringContaining('event: greeting\ndata: hello\n') as string,
    })
  })

  it('throws errors with a name and a code', async () => {
    const error = await evaluate(`
      try { esm.createRegistry({ keys: 0 }) } catch (e) { console.log(JSON.stringify([e.name, e.code])) }
    `)
    expect(error).toEqual(['SseError', 'ERR_SSE_OPTION'])
  })

  it('lets an idle process exit, and warns of an unawaited publish that fails', async () => {
    const { stderr } = await built.runModule(`
      import { createRegistry, sse } from 'express-sse-channels'
      sse({ keepAlive: 10, maxAge: 10 })
      void createRegistry().channel('a').publish({ event: 'a\\nb' })
    `)
    expect(stderr).toContain('[ERR_SSE_MESSAGE] SseError: event must be one line; got a line feed at index 1')
  })
})
