import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { complaints, createProgram, strictApp } from '../helpers/compiler.js'

/** The apps are compiled against the types as they are published, because these contain less than the source. */

const root = join(__dirname, '../..')
const directory = join(__dirname, 'types')
const express4 = 'express4-app.ts'

/** The folder of the published types. The files exist in memory only. */
const published = join(root, 'published-types')
const index = join(published, 'index.d.ts')
const types = publishedTypes()

/** Makes the types as `scripts/build.mjs` does, from the same configuration. */
function publishedTypes(): ReadonlyMap<string, string> {
  const overrides: ts.CompilerOptions = {
    outDir: published,
    emitDeclarationOnly: true,
    noCheck: true,
    declarationMap: false,
    sourceMap: false,
  }
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail }
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.build.json'), overrides, host)!
  const files = new Map<string, string>()
  createProgram(config.fileNames, config.options).emit(undefined, (path, text) => files.set(path, text))
  return files
}

function fail({ messageText }: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'))
}

/** As a strict app compiles that checks the types of the package too. */
function compile(files: readonly string[]): ts.Program {
  const paths = {
    'express-sse-channels': [index],
    'express-sse-channels/inspector': [join(published, 'inspector/index.d.ts')],
  }
  const options = { ...strictApp, skipLibCheck: false, paths }
  return createProgram(files, options, types)
}

/** What is wrong in the apps and in the package's types; types of other packages are not checked. */
function problems(program: ts.Program): string[] {
  const isOurs = ({ fileName }: ts.SourceFile) => fileName.startsWith(directory) || types.has(fileName)
  const ours = program.getSourceFiles().filter(isOurs)
  expect(ours.some(({ fileName }) => fileName === index)).toBe(true)
  return complaints(program, ours)
}

/** The names of the members of an exported type. */
function members(program: ts.Program, name: string): string[] {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)!
  const symbols = checker.getExportsOfModule(module)
  const symbol = symbols.find((exported) => exported.name === name)!
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const properties = checker.getDeclaredTypeOfSymbol(target).getProperties()
  return properties.map((property) => property.name).filter((property) => !property.includes('#'))
}

describe('the published types', () => {
  it('accept correct code for Express 5, Connect and http, and reject errors', () => {
    const files = readdirSync(directory).filter((file) => file !== express4)
    expect(files.length).toBeGreaterThanOrEqual(4)
    const program = compile(files.map((file) => join(directory, file)))
    expect(problems(program)).toEqual([])

    const registry = [
      ...['channel', 'close', 'connections', 'disconnect', 'drain', 'has', 'lastEventId'],
      ...['metrics', 'names', 'publish', 'stats', 'whileOccupied'],
    ]
    expect(members(program, 'ChannelRegistry').sort()).toEqual(registry)
    expect(members(program, 'Channel').sort()).toEqual(['forget', 'keys', 'latest', 'name', 'publish', 'subscribers'])
    expect(members(program, 'Connection').sort()).toEqual([
      'channels',
      'close',
      'closed',
      'comment',
      'finish',
      'lastEventId',
      'on',
      'open',
      'openedAt',
      'owner',
      'registry',
      'send',
      'sendAll',
      'sentUpTo',
      'signal',
      'subscribe',
      'unsentBytes',
    ])
  })

  it('fit an app for Express 4', () => {
    const program = compile([join(directory, express4)])
    const loaded = program.getSourceFiles().map(({ fileName }) => fileName)
    expect(loaded.some((file) => file.includes('/@types/express4/'))).toBe(true)
    expect(loaded.some((file) => file.includes('/@types/express/'))).toBe(false)
    expect(problems(program)).toEqual([])
  })
})
