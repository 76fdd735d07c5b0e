import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join } from 'node:path'
import { readSourceFiles, type SourceFile } from '../helpers/source-file.js'

/**
 * Layers of the server, lowest first: folders, and files of `src` itself. A file imports only from its own layer and from
 * lower ones.
 */
const LAYERS: readonly (readonly string[])[] = [
  [
    'errors',
    'diagnostics',
    'metrics',
    'stats',
    'timers',
    'callback',
    'report',
    'reported-promise',
    'nearest-name',
    'check',
    'mistakes',
    'warnings',
    'workers',
  ],
  ['wire'],
  ['channel-name'],
  ['log'],
  [
    'stream-options',
    'registry-options',
    'resolve-options',
    'snapshot-options',
    'subscribe-options',
    'drain-options',
    'owner-options',
  ],
  ['http'],
  ['delivery'],
  ['message-list', 'publisher', 'disconnects', 'channel', 'connection-context', 'connection-state', 'connection'],
  ['admission', 'inspection'],
  ['registry-parts'],
  ['registry-state', 'registry-metrics'],
  ['registry'],
  ['diagnostics-messages', 'debug-log'],
  ['create-registry'],
  ['exchange'],
  ['handler'],
  ['middleware'],
  ['index'],
]

/** Layers that never import each other. */
const APART = ['log', 'http'] as const

/** Sub-path exports and the command: the highest layer of the server that each may import, and files of other sub-paths. */
const SUBPATHS: Record<string, { readonly upTo?: string; readonly and?: readonly string[] }> = {
  client: {},
  redis: { upTo: 'log' },
  'store-contract': { upTo: 'log' },
  testing: { upTo: 'check', and: ['client/blocks'] },
  cli: { upTo: 'nearest-name' },
  inspector: { upTo: 'middleware' },
}

const root = join(__dirname, '../..')
const files = readSourceFiles(join(root, 'src'))
const byName = new Map(files.map((file) => [file.name, file]))
const server = files.filter((file) => !Object.hasOwn(SUBPATHS, folderOf(file)))
const builtins = new Set(builtinModules)

function pathOf(name: string): string {
  return join(root, 'src', `${name}.ts`)
}

/** The folder of a file, or its name if it is in `src` itself. */
function folderOf({ name }: Pick<SourceFile, 'name'>): string {
  return name.split('/')[0] ?? ''
}

/** The layer of a file; -1 if it has none. */
function layerOf(file: Pick<SourceFile, 'name'>): number {
  return LAYERS.findIndex((layer) => layer.includes(folderOf(file)))
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

/** The path of imports from a file back to itself, if there is one. */
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
    const upward = server.flatMap((file) =>
      file.imports
        .filter((name) => layerOf({ name }) > layerOf(file))
        .map((name) => `${file.name} imports ${name}, which is in a higher layer`),
    )
    expect(upward).toEqual([])
  })

  it('never lead from the log to HTTP, or back', () => {
    const [log, http] = APART
    for (const file of server.filter((each) => APART.includes(folderOf(each) as never))) {
      const other = folderOf(file) === log ? http : log
      expect({ file: file.name, imports: file.imports.filter((name) => folderOf({ name }) === other) }).toEqual({
        file: file.name,
        imports: [],
      })
    }
  })

  it('are ordered by layers that include every file and folder, and no others', () => {
    expect([...new Set(server.map(folderOf))].sort()).toEqual(LAYERS.flat().sort())
  })

  it('form no cycle, also not through types', () => {
    expect(files.map(cycleThrough).filter((cycle) => cycle !== undefined)).toEqual([])
  })

  it('of a sub-path stay in its folder, or reach what is listed for it', () => {
    for (const file of files.filter((each) => !server.includes(each))) {
      const folder = folderOf(file)
      const { upTo, and = [] } = SUBPATHS[folder] ?? {}
      const highest = upTo === undefined ? -1 : layerOf({ name: upTo })
      const others = file.imports.filter((name) => folderOf({ name }) !== folder && !and.includes(name))
      const foreign = others.filter((name) => layerOf({ name }) > highest)
      const unknown = others.filter((name) => layerOf({ name }) < 0)
      expect({ file: file.name, foreign, unknown }).toEqual({ file: file.name, foreign: [], unknown: [] })
    }
  })

  it('of the server never reach a sub-path', () => {
    for (const { name, imports } of server) {
      expect({
        name,
        imports: imports.filter((imported) => Object.hasOwn(SUBPATHS, folderOf({ name: imported }))),
      }).toEqual({ name, imports: [] })
    }
  })

  it('of the client, which runs in browsers, never reach a Node module', () => {
    const client = files.filter((file) => folderOf(file) === 'client').flatMap((file) => [...reachable(file)])
    expect(client.length).toBeGreaterThan(0)
    const found = client.flatMap(({ name, externals }) =>
      externals
        .filter((module) => module.startsWith('node:') || builtins.has(module))
        .map((module) => `${name}: ${module}`),
    )
    expect(found).toEqual([])
  })

  it('of Node modules begin with node:', () => {
    for (const { name, externals } of files) {
      expect({ name, bare: externals.filter((module) => builtins.has(module)) }).toEqual({ name, bare: [] })
    }
  })

  it('of packages are of dependencies and peer dependencies', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object | undefined>
    // The command imports the client by the name of the package.
    const own = ['express-sse-channels/client']
    const installed = [...own, ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })]
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

  it('has at most 250 lines, comments included', () => {
    const lengths = files.map(({ name }) => ({
      name,
      lines: readFileSync(pathOf(name), 'utf8').split('\n').length - 1,
    }))
    expect(lengths.filter(({ lines }) => lines > 250)).toEqual([])
  })

  it('has a name that says what it holds, not utils, types, helpers or common', () => {
    expect(files.filter(({ name }) => /(^|[/-])(utils?|types?|helpers?|common|misc|shared)$/.test(name))).toEqual([])
  })

  it('keeps no module state, which two installed copies would each have', () => {
    const state = files.flatMap(({ name, mutableState }) => mutableState.map((variable) => `${name}: ${variable}`))
    expect(state).toEqual([])
  })

  it('begins with a comment on its responsibility', () => {
    for (const { name } of server) {
      const text = readFileSync(pathOf(name), 'utf8')
      expect({ name, begins: name === 'index' || text.startsWith('/**') }).toEqual({ name, begins: true })
    }
  })
})
