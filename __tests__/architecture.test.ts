import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { readSourceFiles, type SourceFile } from './helpers/source-file.js'

/**
 * The server's files, lowest first. A file imports only from lower layers, and within its own layer only from those that
 * stand before it. A new file has to be put in here, where it belongs: as low as it can be.
 */
const LAYERS: Record<string, string[]> = {
  errors: ['errors'],
  'what there are words for': [
    'stats',
    'position',
    'channel-name',
    'nearest-name',
    'mistakes',
    'option-form',
    'id-form',
    'message-form',
    'json-data',
    'event-stream',
    'negotiation',
  ],
  'means to an end': [
    'binary-search',
    'due-queue',
    'timers',
    'callback',
    'report',
    'catch-up',
    'recent-hashes',
    'ready-notice',
    'warnings',
    'workers',
    'unopened',
    'close-notice',
    'reported-promise',
    'response-close',
    'socket-progress',
    'http2-body',
    'http2-sessions',
    'send-all',
    'leave-options',
  ],
  log: [
    'event-ids',
    'own-ids',
    'store',
    'sizes',
    'channel-log',
    'log-event',
    'event-list',
    'log',
    'expiry',
    'options',
    'resume',
  ],
  'reading the log': [
    'cursor',
    'published-event',
    'subscribe-options',
    'feed',
    'subscription',
    'subscription-list',
    'merge',
    'batch',
    'shared-batches',
  ],
  connection: ['head', 'output', 'connection', 'memory-store'],
  delivery: ['delivery', 'upkeep', 'placement', 'reader', 'connections', 'publisher'],
  channel: ['channel'],
  registry: ['registry'],
  middleware: ['middleware'],
  index: ['index'],
}

/** Sub-path exports, and the highest of the server's layers that they may import from; the browser's stands alone. */
const SUBPATHS: Record<string, string | undefined> = { client: undefined, redis: 'log', 'store-contract': 'log' }

const ORDER = Object.values(LAYERS).flat()

const root = join(__dirname, '..')
const files = readSourceFiles(join(root, 'src'))
const byName = new Map(files.map((file) => [file.name, file]))
const server = files.filter(({ name }) => !name.includes('/'))
const builtins = new Set(builtinModules)

function folderOf({ name }: SourceFile): string {
  return name.split('/')[0] ?? ''
}

/** All that a file imports, directly or through others. */
function reachable(file: SourceFile, found = new Set<SourceFile>()): Set<SourceFile> {
  if (found.has(file)) return found
  found.add(file)
  for (const name of file.imports) {
    const imported = byName.get(name)
    if (imported !== undefined) reachable(imported, found)
  }
  return found
}

/** The path from a file back to itself, when its imports lead there. */
function cycleThrough(start: SourceFile): string[] | undefined {
  const seen = new Set<string>()
  const search = (name: string, path: string[]): string[] | undefined => {
    for (const next of byName.get(name)?.imports ?? []) {
      if (next === start.name) return [...path, next]
      if (seen.has(next)) continue
      seen.add(next)
      const cycle = search(next, [...path, next])
      if (cycle !== undefined) return cycle
    }
    return undefined
  }
  return search(start.name, [start.name])
}

describe('imports', () => {
  it('are of files that exist', () => {
    expect(files.length).toBeGreaterThan(30)
    for (const { name, imports } of files) {
      expect({ name, missing: imports.filter((imported) => !byName.has(imported)) }).toEqual({ name, missing: [] })
    }
  })

  it('go one way, from the index at the top to the errors at the bottom', () => {
    const upward = server.flatMap(({ name, imports }) =>
      imports
        .filter((imported) => ORDER.indexOf(imported) >= ORDER.indexOf(name))
        .map((imported) => `${name} imports ${imported}, which stands above it`),
    )
    expect(upward).toEqual([])
  })

  it('have an order in which each of the server’s files has its place', () => {
    expect(server.map(({ name }) => name).sort()).toEqual([...ORDER].sort())
  })

  it('form no cycle, those of types included', () => {
    expect(files.map(cycleThrough).filter((cycle) => cycle !== undefined)).toEqual([])
  })

  it('of a sub-path stay in its folder, and reach into the server no further than its log', () => {
    const layers = Object.keys(LAYERS)
    for (const file of files.filter(({ name }) => name.includes('/'))) {
      const folder = folderOf(file)
      expect(Object.keys(SUBPATHS)).toContain(folder)
      const top = SUBPATHS[folder]
      const allowed = layers
        .slice(0, top === undefined ? 0 : layers.indexOf(top) + 1)
        .flatMap((layer) => LAYERS[layer] ?? [])
      const foreign = file.imports.filter((name) => !name.startsWith(`${folder}/`) && !allowed.includes(name))
      expect({ file: file.name, foreign }).toEqual({ file: file.name, foreign: [] })
    }
  })

  it('of the server never reach a sub-path', () => {
    for (const { name, imports } of server) {
      expect({ name, imports: imports.filter((imported) => imported.includes('/')) }).toEqual({ name, imports: [] })
    }
  })

  it('reach none of Node’s modules from the client, which runs in browsers', () => {
    const client = files.filter((file) => folderOf(file) === 'client').flatMap((file) => [...reachable(file)])
    expect(client.length).toBeGreaterThan(0)
    const found = client.flatMap(({ name, externals }) =>
      externals
        .filter((module) => module.startsWith('node:') || builtins.has(module))
        .map((module) => `${name}: ${module}`),
    )
    expect(found).toEqual([])
  })

  it('of Node’s modules say node:', () => {
    for (const { name, externals } of files) {
      expect({ name, bare: externals.filter((module) => builtins.has(module)) }).toEqual({ name, bare: [] })
    }
  })

  it('of packages are of those that are installed with this one', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object | undefined>
    const installed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const { name, externals } of files) {
      const missing = externals.filter((module) => !module.startsWith('node:') && !installed.includes(module))
      expect({ name, missing }).toEqual({ name, missing: [] })
    }
  })
})

describe('every source file', () => {
  it('has at most 200 lines of code', () => {
    const long = files.filter(({ linesOfCode }) => linesOfCode > 200)
    expect(long.map(({ name, linesOfCode }) => `${name}: ${linesOfCode}`)).toEqual([])
    expect(byName.get('errors')?.linesOfCode).toBeGreaterThan(5)
  })

  it('is named for what it holds, not utils, types, helpers or common', () => {
    expect(files.filter(({ name }) => /(^|[/-])(utils?|types?|helpers?|common|misc|shared)$/.test(name))).toEqual([])
  })

  it('keeps no state of its own, of which an ESM and a CJS copy would each have theirs', () => {
    const state = files.flatMap(({ name, mutableState }) => mutableState.map((variable) => `${name}: ${variable}`))
    expect(state).toEqual([])
  })

  it('begins with what it is responsible for', () => {
    for (const { name } of server) {
      const text = readFileSync(join(root, 'src', `${name}.ts`), 'utf8')
      expect({ name, begins: name === 'index' || text.startsWith('/**') }).toEqual({ name, begins: true })
    }
  })
})
